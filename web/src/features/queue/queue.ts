/** What the owner did and the node has not taken yet, sent one after the other. Knows no browser and no API: storage, sending, time and words are given. */
import { shallowRef } from 'vue'
import type { Audience, CircleName } from '@/api/model'

export type Act =
  | { kind: 'post'; text: string; visibility: Audience; circle?: CircleName }
  | { kind: 'comment'; post: string; parent?: string; to?: string; text: string }
  | { kind: 'reaction'; target: string; reaction: string | null }
  | { kind: 'delete'; what: 'post' | 'comment'; target: string }
  | { kind: 'message'; chat: string; id: string; text: string; mentions?: Named[]; answers?: Answered; file?: CarriedFile }
  | { kind: 'message_reaction'; chat: string; target: string; reaction: string | null }
/** Somebody named in a text; places in characters. */
export interface Named { at: number; len: number; node_id: string }
/** A file that is on the own node and goes with a message. */
export interface CarriedFile { id: string; name: string; size: number; media_type: string; alt?: string; voice?: { ms: number; levels: string } | null }
/** What a message answers, as far as it is shown until the node has it. */
export interface Answered { id: string; mine: boolean; gist?: string; name?: string }
/** `key`: the same for every attempt, one of which may have reached the node although its answer was lost. `due`: not before this time. */
export type Waiting<A extends Act = Act> = A & { key: string; at: number; due: number; state: 'sending' | 'kept' | 'failed'; reason: string }
export type Outcome = { state: 'sent'; answer: unknown } | { state: 'kept' | 'failed' | 'withdrawn' }

export interface World {
  load(): Waiting[]
  save(list: Waiting[]): void
  send(one: Waiting): Promise<unknown>
  /** Milliseconds until it is worth another try, or null when the node refuses for good. */
  again(cause: unknown): number | null
  /** A refusal in words. Null: nothing is to be decided, the act is given up. */
  refused(one: Waiting, cause: unknown): string | null
  /** Awaited before the act leaves the list, so that nothing is missing from the screen in between. */
  landed(one: Waiting, answer: unknown): Promise<unknown>
  /** One page of the browser at a time. */
  alone(work: () => Promise<void>): Promise<void>
  later(ms: number, work: () => void): void
  now(): number
  key(): string
}

export function createQueue(world: World) {
  const items = shallowRef<Waiting[]>([])
  const asking = new Map<string, (outcome: Outcome) => void>()
  let inFlight = ''
  let running = false
  let again = false

  const read = () => (items.value = world.load())
  function update(change: (list: Waiting[]) => Waiting[]) {
    items.value = change(world.load())
    world.save(items.value)
  }
  const mark = (key: string, change: Partial<Waiting>) => update((list) => list.map((one) => (one.key === key ? ({ ...one, ...change } as Waiting) : one)))
  function settle(key: string, outcome: Outcome) {
    asking.get(key)?.(outcome)
    asking.delete(key)
  }
  /** Gives an act up; what is being sent this moment cannot be. */
  function withdraw(key: string): Waiting | undefined {
    const one = items.value.find((other) => other.key === key && key !== inFlight)
    if (!one) return undefined
    update((list) => list.filter((other) => other.key !== key))
    settle(key, { state: 'withdrawn' })
    return one
  }
  function add(act: Act, delayMs = 0): { key: string; outcome: Promise<Outcome> } {
    const key = world.key()
    const at = world.now()
    // The last reaction to something counts; the ones before it need not be sent.
    if ('reaction' in act) items.value.filter((one) => one.kind === act.kind && one.target === act.target).forEach((one) => withdraw(one.key))
    update((list) => [...list, { ...act, key, at, due: at + delayMs, state: delayMs ? 'kept' : 'sending', reason: '' }])
    const outcome = new Promise<Outcome>((done) => asking.set(key, done))
    void run()
    return { key, outcome }
  }

  /** False when the node does not take anything at the moment. */
  async function attempt(one: Waiting): Promise<boolean> {
    inFlight = one.key
    mark(one.key, { state: 'sending', reason: '' })
    try {
      const answer = await world.send(one)
      settle(one.key, { state: 'sent', answer })
      await world.landed(one, answer)
      update((list) => list.filter((other) => other.key !== one.key))
    } catch (cause) {
      const wait = world.again(cause)
      if (wait !== null) {
        mark(one.key, { state: 'kept' })
        settle(one.key, { state: 'kept' })
        world.later(wait, () => void run())
        return false
      }
      const reason = world.refused(one, cause)
      if (reason === null) update((list) => list.filter((other) => other.key !== one.key))
      else mark(one.key, { state: 'failed', reason })
      settle(one.key, { state: 'failed' })
    } finally {
      inFlight = ''
    }
    return true
  }
  const next = () => items.value.find((one) => one.state !== 'failed' && one.due <= world.now())
  async function work() {
    read()
    for (let one = next(); one; one = next()) if (!(await attempt(one))) break
    items.value.filter((one) => one.state === 'sending').forEach((one) => mark(one.key, { state: 'kept' }))
    const soonest = Math.min(...items.value.filter((one) => one.due > world.now()).map((one) => one.due))
    if (Number.isFinite(soonest)) world.later(soonest - world.now(), () => void run())
  }
  /** Sends what is due, in order, until something must wait. */
  async function run() {
    again = running
    if (running) return
    running = true
    try {
      await world.alone(work)
    } finally {
      running = false
    }
    if (again) await run()
  }
  function retry(key: string) {
    mark(key, { state: 'kept', reason: '' })
    return run()
  }
  return { items, read, add, withdraw, retry, run }
}
