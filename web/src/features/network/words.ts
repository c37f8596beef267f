/** The state of the network as lines of words: level, what, cause, and where one can do something. */
import type { Status } from '@/api/model'

export type Level = 'ok' | 'warn' | 'error'
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

function directories({ directories: list }: Status): Line[] {
  if (!list.length) return [{ id: 'directory', level: 'warn', key: 'network.directory_none', to: '/settings/directories' }]
  const levels: Record<string, Level> = { ok: 'ok', off: 'ok', slow: 'warn', down: 'warn', lying: 'error' }
  return list.map((one) => ({
    id: `directory ${one.url}`, level: levels[one.state] ?? 'warn', key: `network.directory_${one.state}`, named: { host: hostOf(one.url) }, since: one.since_at,
    cause: one.state === 'ok' || one.state === 'off' ? undefined : 'network.directory_cause', to: '/settings/directories', detail: one.state === 'ok' ? undefined : one.detail,
  }))
}

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

export const mainLines = (status: Status): Line[] => [friends(status), ...directories(status), outbox(status)]

export function allLines(status: Status): Line[] {
  const sealed = /^(full|syscallsonly)/i.test(status.keeper.sandbox)
  const keys: Line = { id: 'keys', level: sealed ? 'ok' : 'warn', key: sealed ? 'network.keys_ok' : 'network.keys_open', detail: sealed ? undefined : status.keeper.sandbox }
  return [...mainLines(status), ...clock(status), keys]
}

export function worst(levels: Level[]): Level {
  if (levels.includes('error')) return 'error'
  return levels.includes('warn') ? 'warn' : 'ok'
}

/** Remarks that a line above already makes. */
export const SAID = new Set(['ok', 'no_directory', 'directories_down', 'directory_lying', 'delivery_failed', 'clock_wrong', 'setup'])
export const furtherNotes = (status: Status) => status.notes.filter((one) => !SAID.has(one.code))
