/** What can be done with a message; the conversation's page gives it to everything on it. */
import type { Shown } from './messages'

export interface TalkActs {
  reply(message: Shown): void
  edit(message: Shown): void
  erase(message: Shown): void
  undo(message: Shown): void
  react(message: Shown, reaction: string): void
  story(message: Shown): void
  jump(to: { id: string; author?: { node_id: string } | null }): void
}
