/** Files on their way to the own node: one after the other, gone on with by themselves when the node is back. */
import { computed, shallowRef } from 'vue'
import { files } from '@/api/files'
import { ApiError } from '@/api/http'
import type { FileItem } from '@/api/model'
import { errorText } from '@/ui/errorText'
import type { Voice } from '@/features/voice/levels'
import { carry, type Carrier } from './upload'

export interface Upload {
  key: number
  name: string
  /** Bytes. */
  size: number
  type: string
  /** None for one that the node has already. */
  file: File | null
  /** On the node, once it knows of the file. */
  id: string | null
  sent: number
  state: 'queued' | 'sending' | 'away' | 'failed' | 'done'
  error: string
  /** Of a picture or recording: shown or played while it is on its way. */
  preview: string | null
  /** It is somebody speaking. */
  voice: Voice | null
  /** Brought for a conversation; it is no file of the page of files. */
  chat: string | null
  keepOriginal: boolean
}
const PASSING = new Set(['offline', 'locked', 'login_required', 'busy', 'slow_down', 'timeout', 'conflict'])
const AGAIN_MS = 3_000

export const uploads = shallowRef<Upload[]>([])
const stops = new Map<number, AbortController>()
let last = 0
const change = (key: number, now: Partial<Upload>) => (uploads.value = uploads.value.map((one) => (one.key === key ? { ...one, ...now } : one)))
const find = (key: number) => uploads.value.find((one) => one.key === key)
export const uploadsOf = (chat: string | null) => computed(() => uploads.value.filter((one) => one.chat === chat))
export const isUploading = computed(() => uploads.value.some((one) => one.state === 'sending' || one.state === 'queued' || one.state === 'away'))

function carrierOf(id: string, signal: AbortSignal): Carrier {
  return {
    append: (offset, bytes) => files.append(id, offset, bytes, signal),
    elsewhere: (cause) => (cause instanceof ApiError ? cause.offset : null),
    again: (cause) => (cause instanceof ApiError && PASSING.has(cause.code) ? (cause.retryAfter ?? 0) * 1000 || AGAIN_MS : null),
    wait: (ms) => new Promise((done, fail) => {
      const timer = setTimeout(done, ms)
      signal.addEventListener('abort', () => (clearTimeout(timer), fail(new DOMException('', 'AbortError'))), { once: true })
    }),
    now: () => Date.now(),
  }
}

async function create({ name, size, type, chat, keepOriginal }: Upload): Promise<FileItem> {
  const media_type = /^[a-z]+\/[a-z0-9.+-]+$/.test(type) ? type : undefined
  return files.create({ name, size, ...(media_type && { media_type }), ...(keepOriginal && { keep_original: true }), ...(chat && { for_chat: true }) })
}
async function bring(key: number) {
  const one = find(key)
  if (!one?.file || one.state === 'done') return
  const stop = new AbortController()
  stops.set(key, stop)
  change(key, { state: 'sending', error: '' })
  try {
    const id = one.id ?? (await create(one)).id
    change(key, { id })
    await carry(one.file, one.sent, carrierOf(id, stop.signal), ({ sent, away }) => change(key, { sent, state: away ? 'away' : 'sending' }))
    change(key, { state: 'done', sent: one.size })
    // A page of files lists it by itself; a conversation still needs it.
    if (!one.chat) forget(key)
  } catch (cause) {
    if (!stop.signal.aborted) change(key, { state: 'failed', error: errorText(cause) })
  } finally {
    stops.delete(key)
  }
}

/** One at a time: the disk and the line are the same for all. */
let line: Promise<void> = Promise.resolve()
const enqueue = (key: number) => (line = line.then(() => bring(key)))

function add(file: File, more: Partial<Upload>): Upload {
  const preview = more.voice || (file.type.startsWith('image/') && file.type !== 'image/svg+xml') ? URL.createObjectURL(file) : null
  const one: Upload = { key: ++last, name: file.name, size: file.size, type: file.type, file, id: null, sent: 0, state: 'queued', error: '', preview, voice: null, chat: null, keepOriginal: false, ...more }
  uploads.value = [...uploads.value, one]
  void enqueue(one.key)
  return one
}
export const bringFiles = (list: Iterable<File>, more: Partial<Upload> = {}) => [...list].map((file) => add(file, more))
/** The same file again, for one that was begun before the page was left. */
export const goOn = (item: FileItem, file: File) => add(file, { id: item.id, sent: item.have })
/** One that the node has, back in the place where a message is written. */
export function hold(file: { id: string; name: string; size: number; media_type: string; voice?: Voice | null }, chat: string) {
  const preview = file.voice || file.media_type.startsWith('image/') ? files.dataUrl(file.id) : null
  const one: Upload = { key: ++last, name: file.name, size: file.size, type: file.media_type, file: null, id: file.id, sent: file.size, state: 'done', error: '', preview, voice: file.voice ?? null, chat, keepOriginal: false }
  uploads.value = [...uploads.value, one]
  return one.key
}
export const isSame = (item: FileItem, file: File) => item.name === file.name && item.size === file.size

export function retryUpload(key: number) {
  change(key, { state: 'queued', error: '' })
  void enqueue(key)
}
/** Takes it off the list; what the node has stays. */
export function forget(key: number) {
  const one = find(key)
  if (one?.file && one.preview) URL.revokeObjectURL(one.preview)
  uploads.value = uploads.value.filter((other) => other.key !== key)
}
export function cancelUpload(key: number) {
  const one = find(key)
  stops.get(key)?.abort()
  forget(key)
  if (one?.id) void files.remove(one.id).catch(() => undefined)
}

window.addEventListener('beforeunload', (event) => isUploading.value && event.preventDefault())
