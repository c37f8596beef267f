import { describe, expect, it } from 'vitest'
import { createQueue, type Act, type Waiting } from '../src/features/queue/queue'

class Away extends Error {}

/** A browser's storage and a node that can be away, refuse, or lose its answer. */
function stage(kept = '[]') {
  const node = { away: false, refuses: '', losesAnswer: false, taken: [] as string[], asked: [] as string[], now: 1000, timers: [] as { at: number; work: () => void }[], storage: kept, number: 0 }
  const name = (one: Act) => ('text' in one ? `${one.kind} ${one.text}` : 'reaction' in one ? `${one.reaction ?? 'none'} on ${one.target}` : `delete ${one.target}`)
  const open = () => createQueue({
    load: () => JSON.parse(node.storage) as Waiting[],
    save: (list) => (node.storage = JSON.stringify(list)),
    async send(one) {
      await Promise.resolve()
      const again = node.asked.includes(one.key)
      node.asked.push(one.key)
      if (node.away) throw new Away()
      if (node.refuses && name(one).includes(node.refuses)) throw new Error('no')
      node.taken.push(again ? `${name(one)} again` : name(one))
      if (node.losesAnswer) throw new Away()
      return name(one)
    },
    again: (cause) => (cause instanceof Away ? 5000 : null),
    refused: (one, cause) => ('text' in one ? (cause as Error).message : null),
    landed: async () => undefined,
    alone: (work) => work(),
    later: (ms, work) => node.timers.push({ at: node.now + ms, work }),
    now: () => node.now,
    key: () => `k${++node.number}`,
  })
  const queue = open()
  const states = (of = queue) => of.items.value.map((one) => `${name(one)} ${one.state}`)
  async function pass(ms: number) {
    node.now += ms
    node.timers.filter((one) => one.at <= node.now).forEach((one) => one.work())
    await settled()
  }
  return { node, queue, open, states, pass }
}
const settled = () => new Promise((done) => setTimeout(done))
const post = (text: string): Act => ({ kind: 'post', text, visibility: 'friends' })
const comment = (text: string): Act => ({ kind: 'comment', post: 'p', text })

describe('what waits to be sent', () => {
  it('goes out in order, once each', async () => {
    const { node, queue } = stage()
    queue.add(post('a'))
    queue.add(comment('b'))
    queue.add({ kind: 'reaction', target: 'p', reaction: '❤' })
    await settled()
    expect(node.taken).toEqual(['post a', 'comment b', '❤ on p'])
    expect(queue.items.value).toEqual([])
  })
  it('is kept while the node is away, survives a reload, and goes out in order', async () => {
    const { node, queue, open } = stage()
    node.away = true
    const first = queue.add(comment('a'))
    queue.add(comment('b'))
    expect(await first.outcome).toEqual({ state: 'kept' })
    await settled()
    node.away = false
    const reopened = open()
    await reopened.run()
    expect(node.taken).toEqual(['comment a again', 'comment b'])
    expect(reopened.items.value).toEqual([])
  })
  it('keeps for which circle a post is, over a reload and every attempt', async () => {
    const { node, queue, open } = stage()
    const circle = { id: 'c', name: 'Family' }
    node.away = true
    queue.add({ kind: 'post', text: 'a', visibility: 'circle', circle })
    await settled()
    const reopened = open()
    reopened.read()
    expect(reopened.items.value).toMatchObject([{ visibility: 'circle', circle, state: 'kept' }])
  })
  it('does not overtake: nothing is tried behind an act that must wait', async () => {
    const { node, queue, states } = stage()
    node.away = true
    queue.add(comment('a'))
    queue.add(post('b'))
    await settled()
    expect(states()).toEqual(['comment a kept', 'post b kept'])
    expect([...new Set(node.asked)]).toEqual(['k1'])
  })
  it('goes by the same key when an attempt may have arrived', async () => {
    const { node, queue, pass } = stage()
    node.losesAnswer = true
    queue.add(comment('a'))
    await settled()
    node.losesAnswer = false
    await pass(5000)
    expect(node.taken).toEqual(['comment a', 'comment a again'])
  })
  it('that is refused stays with the reason and holds up nobody', async () => {
    const { node, queue, states } = stage()
    node.refuses = 'bad'
    queue.add(comment('bad'))
    queue.add(comment('good'))
    await settled()
    expect(states()).toEqual(['comment bad failed'])
    expect(queue.items.value[0]?.reason).toBe('no')
    expect(node.taken).toEqual(['comment good'])
    node.refuses = ''
    await queue.retry('k1')
    expect(node.taken).toEqual(['comment good', 'comment bad again'])
  })
  it('can be withdrawn', async () => {
    const { node, queue } = stage()
    node.away = true
    const { key } = queue.add(comment('a'))
    await settled()
    expect(queue.withdraw(key)).toMatchObject({ text: 'a' })
    node.away = false
    await queue.run()
    expect(node.taken).toEqual([])
  })
  it('of reactions is only the last one', async () => {
    const { node, queue } = stage()
    node.away = true
    for (const reaction of ['❤', '👍', null]) {
      queue.add({ kind: 'reaction', target: 'p', reaction })
      await settled()
    }
    node.away = false
    await queue.run()
    expect(node.taken).toEqual(['none on p again'])
  })
  it('waits for its time, and others pass meanwhile', async () => {
    const { node, queue, pass } = stage()
    queue.add({ kind: 'delete', what: 'post', target: 'p' }, 10_000)
    queue.add(comment('a'))
    await settled()
    expect(node.taken).toEqual(['comment a'])
    await pass(9_000)
    expect(node.taken).toHaveLength(1)
    await pass(1_000)
    expect(node.taken).toEqual(['comment a', 'delete p'])
  })
  it('undone in time is never sent', async () => {
    const { node, queue, pass } = stage()
    const { key, outcome } = queue.add({ kind: 'delete', what: 'post', target: 'p' }, 10_000)
    await settled()
    queue.withdraw(key)
    expect(await outcome).toEqual({ state: 'withdrawn' })
    await pass(20_000)
    expect(node.taken).toEqual([])
  })
  it('messages go out in order and once, when the node is back and had taken the first', async () => {
    const { node, queue, pass } = stage()
    const message = (text: string): Act => ({ kind: 'message', chat: 'ben', id: text, text })
    node.losesAnswer = true
    queue.add(message('a'))
    await settled()
    node.away = true
    queue.add(message('b'))
    queue.add({ kind: 'message_reaction', chat: 'ben', target: 'a', reaction: '❤' })
    queue.add({ kind: 'message_reaction', chat: 'ben', target: 'a', reaction: '👍' })
    await pass(5000)
    Object.assign(node, { away: false, losesAnswer: false })
    await pass(5000)
    expect(node.taken).toEqual(['message a', 'message a again', 'message b', '👍 on a'])
    expect([...new Set(node.asked)]).toHaveLength(3)
    expect(queue.items.value).toEqual([])
  })
  it('added while another is on its way is not forgotten', async () => {
    const { node, queue } = stage()
    const { outcome } = queue.add(comment('a'))
    void outcome.then(() => queue.add(comment('b')))
    await settled()
    expect(node.taken).toEqual(['comment a', 'comment b'])
  })
})
