/** Addresses of directories and relays, as the settings hold them. */
import type { Server } from '@/features/network/words'

/** Without the id after `#` and the slash at the end. */
export const bare = (url: string) => url.replace(/#.*$/, '').replace(/\/$/, '')

/** What the node knows of the server at an address. */
export const knownOf = (url: string, known: Server[]) => known.find((one) => bare(one.url) === bare(url))

/** With the id of who was met there, so that nobody else is taken for them when it is added again. */
export function pinned(url: string, known: Server[]): string {
  const id = knownOf(url, known)?.node_id
  return id ? `${bare(url)}#${id}` : url
}

export const without = (url: string, list: string[]) => list.filter((one) => bare(one) !== bare(url))
/** At the end, unless it is there. */
export const including = (url: string, list: string[]) => (list.some((one) => bare(one) === bare(url)) ? list : [...list, url])
