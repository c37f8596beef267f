/** Reactions: shown at once, kept while the node is away, put right by its answer, taken back when it refuses. */
import type { Reaction } from '@/api/model'
import { reactionOf, sendReaction } from '@/features/queue/outgoing'

export const HEART = '❤'
export const CHOICES = [HEART, '👍', '😂', '😮', '😢', '🙏', '🎉', '🔥']

/** The list as it will be after the own reaction is set, or cleared with null. One person has one reaction per post. */
export function withMine(list: Reaction[], reaction: string | null): Reaction[] {
  const others = list.map((one) => (one.mine ? { ...one, count: one.count - 1, mine: false } : one)).filter((one) => one.count > 0)
  if (!reaction) return others
  if (!others.some((one) => one.reaction === reaction)) return [...others, { reaction, count: 1, mine: true }]
  return others.map((one) => (one.reaction === reaction ? { ...one, count: one.count + 1, mine: true } : one))
}

export async function toggleReaction(id: string, list: Reaction[], reaction: string): Promise<Reaction[]> {
  const mine = shownReactions(id, list).some((one) => one.mine && one.reaction === reaction)
  const outcome = await sendReaction(id, mine ? null : reaction)
  return outcome.state === 'sent' ? ((outcome.answer as { reactions: Reaction[] } | undefined)?.reactions ?? withMine(list, mine ? null : reaction)) : list
}

/** The list with what the own node has not heard of yet. */
export function shownReactions(id: string, list: Reaction[]): Reaction[] {
  const waiting = reactionOf(id)
  return waiting ? withMine(list, waiting.reaction) : list
}
