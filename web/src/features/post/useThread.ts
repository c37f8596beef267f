/** A post with its comments, kept fresh by events. */
import { onScopeDispose, ref, shallowRef } from 'vue'
import { posts } from '@/api/client'
import { useEvents } from '@/api/events'
import { ApiError } from '@/api/http'
import type { Comment, NodeEvent, Post, Thread } from '@/api/model'
import { isUnderWay, replacePost } from '@/features/feed/feedStore'
import { onLanded } from '@/features/queue/outgoing'
import { errorText } from '@/ui/errorText'

export type ThreadState = 'loading' | 'ready' | 'forbidden' | 'gone' | 'unknown' | 'failed'
const GATHER_MS = 120

export function useThread(id: string) {
  const thread = shallowRef<Thread | null>(null)
  const state = ref<ThreadState>('loading')
  const error = ref('')
  let timer: number | undefined

  function failed(cause: unknown) {
    const status = cause instanceof ApiError ? cause.status : 0
    if (status === 403) state.value = 'forbidden'
    else if (status === 410) state.value = 'gone'
    else if (status === 404) state.value = 'unknown'
    else if (!thread.value) state.value = 'failed'
    error.value = errorText(cause)
  }
  async function load() {
    try {
      thread.value = await posts.thread(id)
      state.value = 'ready'
      replacePost(thread.value.post)
      if (thread.value.post.more) await whole()
    } catch (cause) {
      failed(cause)
    }
  }
  /** A longer text lives on the author's node; reading the post fetches it. */
  async function whole() {
    const post = await posts.read(id).catch(() => null)
    if (post && thread.value) setPost(post)
  }
  function setPost(post: Post) {
    if (thread.value) thread.value = { ...thread.value, post }
    replacePost(post)
  }
  function setComment(comment: Comment) {
    if (thread.value) thread.value = { ...thread.value, comments: thread.value.comments.map((one) => (one.id === comment.id ? comment : one)) }
  }
  function onEvent(event: NodeEvent) {
    if (event.post !== id && event.id !== id && !thread.value?.comments.some((one) => one.id === event.id)) return
    clearTimeout(timer)
    timer = window.setTimeout(() => void load(), GATHER_MS)
  }
  useEvents(['post', 'comment', 'reaction'], onEvent)
  useEvents(['outbox'], () => {
    const own = [thread.value?.post, ...(thread.value?.comments ?? [])]
    if (own.some((one) => one?.can.edit && isUnderWay(one))) onEvent({ post: id })
  })
  useEvents(['resync'], () => void load())
  onLanded(async (one) => {
    if ((one.kind === 'comment' && one.post === id) || (one.kind === 'delete' && thread.value?.comments.some((other) => other.id === one.target))) await load()
  })
  onScopeDispose(() => clearTimeout(timer))
  void load()
  return { thread, state, error, load, setPost, setComment }
}
