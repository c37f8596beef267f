/** Calls about groups. */
import { send } from './http'
import type { Group } from './model'

export const groups = {
  create: (name: string, people: string[]) => send<Group>('POST', '/groups', { name, people }),
  read: (id: string) => send<Group>('GET', `/groups/${id}`),
  rename: (id: string, name: string) => send<Group>('PATCH', `/groups/${id}`, { name }),
  add: (id: string, people: string[]) => send<Group>('POST', `/groups/${id}/members`, { people }),
  remove: (id: string, person: string) => send<Group>('DELETE', `/groups/${id}/members/${person}`),
  role: (id: string, person: string, role: 'admin' | 'member') => send<Group>('PUT', `/groups/${id}/members/${person}/role`, { role }),
  leave: (id: string) => send<void>('POST', `/groups/${id}/leave`),
}
