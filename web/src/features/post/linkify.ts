/** Plain text in pieces: words and web addresses. No markup is interpreted, nothing becomes HTML. */
export type Piece = { text: string; href?: string }

const ADDRESS = /\bhttps?:\/\/[^\s<>"'“”«»]+/gi
const TAIL = /[.,;:!?…'"’)\]}]+$/

/** The end of a sentence does not belong to an address, but a closing bracket does when it was opened inside. */
function trimmed(address: string): string {
  const tail = TAIL.exec(address)?.[0] ?? ''
  const bare = address.slice(0, address.length - tail.length)
  return tail.startsWith(')') && bare.includes('(') ? `${bare})` : bare
}

export function pieces(text: string): Piece[] {
  const found: Piece[] = []
  let at = 0
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimmed(match[0])
    if (!URL.canParse(address)) continue
    if (match.index > at) found.push({ text: text.slice(at, match.index) })
    found.push({ text: shown(address), href: address })
    at = match.index + address.length
  }
  if (at < text.length) found.push({ text: text.slice(at) })
  return found
}

const LONGEST = 48
function shown(address: string): string {
  const short = address.replace(/^https?:\/\/(www\.)?/, '').replace(/\/$/, '')
  return short.length > LONGEST ? `${short.slice(0, LONGEST - 1)}…` : short
}
