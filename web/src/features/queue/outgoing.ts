/** The queue of this browser: posts, comments, reactions and deletions on their way to the own node. Kept over reloads, repeated by itself. */
import { computed, onScopeDispose, watch } from 'vue'
import { chats, comments, posts, reactions } from '@/api/client'
import { nudge } from '@/api/events'
import { ApiError, online } from '@/api/http'
import type { Audience, CircleName, Post } from '@/api/model'
import { cameEarly, insertOwn, removePost, replacePost } from '@/features/feed/feedStore'
import { me } from '@/features/session/useSession'
import { t } from '@/i18n'
import { errorText } from '@/ui/errorText'
import { dismiss, toast } from '@/ui/toast'
import { createQueue, type Act, type Waiting } from './queue'

/** Refusals that end by themselves or by logging in. */
const PASSING = new Set(['offline', 'locked', 'login_required', 'busy', 'slow_down', 'timeout'])
const AGAIN_MS = 10_000
export const UNDO_MS = 10_000

const storageKey = () => `queue:${me.value?.node_id ?? ''}`
function stored(): Waiting[] {
  try {
    return JSON.parse(localStorage.getItem(storageKey()) ?? '[]') as Waiting[]
  } catch {
    return []
  }
}

async function send(one: Waiting, leaving = false): Promise<unknown> {
  switch (one.kind) {
    case 'post': return posts.create(one.text, one.visibility, one.key, one.circle?.id)
    case 'comment': return comments.create(one.post, one.text, one.key, one.parent)
    case 'reaction': return one.reaction ? reactions.set(one.target, one.reaction) : reactions.clear(one.target)
    case 'message': return chats.write(one.chat, { id: one.id, ...((one.text || !one.file) && { text: one.text }), ...(one.mentions && { mentions: one.mentions }), ...(one.answers && { reply_to: one.answers.id }), ...(one.file && { file: one.file.id, ...(one.file.alt && { alt: one.file.alt }), ...(one.file.voice && { voice: one.file.voice }) }) })
    case 'message_reaction': return chats.react(one.chat, one.target, one.reaction)
    case 'delete': return (one.what === 'post' ? posts : comments).remove(one.target, leaving).catch((cause: unknown) => {
      if (!(cause instanceof ApiError) || (cause.status !== 404 && cause.status !== 410)) throw cause
    })
  }
}

type Landed = (one: Waiting, answer: unknown) => Promise<unknown> | void
const landing = new Set<Landed>()
/** Screens that read again what just changed, before it leaves the queue. */
export function onLanded(read: Landed) {
  landing.add(read)
  onScopeDispose(() => landing.delete(read))
}
async function landed(one: Waiting, answer: unknown) {
  if (one.kind === 'post') {
    const made = answer as Post
    insertOwn(made)
    toast(t('composer.posted'))
    if (cameEarly(made.id)) void posts.read(made.id).then(replacePost, () => undefined)
  }
  if (one.kind === 'delete') removePost(one.target)
  if (one.kind === 'reaction') nudge('reaction', { id: one.target, post: one.target })
  if (one.kind === 'comment') nudge('comment', { post: one.post })
  await Promise.allSettled([...landing].map((read) => read(one, answer)))
}

const queue = createQueue({
  load: stored,
  save: (list) => (list.length ? localStorage.setItem(storageKey(), JSON.stringify(list)) : localStorage.removeItem(storageKey())),
  send,
  again: (cause) => (cause instanceof ApiError && PASSING.has(cause.code) ? (cause.retryAfter ?? 0) * 1000 || AGAIN_MS : null),
  refused(one, cause) {
    if ('text' in one) return errorText(cause)
    toast(errorText(cause), true)
    return null
  },
  landed,
  alone: (work) => ('locks' in navigator ? navigator.locks.request('openred queue', work) : work()),
  later: (ms, work) => setTimeout(work, ms),
  now: () => Date.now(),
  key: () => crypto.randomUUID(),
})

export const { withdraw, retry } = queue
type Of<K extends Act['kind']> = Waiting<Extract<Act, { kind: K }>>
const of = <K extends Act['kind']>(kind: K) => computed(() => queue.items.value.filter((one) => one.kind === kind) as unknown as Of<K>[])
export const waitingPosts = of('post')
export const waitingComments = of('comment')
export const waitingMessages = of('message')
const waitingReactions = of('reaction')
const messageReactions = of('message_reaction')
const deletions = of('delete')
export const reactionOf = (target: string) => waitingReactions.value.findLast((one) => one.target === target)
export const messageReactionOf = (target: string) => messageReactions.value.findLast((one) => one.target === target)
/** What is deleted, or will be unless it is undone: not shown any more. */
export const deleted = computed(() => new Set(deletions.value.map((one) => one.target)))

export const sendPost = (text: string, visibility: Audience, circle: CircleName | null = null) => queue.add({ kind: 'post', text, visibility, ...(circle && { circle: { id: circle.id, name: circle.name } }) }).outcome
export const sendComment = (comment: { post: string; text: string; parent?: string; to?: string }) => queue.add({ kind: 'comment', ...comment }).outcome
export const sendReaction = (target: string, reaction: string | null) => queue.add({ kind: 'reaction', target, reaction }).outcome
/** `id`: 16 bytes drawn here, by which the node knows a message that comes twice. */
export const sendMessage = (message: Omit<Extract<Act, { kind: 'message' }>, 'kind'>) => queue.add({ kind: 'message', ...message }).outcome
export const sendMessageReaction = (chat: string, target: string, reaction: string | null) => queue.add({ kind: 'message_reaction', chat, target, reaction }).outcome
export function sendDelete(what: 'post' | 'comment', target: string) {
  const { key } = queue.add({ kind: 'delete', what, target }, UNDO_MS)
  const id = toast(t('post.deleted_done'), false, { label: t('act.undo'), ms: UNDO_MS, run: () => (withdraw(key), dismiss(id)) })
}

/** A page that goes away cannot wait for an undo. What the node did not hear is repeated at the next visit. */
function leave() {
  deletions.value.filter((one) => one.due > Date.now()).forEach((one) => void send(one, true).catch(() => undefined))
}

/** Takes up what an earlier visit left, and repeats it whenever the node answers again. */
export function useOutgoing() {
  queue.read()
  void queue.run()
  watch(online, (now) => now && void queue.run())
  const other = (event: StorageEvent) => event.key === storageKey() && queue.read()
  window.addEventListener('storage', other)
  window.addEventListener('pagehide', leave)
  onScopeDispose(() => {
    window.removeEventListener('storage', other)
    window.removeEventListener('pagehide', leave)
  })
}
