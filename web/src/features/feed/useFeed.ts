/** One feed: first page, more pages, how many newer posts wait, and single posts refreshed by events. */
import { computed, ref, type Ref, watch } from 'vue'
import { posts } from '@/api/client'
import { useEvents } from '@/api/events'
import { ApiError } from '@/api/http'
import type { FeedFilter, FeedQuery, NodeEvent } from '@/api/model'
import { errorText } from '@/ui/errorText'
import { feedOf, foundName, isShown, noteEarly, removePost, replacePost, undelivered, type Feed } from './feedStore'

const PAGE = 20
const GATHER_MS = 120
type Source = { filter: FeedFilter } | { author: string } | { tag: string } | { q: string }
function nameOf(source: Source) {
  if ('tag' in source) return `tag:${source.tag}`
  if ('q' in source) return foundName(source.q)
  return 'author' in source ? `author:${source.author}` : source.filter
}
const queryOf = (source: Source): FeedQuery => ({ ...source, limit: PAGE })

export function useFeed(source: Ref<Source>) {
  const feed = computed(() => feedOf(nameOf(source.value)))
  const loading = ref(false)
  const error = ref('')

  async function load() {
    const target = feed.value
    loading.value = true
    error.value = ''
    try {
      const page = await posts.feed(queryOf(source.value))
      Object.assign(target, { items: page.items, next: page.next ?? null, newest: page.newest ?? null, fresh: 0, added: 0, loaded: true, measured: [] })
    } catch (cause) {
      // Somebody known by a directory only has no feed here: that is an empty one.
      if (cause instanceof ApiError && cause.status === 404) target.loaded = true
      else error.value = errorText(cause)
    } finally {
      loading.value = false
    }
  }

  async function more() {
    const target = feed.value
    if (!target.next || loading.value) return
    loading.value = true
    try {
      const page = await posts.feed({ ...queryOf(source.value), after: target.next })
      const known = new Set(target.items.map((post) => post.id))
      target.items = [...target.items, ...page.items.filter((post) => !known.has(post.id))]
      target.next = page.next ?? null
    } catch (cause) {
      error.value = errorText(cause)
    } finally {
      loading.value = false
    }
  }

  /** The node counts what is new of whole feeds only; for a hashtag its newest page tells. */
  async function compare(target: Feed) {
    const page = await posts.feed(queryOf(source.value)).catch(() => null)
    const known = new Set(target.items.map((post) => post.id))
    if (page) target.fresh = page.items.filter((post) => !known.has(post.id)).length
  }

  async function count() {
    const target = feed.value
    if (!target.loaded || 'author' in source.value || 'q' in source.value) return
    if (!target.items.length || !target.newest) return load()
    if ('tag' in source.value) return compare(target)
    const answer = await posts.countNew(target.newest, source.value.filter).catch(() => null)
    if (!answer) return
    target.fresh = Math.max(0, answer.count - target.added)
  }

  watch(source, () => {
    if (!feed.value.loaded) void load()
    else void count()
  }, { immediate: true })
  useRefresh(count)
  return { feed, loading, error, load, more }
}

/** Events come in bursts: ids are gathered for a moment, then each shown post is read once. */
function useRefresh(count: () => Promise<void>) {
  const waiting = new Set<string>()
  let counting = false
  let timer: number | undefined

  async function reread(id: string) {
    try {
      replacePost(await posts.read(id))
    } catch (cause) {
      if (cause instanceof ApiError && (cause.status === 404 || cause.status === 410)) removePost(id)
    }
  }
  function flush() {
    for (const id of waiting) void reread(id)
    waiting.clear()
    if (counting) void count()
    counting = false
  }
  function gather(event: NodeEvent, isPost: boolean) {
    const id = event.post ?? (isPost ? event.id : undefined)
    if (id && isShown(id)) waiting.add(id)
    else if (id) noteEarly(id)
    if (isPost && id && !isShown(id)) counting = true
    clearTimeout(timer)
    timer = window.setTimeout(flush, GATHER_MS)
  }
  useEvents(['post'], (event) => gather(event, true))
  useEvents(['comment', 'reaction'], (event) => gather(event, false))
  useEvents(['outbox'], ({ ids }) => [...(ids ?? []), ...undelivered()].forEach((id) => gather({ post: id }, false)))
  useEvents(['resync'], () => void count())
}
