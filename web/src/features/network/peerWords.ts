/** Neighbours in words: how trusted, through what, why; and an order that stays while the numbers change. */
import type { Peer, PeerGroups } from '@/api/model'

/** From distrusted to well trusted. A node met for the first time is in the middle: nobody has judged it yet. */
export type TrustLevel = 'bad' | 'low' | 'open' | 'good' | 'high'
const STEPS: [number, TrustLevel][] = [[0.8, 'high'], [0.55, 'good'], [0.45, 'open'], [0.2, 'low']]
export const trustLevel = (effective: number): TrustLevel => STEPS.find(([from]) => effective >= from)?.[1] ?? 'bad'

export type Trend = 'up' | 'even' | 'down'
const EVEN = 0.02
/** `trend` is 0.5 for "as a week ago". */
export function trendOf(trend: number): Trend {
  if (Math.abs(trend - 0.5) <= EVEN) return 'even'
  return trend > 0.5 ? 'up' : 'down'
}

/** What names a node whose owner is not known here. */
export const shortId = (node_id: string) => `${node_id.slice(0, 8)}…`
export const peerName = (peer: { node_id: string; display_name?: string | null }) => peer.display_name || shortId(peer.node_id)

const WAYS = ['direct', 'relay', 'https']
const WHYS = ['contact', 'drawn', 'trusted', 'probation']
/** Keys of the words about a link, in their order. A way or reason of a newer node is left out, not shown raw. */
export function linkWords(peer: Pick<Peer, 'via' | 'why'>): string[] {
  return [...(WAYS.includes(peer.via ?? '') ? [`peers.via_${peer.via}`] : []), ...(WHYS.includes(peer.why ?? '') ? [`peers.why_${peer.why}`] : [])]
}

/** Peers by state. Who was shown keeps the place, who is new comes last: a row does not move under the finger. */
export function inOrder(before: readonly string[], peers: readonly Peer[]): PeerGroups {
  const place = new Map(before.map((id, index) => [id, index]))
  const at = (peer: Peer) => place.get(peer.node_id) ?? Number.MAX_SAFE_INTEGER
  const of = (state: string) => peers.filter((peer) => peer.state === state).sort((a, b) => at(a) - at(b))
  return { active: of('active'), connecting: of('connecting'), known: of('known') }
}

/** Who told of a node first: oneself, a directory, or a node of an address group. */
export function introducerOf(text: string | null | undefined): { by: 'own' | 'directory' | 'node'; of: string } | null {
  if (!text) return null
  if (text === 'own') return { by: 'own', of: '' }
  const directory = /^directory (.+)$/.exec(text)?.[1]
  return directory ? { by: 'directory', of: shortId(directory) } : { by: 'node', of: text.replace(/^group /, '') }
}
