/** Rules of a conversation on the screen: pages become one list, the list becomes rows. Knows no browser and no API. */
import type { Message } from '@/api/model'
import type { Act, Waiting } from '@/features/queue/queue'

export type WaitingMessage = Waiting<Extract<Act, { kind: 'message' }>>
/** How a message of the owner stands that the node has not taken yet. */
export type OwnState = 'sending' | 'kept' | 'refused'
export type Shown = Message & { waiting?: WaitingMessage }
export interface Row {
  key: string
  kind: 'day' | 'unread' | 'note' | 'message'
  /** Rows are in this order; what the node has not taken yet stands last. */
  number: number
  message: Shown
  /** First and last of what one person wrote in one go. */
  first: boolean
  last: boolean
}

/** `page` replaces what is held of the same stretch: what is missing in it was removed. `before`: where the page ended; `whole`: it reaches the beginning. */
export function merged(known: Message[], page: Message[], whole: boolean, before = Infinity): Message[] {
  const from = whole ? -Infinity : Math.min(before, ...page.map((one) => one.number))
  const outside = known.filter((one) => one.number < from || one.number >= before)
  return [...outside, ...page].sort((a, b) => a.number - b.number)
}

/** One message as the node has it now, in its place. */
export const withOne = (known: Message[], one: Message) => [...known.filter((other) => other.number !== one.number), one].sort((a, b) => a.number - b.number)

export const isNote = (one: Message) => one.kind === 'note'
const isNew = (one: Message) => !one.mine && !isNote(one) && typeof one.text === 'string'

/** Number of the first of so many messages that were not read; null when there is none, or it is not here. */
export function firstUnread(items: Message[], unread: number): number | null {
  let left = unread
  for (let at = items.length - 1; at >= 0 && left > 0; at--) {
    const one = items[at] as Message
    if (!isNew(one)) continue
    left -= 1
    if (left === 0) return one.number
  }
  return null
}
export const countNew = (items: Message[], after: number) => items.filter((one) => one.number > after && isNew(one)).length

/** What stands among what was here before: it came late. */
export function cameLate(before: Message[], now: Message[]): Message[] {
  const [low, high, had] = [before[0]?.number ?? 0, before.at(-1)?.number ?? 0, new Set(before.map((one) => one.number))]
  return now.filter((one) => one.number > low && one.number < high && !had.has(one.number) && isNew(one))
}

const TOGETHER_MS = 5 * 60_000
const authorOf = (one: Message) => (one.mine ? 'me' : (one.author?.node_id ?? 'them'))
const dayOf = (one: Message) => new Date(one.at).toDateString()
export const keyOf = (one: Message) => `${authorOf(one)} ${one.id}`
const together = (a: Message | undefined, b: Message | undefined) =>
  !!a && !!b && !isNote(a) && !isNote(b) && authorOf(a) === authorOf(b) && dayOf(a) === dayOf(b) && b.at - a.at < TOGETHER_MS

const asMessage = (one: WaitingMessage): Shown => ({
  kind: 'message', id: one.id, number: Infinity, mine: true, text: one.text, at: one.at, waiting: one, state: one.state === 'failed' ? 'refused' : one.state,
  mentions: one.mentions?.map((mention) => ({ ...mention, me: false })),
  file: one.file && { ...one.file, have: one.file.size, state: 'here' },
  reply_to: one.answers && { id: one.answers.id, mine: one.answers.mine, gist: one.answers.gist },
})

/** Days, the line above what is new, notes and messages, oldest first. */
export function rowsOf(items: Message[], waiting: WaitingMessage[], unreadFrom: number | null): Row[] {
  const held = new Set(items.filter((one) => one.mine).map((one) => one.id))
  const all: Shown[] = [...items, ...waiting.filter((one) => !held.has(one.id)).map(asMessage)]
  const rows: Row[] = []
  let newest: Shown | undefined
  all.forEach((message, at) => {
    const [before, after] = [all[at - 1], all[at + 1]]
    const { number } = message
    const row = { number, message, first: true, last: true }
    // What came late, or by a clock that is behind, begins no day again.
    if (!newest || (message.at > newest.at && dayOf(newest) !== dayOf(message))) rows.push({ ...row, key: `day ${dayOf(message)}`, kind: 'day' })
    if (!newest || message.at > newest.at) newest = message
    const fresh = number === unreadFrom
    if (fresh) rows.push({ ...row, key: 'unread', kind: 'unread' })
    rows.push({ ...row, key: keyOf(message), kind: isNote(message) ? 'note' : 'message', first: fresh || !together(before, message), last: after?.number === unreadFrom || !together(message, after) })
  })
  return rows
}

/** Rows on the page at once: enough for several screens, few enough to stay quick. */
export const WINDOW = 220
const STEP = 60
export interface Sight { lo: number; hi: number }
const at = (rows: Row[], index: number, otherwise: number) => rows[index]?.number ?? otherwise
const indexes = (rows: Row[], { lo, hi }: Sight) => ({ first: rows.findIndex((row) => row.number >= lo), last: rows.findLastIndex((row) => row.number <= hi) })

/** What is on the page when one looks at the row at `index`. */
export function sightAt(rows: Row[], index: number): Sight {
  const last = index + WINDOW / 2
  return { lo: at(rows, index - WINDOW / 2, -Infinity), hi: last >= rows.length - 1 ? Infinity : at(rows, last, Infinity) }
}
/** More above; null when nothing more is here. */
export function sightUp(rows: Row[], sight: Sight): Sight | null {
  const { first } = indexes(rows, sight)
  if (first <= 0) return null
  const start = Math.max(0, first - STEP)
  return { lo: at(rows, start, -Infinity), hi: start + WINDOW >= rows.length - 1 ? sight.hi : Math.min(sight.hi, at(rows, start + WINDOW, Infinity)) }
}
/** More below; null when the end is on the page. */
export function sightDown(rows: Row[], sight: Sight): Sight | null {
  if (sight.hi === Infinity) return null
  const last = Math.min(rows.length - 1, indexes(rows, sight).last + STEP)
  return { lo: Math.max(sight.lo, at(rows, last - WINDOW, -Infinity)), hi: last >= rows.length - 1 ? Infinity : at(rows, last, Infinity) }
}

/** 16 bytes as the node writes them. */
export function drawnId(random: (bytes: Uint8Array<ArrayBuffer>) => void = (bytes) => crypto.getRandomValues(bytes)): string {
  const bytes = new Uint8Array(16)
  random(bytes)
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

const GIST = 140
export const gistOf = (text: string) => [...text].slice(0, GIST).join('')
export const LONGEST = 8_000

/** Reactions by what they are, with who gave them: names in groups. */
export function reactionsOf(message: Message, waiting?: { reaction: string | null }): { reaction: string; count: number; mine: boolean; names: string[] }[] {
  let list = message.reactions ?? []
  if (waiting) list = [...list.filter((one) => !one.mine), ...(waiting.reaction ? [{ reaction: waiting.reaction, mine: true }] : [])]
  const found = new Map<string, { reaction: string; count: number; mine: boolean; names: string[] }>()
  for (const { reaction, mine, author } of list) {
    const one = found.get(reaction) ?? { reaction, count: 0, mine: false, names: [] }
    found.set(reaction, { ...one, count: one.count + 1, mine: one.mine || mine, names: author && !mine ? [...one.names, author.display_name] : one.names })
  }
  return [...found.values()]
}
