/** Notifications of one kind about one post on one day become one line: "Ben and 2 others reacted to your post". */
import type { Face, Notification } from '@/api/model'
import { plain } from '@/features/text/markup'

export interface Group { id: string; kind: Notification['kind']; post?: string | null; actors: Face[]; words: string; by: string; chat?: string; number?: number; created_at: number; read: boolean; count: number }
/** Who uses an invitation that needs no answer also accepts at the same moment: one line is enough. */
const MOMENT_MS = 60_000
const isSaidTwice = (one: Notification, list: Notification[]) =>
  one.kind === 'friend_accepted' && list.some((other) => other.kind === 'invitation_used' && other.actor?.node_id === one.actor?.node_id && Math.abs(other.created_at - one.created_at) < MOMENT_MS)
const TOGETHER = new Set<Notification['kind']>(['reaction', 'comment'])

/** Of messages without their marks; what is hidden in one stays so here. */
const wordsOf = ({ kind, params }: Notification) => (kind === 'message' || kind === 'mention' ? plain(params.words ?? '', '▒▒▒') : (params.words ?? ''))

export function grouped(list: Notification[]): Group[] {
  const groups: Group[] = []
  const open = new Map<string, Group>()
  for (const one of list) {
    if (isSaidTwice(one, list)) continue
    const key = `${one.kind} ${one.post} ${new Date(one.created_at).toDateString()} ${one.read}`
    const same = TOGETHER.has(one.kind) && one.post ? open.get(key) : undefined
    if (same) {
      same.count += 1
      if (one.kind === 'reaction' && !same.words.includes(one.params.words)) same.words += ` ${one.params.words}`
      if (one.actor && !same.actors.some((face) => face.node_id === one.actor?.node_id)) same.actors.push(one.actor)
      continue
    }
    const group = { id: one.id, kind: one.kind, post: one.post, actors: one.actor ? [one.actor] : [], words: wordsOf(one), by: one.params.by ?? '', chat: one.params.chat ?? undefined, number: one.params.number ?? undefined, created_at: one.created_at, read: one.read, count: 1 }
    groups.push(group)
    open.set(key, group)
  }
  return groups
}
