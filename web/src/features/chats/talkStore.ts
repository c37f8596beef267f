/** Conversations already read, by id: kept while the app is open so that "back" finds everything where it was. */
import { shallowReactive } from 'vue'
import type { Chat, Message } from '@/api/model'

export interface Talk {
  chat: Chat | null
  /** Oldest first, without a gap. */
  items: Message[]
  /** Nothing is before the first of them. */
  start: boolean
  /** Nothing is after the last of them. */
  end: boolean
  loaded: boolean
  /** Number of the newest message that was seen here. */
  seen: number
}
const talks = new Map<string, Talk>()

export function talkOf(id: string): Talk {
  const held = talks.get(id)
  if (held) return held
  const talk = shallowReactive<Talk>({ chat: null, items: [], start: false, end: true, loaded: false, seen: 0 })
  talks.set(id, talk)
  return talk
}
export const forgetTalk = (id: string) => talks.delete(id)
