/** Feeds already read, by name: kept while the app is open so that "back" finds everything where it was. */
import { reactive } from 'vue'
import type { VirtualItem } from '@tanstack/vue-virtual'
import type { Post } from '@/api/types'

export interface Feed { items: Post[]; next: string | null; newest: string | null; fresh: number; loaded: boolean; measured: VirtualItem[] }
const feeds = reactive(new Map<string, Feed>())

export function feedOf(name: string): Feed {
  if (!feeds.has(name)) feeds.set(name, { items: [], next: null, newest: null, fresh: 0, loaded: false, measured: [] })
  return feeds.get(name) as Feed
}

export function forgetFeeds() {
  feeds.clear()
}

/** A post of one's own goes on top of every feed it belongs to. */
export function insertOwn(post: Post) {
  for (const [name, feed] of feeds) {
    if (!feed.loaded || (name.startsWith('author:') && name !== `author:${post.author.node_id}`)) continue
    if (!feed.items.some((one) => one.id === post.id)) feed.items = [post, ...feed.items]
  }
}

export function replacePost(post: Post) {
  for (const feed of feeds.values()) feed.items = feed.items.map((one) => (one.id === post.id ? post : one))
}

export function removePost(id: string) {
  for (const feed of feeds.values()) feed.items = feed.items.filter((one) => one.id !== id)
}

export const isShown = (id: string) => [...feeds.values()].some((feed) => feed.items.some((one) => one.id === id))
