/** Feeds already read, by name: kept while the app is open so that "back" finds everything where it was. */
import { reactive } from 'vue'
import type { VirtualItem } from '@tanstack/vue-virtual'
import { tagsOf } from '@/features/post/linkify'
import type { Delivery, Post } from '@/api/model'

export interface Feed { items: Post[]; next: string | null; newest: string | null; fresh: number; added: number; loaded: boolean; measured: VirtualItem[] }
const feeds = reactive(new Map<string, Feed>())

export function feedOf(name: string): Feed {
  if (!feeds.has(name)) feeds.set(name, { items: [], next: null, newest: null, fresh: 0, added: 0, loaded: false, measured: [] })
  return feeds.get(name) as Feed
}

/** What was found by these words. */
export const foundName = (q: string) => `q:${q}`

export function forgetFound(q: string) {
  feeds.delete(foundName(q))
}

export function forgetFeeds() {
  feeds.clear()
}

function belongs(post: Post, name: string): boolean {
  if (name.startsWith(foundName(''))) return false
  if (name.startsWith('tag:')) return tagsOf(post.text).includes(name.slice(4))
  if (name.startsWith('author:')) return name === `author:${post.author.node_id}`
  return name !== 'friends'
}

/** A post of one's own goes on top of every feed it belongs to. The node counts it among the newer ones; `added` says how many to leave out. */
export function insertOwn(post: Post) {
  for (const [name, feed] of feeds) {
    if (!feed.loaded || !belongs(post, name)) continue
    if (feed.items.some((one) => one.id === post.id)) continue
    feed.items = [post, ...feed.items]
    feed.added += 1
    feed.fresh = Math.max(0, feed.fresh - 1)
  }
}

export function replacePost(post: Post) {
  for (const feed of feeds.values()) feed.items = feed.items.map((one) => (one.id === post.id ? post : one))
}

export function removePost(id: string) {
  for (const feed of feeds.values()) feed.items = feed.items.filter((one) => one.id !== id)
}

/** News of posts that are not on screen, the last few: an event may overtake the answer to the post it is about. */
const early = new Set<string>()
const EARLY_MOST = 50
export function noteEarly(id: string) {
  early.add(id)
  if (early.size > EARLY_MOST) early.delete([...early][0] ?? '')
}
export const cameEarly = (id: string) => early.delete(id)

export const isShown = (id: string) => [...feeds.values()].some((feed) => feed.items.some((one) => one.id === id))

/** Not yet with everybody; a new post has no account of its delivery for a moment. */
export const isUnderWay = (one: { delivery?: Delivery | null }) => !one.delivery || one.delivery.delivered < one.delivery.total

const RECENT = 10
/** The newest own posts on screen that somebody still waits for: worth reading again when something was delivered. */
export function undelivered(): string[] {
  const waiting = [...feeds.values()].flatMap((feed) => feed.items.filter((one) => one.can.edit && isUnderWay(one)))
  return [...new Set(waiting.map((one) => one.id))].slice(0, RECENT)
}
