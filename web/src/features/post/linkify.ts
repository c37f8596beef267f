/** Plain text in pieces: words, web addresses, hashtags. No markup is interpreted, nothing becomes HTML. */
export type Piece = { text: string; href?: string; tag?: string }

const ADDRESS = /\bhttps?:\/\/[^\s<>"'“”«»]+/gi
const TAIL = /[.,;:!?…'"’)\]}]/

/** The end of a sentence does not belong to an address, but a closing bracket does when it was opened inside. */
export function trimmed(address: string): string {
  let end = address.length
  while (end > 0 && TAIL.test(address[end - 1] as string)) end -= 1
  const bare = address.slice(0, end)
  return address[end] === ')' && bare.includes('(') ? `${bare})` : bare
}

export function pieces(text: string): Piece[] {
  const found: Piece[] = []
  let at = 0
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimmed(match[0])
    if (!URL.canParse(address)) continue
    found.push(...words(text.slice(at, match.index)), { text: shown(address), href: address })
    at = match.index + address.length
  }
  return [...found, ...words(text.slice(at))]
}

/** As the node finds them: a word of its own, not only digits, at most 64 bytes; lower case where it leads. */
const HASHTAG = /(?<![\p{Alphabetic}\p{N}_])#([\p{Alphabetic}\p{N}_]+)/gu
const TAG_BYTES_MAX = 64
function tagOf(word: string): string | null {
  const tag = word.toLowerCase()
  return /[^\p{N}]/u.test(tag) && new TextEncoder().encode(tag).length <= TAG_BYTES_MAX ? tag : null
}

function words(text: string): Piece[] {
  const found: Piece[] = []
  let at = 0
  for (const match of text.matchAll(HASHTAG)) {
    const tag = tagOf(match[1] ?? '')
    if (!tag) continue
    if (match.index > at) found.push({ text: text.slice(at, match.index) })
    found.push({ text: match[0], tag })
    at = match.index + match[0].length
  }
  if (at < text.length) found.push({ text: text.slice(at) })
  return found
}

export const tagsOf = (text: string) => pieces(text).flatMap((one) => one.tag ?? [])

const LONGEST = 48
function shown(address: string): string {
  const short = address.replace(/^https?:\/\/(www\.)?/, '').replace(/\/$/, '')
  return short.length > LONGEST ? `${short.slice(0, LONGEST - 1)}…` : short
}
