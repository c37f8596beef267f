/** The state of the network as lines of words: level, what, cause, and where one can do something. */
import type { Status } from '@/api/model'

/** `hint`: nothing is wrong, and something could be better. */
export type Level = 'ok' | 'hint' | 'warn' | 'error'
export interface Line { id: string; level: Level; key: string; named?: Record<string, unknown>; count?: number; cause?: string; to?: string; since?: number; detail?: string }

export function hostOf(url: string): string {
  try {
    return new URL(url).host
  } catch {
    return url
  }
}

function friends({ friends: f }: Status): Line {
  if (!f.total) return { id: 'friends', level: 'ok', key: 'network.friends_none', to: '/people' }
  const level = f.reachable === 0 ? 'warn' : 'ok'
  return { id: 'friends', level, key: 'network.friends', named: { n: f.reachable, total: f.total }, count: f.total, cause: f.reachable < f.total ? 'network.friends_cause' : undefined, to: '/people' }
}

/** A directory or a relay, as the node knows it. */
export type Server = Status['directories'][number] | Status['relays'][number]
const SERVER_LEVELS: Record<string, Level> = { ok: 'ok', off: 'hint', slow: 'warn', down: 'warn', lying: 'error' }
function server(one: Server, key: string, cause: string, to: string): Line {
  const calm = one.state === 'ok' || one.state === 'off'
  return { id: `${to} ${one.url}`, level: SERVER_LEVELS[one.state] ?? 'warn', key, named: { host: hostOf(one.url) }, since: one.since_at, cause: calm ? undefined : cause, to, detail: calm ? undefined : one.detail }
}
export const directoryLine = (one: Server) => server(one, `network.directory_${one.state}`, 'network.directory_cause', '/settings/directories')
export const relayLine = (one: Server) => server(one, `network.relay_${one.state}`, 'network.relay_cause', '/settings/relays')

function directories({ directories: list }: Status): Line[] {
  return list.length ? list.map(directoryLine) : [{ id: 'directory', level: 'warn', key: 'network.directory_none', to: '/settings/directories' }]
}
const NO_RELAY: Line = { id: 'relay', level: 'hint', key: 'network.relay_none', cause: 'network.relay_hint', to: '/settings/relays' }

function outbox({ outbox: box }: Status): Line {
  if (box.failed) return { id: 'outbox', level: 'error', key: 'network.outbox_failed', count: box.failed, to: '/network#outbox' }
  if (box.waiting) return { id: 'outbox', level: 'ok', key: 'network.outbox_waiting', count: box.waiting, cause: 'network.outbox_cause', to: '/network#outbox' }
  return { id: 'outbox', level: 'ok', key: 'network.outbox_empty' }
}

/** Nothing is said about a clock that was compared with nobody's. */
function clock({ clock: c }: Status): Line[] {
  if (c.ok) return c.skew_s === null ? [] : [{ id: 'clock', level: 'ok', key: 'network.clock_ok' }]
  return [{ id: 'clock', level: 'error', key: 'network.clock_off', count: Math.abs(c.skew_s ?? 0), cause: 'network.clock_cause' }]
}

function ways(status: Status, noRelay: Line[]): Line[] {
  // An answer kept for reading offline may be from before there were relays.
  const relays: Server[] | undefined = status.relays
  return [friends(status), ...directories(status), ...(relays?.length ? relays.map(relayLine) : noRelay), outbox(status)]
}
/** The short form, without hints. */
export const mainLines = (status: Status): Line[] => ways(status, [])

export function allLines(status: Status): Line[] {
  const sealed = /^(full|syscallsonly)/i.test(status.keeper.sandbox)
  const keys: Line = { id: 'keys', level: sealed ? 'ok' : 'warn', key: sealed ? 'network.keys_ok' : 'network.keys_open', detail: sealed ? undefined : status.keeper.sandbox }
  return [...ways(status, [NO_RELAY]), ...clock(status), keys]
}

export function worst(levels: Level[]): Exclude<Level, 'hint'> {
  if (levels.includes('error')) return 'error'
  return levels.includes('warn') ? 'warn' : 'ok'
}

/** Remarks that a line above already makes. */
export const SAID = new Set(['ok', 'no_directory', 'directories_down', 'directory_lying', 'relays_down', 'delivery_failed', 'clock_wrong', 'setup'])
export const furtherNotes = (status: Status) => status.notes.filter((one) => !SAID.has(one.code))
