/** Calls about circles. */
import { call } from './call'
import type { Circle } from './model'

export const circles = {
  list: async (): Promise<Circle[]> => (await call('get', '/circles')).items,
  read: (id: string) => call('get', '/circles/{id}', { at: { id } }),
  create: (name: string, people: string[]) => call('post', '/circles', { body: { name, people } }),
  rename: (id: string, name: string) => call('patch', '/circles/{id}', { at: { id }, body: { name } }),
  remove: (id: string) => call('delete', '/circles/{id}', { at: { id } }),
  add: (id: string, people: string[]) => call('post', '/circles/{id}/members', { at: { id }, body: { people } }),
  take: (id: string, person: string) => call('delete', '/circles/{id}/members/{node_id}', { at: { id, node_id: person } }),
}
