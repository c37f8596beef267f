/** Reactions: shown at once, put right by the node's answer, taken back when it refuses. */
import { reactions as api } from '@/api/client'
import type { Reaction } from '@/api/types'
import { errorText } from '@/ui/errorText'
import { toast } from '@/ui/toast'

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
  const mine = list.some((one) => one.mine && one.reaction === reaction)
  try {
    const answer = mine ? await api.clear(id) : await api.set(id, reaction)
    return answer?.reactions ?? withMine(list, mine ? null : reaction)
  } catch (cause) {
    toast(errorText(cause), true)
    return list
  }
}
