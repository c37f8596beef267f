/** The messages of a conversation that are here: read page by page, never with a gap, as far back as somebody looks. */
import { chats } from '@/api/client'
import type { Message } from '@/api/model'
import { merged, withOne } from './messages'
import type { Talk } from './talkStore'

export const PAGE = 50
export const LARGE = 200
/** Pages that are read one after the other to find something, at most. */
const FAR = 25

export function usePages(id: string, talk: Talk) {
  let busy = false

  function take(page: Message[], limit: number, before?: number) {
    const whole = page.length < limit
    talk.items = merged(talk.items, page, whole, before)
    if (whole) talk.start = true
  }
  async function older(limit = PAGE): Promise<boolean> {
    const first = talk.items[0]
    if (busy || talk.start || !first) return false
    busy = true
    try {
      const { items } = await chats.messages(id, { before: first.number, limit })
      take(items, limit, first.number)
      return items.length > 0
    } catch {
      return false
    } finally {
      busy = false
    }
  }
  /** After a jump far back: what follows, until the newest is reached. */
  async function newer() {
    const last = talk.items.at(-1)
    if (busy || talk.end || !last) return
    busy = true
    const page = await chats.messages(id, { after: last.number, limit: PAGE }).catch(() => null)
    busy = false
    if (!page) return
    talk.items = [...talk.items, ...page.items.toReversed().filter((one) => one.number > last.number)]
    talk.end = page.items.length < PAGE
  }

  /** The newest page, and those before it down to what is held, so that there is never a gap. */
  async function readNewest(limit: number) {
    const newest = talk.items.at(-1)?.number ?? 0
    let page = (await chats.messages(id, { limit })).items
    const fetched = [...page]
    let whole = page.length < limit
    for (let rounds = 0; !whole && talk.items.length > 0 && (page.at(-1)?.number ?? 0) > newest && rounds < FAR; rounds++) {
      page = (await chats.messages(id, { before: page.at(-1)?.number, limit: LARGE })).items
      fetched.push(...page)
      whole = page.length < LARGE
    }
    if (!whole && (page.at(-1)?.number ?? 0) > newest) talk.items = []
    talk.items = merged(talk.items, fetched, whole)
    if (whole) talk.start = true
    talk.end = true
  }
  /** The stretch around a message, as it is now. */
  async function readAt(number: number) {
    const at = talk.items.findIndex((one) => one.number >= number)
    const before = (at < 0 ? undefined : talk.items[at + LARGE / 2]?.number) ?? (talk.items.at(-1)?.number ?? number) + 1
    take((await chats.messages(id, { before, limit: LARGE })).items, LARGE, before)
  }

  function put(message: Message) {
    // Before the end is here its place is not known.
    if (talk.end || talk.items.some((one) => one.number === message.number)) talk.items = withOne(talk.items, message)
  }
  const drop = (message: Message) => (talk.items = talk.items.filter((one) => one.number !== message.number))

  /** Reads back until a message is here; null when it is not to be found. */
  async function find(name: string, author?: string): Promise<Message | null> {
    const here = () => talk.items.find((one) => one.id === name && (!author || one.author?.node_id === author)) ?? talk.items.find((one) => one.id === name) ?? null
    for (let rounds = 0; !here() && rounds < FAR && (await older(LARGE)); rounds++);
    return here()
  }
  /** A place far back, by its number: what lies between is not read. */
  async function goTo(number: number): Promise<Message | null> {
    const here = () => talk.items.find((one) => one.number === number) ?? null
    if (here()) return here()
    const page = await chats.messages(id, { around: number, limit: LARGE }).catch(() => null)
    if (!page) return null
    talk.items = page.items.toReversed()
    talk.start = false
    talk.end = false
    return here()
  }
  async function toNewest() {
    if (talk.end) return
    talk.items = []
    await readNewest(PAGE).catch(() => undefined)
  }
  return { older, newer, readNewest, readAt, find, goTo, toNewest, put, drop }
}
