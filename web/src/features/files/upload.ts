/** Bringing a file to the node in pieces: goes on where the node is, waits while it is away. Knows no browser and no API: they are given. */
export interface Carrier {
  append(offset: number, bytes: Blob): Promise<{ offset: number; whole: boolean }>
  /** Where the node says that the file goes on, when it refused for that. */
  elsewhere(cause: unknown): number | null
  /** Milliseconds until it is worth another try, or null when the node refuses for good. */
  again(cause: unknown): number | null
  wait(ms: number): Promise<void>
  now(): number
}
export interface Progress { sent: number; away: boolean }

/** The node keeps whole chunks of this length. */
const CHUNK = 64 << 10
const SMALLEST = 4 * CHUNK
const LARGEST = 128 * CHUNK
const QUICK_MS = 700
const SLOW_MS = 3_000
/** Told the same place so often without getting on: something is wrong. */
const STUCK = 5

export async function carry(file: Blob, from: number, by: Carrier, tell: (progress: Progress) => void): Promise<void> {
  let offset = from
  let piece = SMALLEST
  let stuck = 0
  for (;;) {
    const began = by.now()
    const before = offset
    try {
      const answer = await by.append(offset, file.slice(offset, offset + piece))
      if (answer.whole) return tell({ sent: file.size, away: false })
      offset = answer.offset
      const took = by.now() - began
      if (took < QUICK_MS) piece = Math.min(LARGEST, piece * 2)
      if (took > SLOW_MS) piece = Math.max(CHUNK, piece / 2)
    } catch (cause) {
      const there = by.elsewhere(cause)
      const ms = by.again(cause)
      if (there !== null) offset = there
      else if (ms === null) throw cause
      else {
        tell({ sent: offset, away: true })
        await by.wait(ms)
        continue
      }
    }
    stuck = offset === before ? stuck + 1 : 0
    if (stuck >= STUCK) throw new Error('stuck')
    tell({ sent: offset, away: false })
  }
}
