/** Calls about groups. */
import { send } from './http'
import type { Group, GroupJoin, GroupLink, GroupLook } from './model'

export const groups = {
  create: (name: string, people: string[]) => send<Group>('POST', '/groups', { name, people }),
  read: (id: string) => send<Group>('GET', `/groups/${id}`),
  rename: (id: string, name: string) => send<Group>('PATCH', `/groups/${id}`, { name }),
  add: (id: string, people: string[]) => send<Group>('POST', `/groups/${id}/members`, { people }),
  remove: (id: string, person: string) => send<Group>('DELETE', `/groups/${id}/members/${person}`),
  role: (id: string, person: string, role: 'admin' | 'member') => send<Group>('PUT', `/groups/${id}/members/${person}/role`, { role }),
  links: (id: string) => send<{ items: GroupLink[] }>('GET', `/groups/${id}/links`),
  createLink: (id: string, body: { days: number; uses: number; approval: boolean }) => send<GroupLink>('POST', `/groups/${id}/links`, body),
  revokeLink: (id: string, link: string) => send<void>('DELETE', `/groups/${id}/links/${link}`),
  qrUrl: (id: string, link: string) => `/api/v1/groups/${id}/links/${link}/qr`,
  admit: (id: string, person: string, accept: boolean) => send<Group>('POST', `/groups/${id}/asking/${person}`, { accept }),
  look: (link: string) => send<GroupLook>('POST', '/groups/look', { link }),
  join: (link: string) => send<GroupJoin>('POST', '/groups/join', { link }),
  leave: (id: string) => send<void>('POST', `/groups/${id}/leave`),
}
