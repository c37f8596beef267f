/** Calls about messages of people who are no friends. */
import { send } from './http'
import type { Chat } from './model'

export const requests = {
  list: () => send<{ items: Chat[] }>('GET', '/chats?requests=true'),
  accept: (id: string) => send<Chat>('POST', `/chats/${id}/accept`),
}
