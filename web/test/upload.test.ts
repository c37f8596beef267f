import { describe, expect, it } from 'vitest'
import { carry, type Progress } from '../src/features/files/upload'

class Away extends Error {}
class Elsewhere extends Error {
  constructor(readonly offset: number) {
    super()
  }
}
const CHUNK = 64 << 10

/** A node that keeps whole chunks, can be away, and can lose an answer after it took the bytes. */
function stage(size: number) {
  const file = new Blob([new Uint8Array(size).map((_, at) => at % 251)])
  const node = { held: [] as Uint8Array[], offset: 0, awayFor: 0, losesAnswer: 0, refuses: false, waited: 0, told: [] as Progress[], calls: 0, now: 0, slow: 0 }
  const by = {
    async append(offset: number, bytes: Blob) {
      node.calls += 1
      node.now += node.slow
      if (node.awayFor-- > 0) throw new Away()
      if (node.refuses) throw new Error('no')
      if (offset !== node.offset) throw new Elsewhere(node.offset)
      const whole = offset + bytes.size === size
      const kept = whole ? bytes.size : bytes.size - (bytes.size % CHUNK)
      node.held.push(new Uint8Array(await bytes.slice(0, kept).arrayBuffer()))
      node.offset += kept
      if (node.losesAnswer-- > 0) throw new Away()
      return { offset: node.offset, whole }
    },
    elsewhere: (cause: unknown) => (cause instanceof Elsewhere ? cause.offset : null),
    again: (cause: unknown) => (cause instanceof Away ? 100 : null),
    wait: async (ms: number) => void (node.waited += ms),
    now: () => node.now,
  }
  const run = (from = 0) => carry(file, from, by, (progress) => node.told.push(progress))
  const same = async () => expect(Buffer.concat(node.held).equals(Buffer.from(await file.arrayBuffer()))).toBe(true)
  return { node, run, same }
}

describe('bringing a file', () => {
  it.each([0, 1, CHUNK, CHUNK * 4 + 1, 5_000_000])('of %i bytes: every byte, in order', async (size) => {
    const { node, run, same } = stage(size)
    await run()
    await same()
    expect(node.told.at(-1)).toEqual({ sent: size, away: false })
  })
  it('goes on where the node is after an answer was lost', async () => {
    const { node, run, same } = stage(3_000_000)
    node.losesAnswer = 1
    await run()
    await same()
    expect(node.told[0]?.away).toBe(true)
    expect(node.waited).toBe(100)
  })
  it('waits while the node is away, and says so', async () => {
    const { node, run, same } = stage(1_000_000)
    node.awayFor = 3
    await run()
    await same()
    expect(node.told.filter((one) => one.away)).toHaveLength(3)
  })
  it('goes on from what an earlier page brought', async () => {
    const { node, run } = stage(CHUNK * 10)
    node.offset = CHUNK * 6
    await run(CHUNK * 4)
    expect(Buffer.concat(node.held)).toHaveLength(CHUNK * 4)
  })
  it('ends when it is refused for good', async () => {
    const { node, run } = stage(CHUNK)
    node.refuses = true
    await expect(run()).rejects.toThrow('no')
    expect(node.calls).toBe(1)
  })
  it('takes larger pieces while they are quick, smaller ones when they are slow', async () => {
    const quick = stage(20_000_000)
    await quick.run()
    const slow = stage(20_000_000)
    slow.node.slow = 5_000
    await slow.run()
    expect(quick.node.calls).toBeLessThan(12)
    expect(slow.node.calls).toBeGreaterThan(100)
  })
})
