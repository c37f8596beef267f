/** Server-sent events of the node: one connection for the whole app, reconnecting, with a "resync" after each gap. */
import { onScopeDispose } from 'vue'
import { call } from './call'
import { online } from './http'
import type { EventType, NodeEvent, Session } from './model'

type Kind = EventType | 'resync'
type Handler = (event: NodeEvent) => void

const TYPES: EventType[] = ['post', 'comment', 'reaction', 'person', 'notification', 'status', 'outbox', 'profile', 'challenge', 'chat', 'circle', 'file']
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 15_000

const handlers = new Map<Kind, Set<Handler>>()
let source: EventSource | null = null
let timer: number | undefined
let wait = FIRST_WAIT_MS
let opened = false
let report: (session: Session) => void = () => undefined

function emit(kind: Kind, event: NodeEvent) {
  handlers.get(kind)?.forEach((handler) => handler(event))
}

function parse(data: string): NodeEvent {
  try {
    return JSON.parse(data) as NodeEvent
  } catch {
    return {}
  }
}

/** A broken stream may mean: node away, locked, or logged out. One request tells. */
function probe() {
  call('get', '/session').then(report, () => undefined)
}

function connect() {
  source = new EventSource('/api/v1/events')
  source.onopen = () => {
    online.value = true
    wait = FIRST_WAIT_MS
    if (opened) emit('resync', {})
    opened = true
  }
  source.onerror = () => {
    probe()
    if (source?.readyState !== EventSource.CLOSED) return
    timer = window.setTimeout(connect, wait)
    wait = Math.min(wait * 2, LONGEST_WAIT_MS)
  }
  for (const type of TYPES) source.addEventListener(type, (message) => emit(type, parse((message as MessageEvent<string>).data)))
}

/** `onProbe` hears how the session stands after the stream broke. */
export function startEvents(onProbe: (session: Session) => void) {
  report = onProbe
  if (!source) connect()
}

export function stopEvents() {
  clearTimeout(timer)
  source?.close()
  source = null
  opened = false
}

/** Tells the app what it did itself, without waiting for the node's event about it. */
export const nudge = emit

/** Listens until the surrounding component or scope ends. */
export function useEvents(kinds: Kind[], handler: Handler) {
  for (const kind of kinds) {
    if (!handlers.has(kind)) handlers.set(kind, new Set())
    handlers.get(kind)?.add(handler)
  }
  onScopeDispose(() => kinds.forEach((kind) => handlers.get(kind)?.delete(handler)), true)
}
