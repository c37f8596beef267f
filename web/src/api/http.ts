/** One way to the node: same origin, JSON, problem+json turned into ApiError. */
import { ref } from 'vue'

const BASE = '/api/v1'

/** False while the node does not answer; the SSE client and every request keep it true to fact. */
export const online = ref(true)

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly field: string | null = null,
    readonly retryAfter: number | null = null,
    /** Where a file goes on instead. */
    readonly offset: number | null = null,
  ) {
    super(`${status} ${code}: ${detail}`)
  }
}

type Listener = (error: ApiError) => void
const listeners = new Set<Listener>()
/** Called for each refused request; the session uses it to notice a lost log-in or a locked node. */
export function onRefused(listener: Listener) {
  listeners.add(listener)
}

async function problem(response: Response): Promise<ApiError> {
  let body: Record<string, unknown> = {}
  try {
    body = (await response.json()) as Record<string, unknown>
  } catch {
    // an answer without JSON still has its status
  }
  const wait = Number(body.retry_after ?? response.headers.get('retry-after'))
  return new ApiError(
    response.status,
    typeof body.code === 'string' ? body.code : `http_${response.status}`,
    typeof body.detail === 'string' ? body.detail : '',
    typeof body.field === 'string' ? body.field : null,
    Number.isFinite(wait) && wait > 0 ? wait : null,
    body.offset === undefined ? null : Number(body.offset),
  )
}

/** True for the answer of a proxy that finds no node. A node's own refusals are problem+json, 502 among them. */
const absent = (response: Response) => (response.status === 502 || response.status === 504) && !response.headers.get('content-type')?.includes('json')

export interface Options { headers?: Record<string, string>; signal?: AbortSignal; keepalive?: boolean }

export async function send<T>(method: string, path: string, body?: unknown, options: Options = {}): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json', ...options.headers }
  let payload: BodyInit | undefined
  if (body instanceof Blob) {
    payload = body
    headers['content-type'] = body.type || 'application/octet-stream'
  } else if (body !== undefined) {
    payload = JSON.stringify(body)
    headers['content-type'] = 'application/json'
  }
  let response: Response
  try {
    response = await fetch(BASE + path, { method, headers, body: payload, signal: options.signal, keepalive: options.keepalive, credentials: 'same-origin' })
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    online.value = false
    throw new ApiError(0, 'offline', '')
  }
  if (absent(response)) {
    online.value = false
    throw new ApiError(0, 'offline', '')
  }
  online.value = !response.headers.has('x-from-cache')
  if (!response.ok) {
    const error = await problem(response)
    listeners.forEach((listener) => listener(error))
    throw error
  }
  if (response.status === 204) return undefined as T
  return (await response.json().catch(() => undefined)) as T
}

export type Query = Record<string, string | number | undefined | null>
export function withQuery(path: string, query: Query): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== null && value !== '') search.set(name, String(value))
  const text = search.toString()
  return text ? `${path}?${text}` : path
}
