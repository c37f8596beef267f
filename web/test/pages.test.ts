import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Message } from '../src/api/model'
import type { Talk } from '../src/features/chats/talkStore'

/** What the node has of one conversation; numbers are not without gaps, for other conversations have some, too. */
const node = { numbers: [] as number[], asked: [] as string[], away: false }
const message = (number: number): Message => ({ id: `m${number}`, kind: 'message', number, mine: false, at: number, text: `${number}` })
vi.mock('@/api/client', () => ({
  chats: {
    messages: async (_: string, { before, after, around, limit }: { before?: number; after?: number; around?: number; limit: number }) => {
      node.asked.push(before ? `before ${before}` : after ? `after ${after}` : around ? `around ${around}` : 'newest')
      if (node.away) throw new Error('away')
      const all = node.numbers.toSorted((a, b) => a - b)
      const half = around ? all.findIndex((one) => one >= around) - Math.floor(limit / 2) : 0
      const part = around ? all.slice(Math.max(0, half), Math.max(0, half) + limit) : after ? all.filter((one) => one > after).slice(0, limit) : all.filter((one) => one < (before ?? Infinity)).slice(-limit)
      return { items: part.toReversed().map(message) }
    },
  },
}))
const { LARGE, PAGE, usePages } = await import('../src/features/chats/usePages')

const upTo = (count: number) => Array.from({ length: count }, (_, at) => (at + 1) * 3)
function stage(count: number) {
  node.numbers = upTo(count)
  const talk: Talk = { chat: null, items: [], start: false, end: true, loaded: false, seen: 0 }
  return { talk, pages: usePages('ben', talk), held: () => talk.items.map((one) => one.number) }
}
beforeEach(() => Object.assign(node, { asked: [], away: false }))

describe('what is held of a conversation', () => {
  it('is the newest page, then older ones, up to the beginning', async () => {
    const { talk, pages, held } = stage(120)
    await pages.readNewest(PAGE)
    expect(held()).toEqual(node.numbers.slice(-PAGE))
    expect(talk.start).toBe(false)
    expect(await pages.older()).toBe(true)
    expect(await pages.older()).toBe(true)
    expect(held()).toEqual(node.numbers)
    expect(talk.start).toBe(true)
    expect(await pages.older()).toBe(false)
  })
  it('has no gap, however much came meanwhile', async () => {
    const { pages, held } = stage(60)
    await pages.readNewest(PAGE)
    node.numbers = upTo(700)
    await pages.readNewest(PAGE)
    expect(held()).toEqual(node.numbers.slice(10))
    expect(node.asked.filter((one) => one.startsWith('before'))).toHaveLength(Math.ceil((700 - 60 - PAGE + 1) / LARGE))
  })
  it('loses what was removed on the node', async () => {
    const { pages, held } = stage(40)
    await pages.readNewest(PAGE)
    node.numbers = node.numbers.filter((one) => one !== 60)
    await pages.readNewest(PAGE)
    expect(held()).toEqual(node.numbers)
  })
  it('stays as it is while the node is away, and can be read on afterwards', async () => {
    const { pages, held } = stage(120)
    await pages.readNewest(PAGE)
    node.away = true
    expect(await pages.older()).toBe(false)
    expect(held()).toHaveLength(PAGE)
    node.away = false
    expect(await pages.older()).toBe(true)
  })
})

describe('a place further back', () => {
  it('by its name is read up to, without a gap', async () => {
    const { pages, held } = stage(600)
    await pages.readNewest(PAGE)
    expect((await pages.find('m300'))?.number).toBe(300)
    expect(held()).toEqual(node.numbers.slice(-held().length))
  })
  it('that is not there ends the search at the beginning', async () => {
    const { talk, pages } = stage(300)
    await pages.readNewest(PAGE)
    expect(await pages.find('m1')).toBeNull()
    expect(talk.start).toBe(true)
  })
  it('by its number is gone to at once, and read on to the newest', async () => {
    const { talk, pages, held } = stage(3000)
    await pages.readNewest(PAGE)
    expect((await pages.goTo(900))?.number).toBe(900)
    expect(held()).toHaveLength(LARGE)
    expect([talk.start, talk.end]).toEqual([false, false])
    const last = held().at(-1) ?? 0
    await pages.newer()
    expect(held().at(-1)).toBe(last + PAGE * 3)
    pages.put(message(9001))
    expect(held()).not.toContain(9001)
    await pages.toNewest()
    expect(talk.end).toBe(true)
    expect(held()).toEqual(node.numbers.slice(-PAGE))
  })
})
