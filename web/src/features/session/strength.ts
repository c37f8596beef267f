/** How hard a passphrase is to guess, in five words. An estimate for guidance; the least length is the node's. */
export type Strength = 'short' | 'weak' | 'fair' | 'good' | 'strong'

/** Bits by words (12.9 each, as from a list of 7,776) or by characters of the classes used, whichever is lower when repeated. */
export function bitsOf(text: string): number {
  const words = new Set(text.toLowerCase().split(/[\s\-_.]+/).filter((word) => word.length > 2))
  const kinds = [[/[a-z]/, 26], [/[A-Z]/, 26], [/\d/, 10], [/[^\w]/, 30], [/[^\0-\x7f]/, 200]] as const
  const alphabet = kinds.reduce((sum, [kind, size]) => sum + (kind.test(text) ? size : 0), 0)
  const different = new Set(text).size
  const byCharacter = Math.min(text.length, different * 2) * Math.log2(Math.max(alphabet, 2)) * 0.6
  return words.size >= 3 ? Math.min(byCharacter, words.size * 12.9) : byCharacter
}

/** `shortest`: characters that the node asks for at least. */
export function strengthOf(text: string, shortest: number): Strength {
  if ([...text].length < shortest) return 'short'
  const bits = bitsOf(text)
  if (bits < 36) return 'weak'
  if (bits < 48) return 'fair'
  return bits < 62 ? 'good' : 'strong'
}
