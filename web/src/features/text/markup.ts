/**
 * What people write between the words, as a tree: bold, italic, struck, hidden, code, links, quotes, lists.
 * Knows no browser. Every text has a tree, made in one pass over it; what is not understood stays as it was written.
 */
import { pieces, trimmed } from '@/features/post/linkify'

/** A person named in a text. `at` and `len` count characters (code points), as the node does. */
export interface Named { at: number; len: number; node_id: string; display_name?: string | null; me: boolean }

export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'bold' | 'italic' | 'strike' | 'spoiler'; inside: Inline[] }
  | { kind: 'code'; text: string }
  /** `host`: where it leads, when its words do not say so. */
  | { kind: 'link'; text: string; href: string; host?: string }
  | { kind: 'tag'; text: string; tag: string }
  | { kind: 'person'; text: string; person: Named }
export type Block =
  | { kind: 'words'; inside: Inline[] }
  | { kind: 'code'; text: string }
  | { kind: 'quote'; inside: Block[] }
  | { kind: 'list'; start: number | null; items: Inline[][] }

/** Quotes inside of quotes. */
const DEEPEST = 4
/** Characters of the words and the address of a link. */
const WORDS_MOST = 300
const ADDRESS_MOST = 2_000

// A person stands in the text as NUMBER between two characters that no text may have, so that nothing is seen in the name.
const BEGIN = '\uFDD0'
const END = '\uFDD1'

function withPeople(text: string, people: Named[]): string {
  const clean = text.replace(/[\uFDD0\uFDD1]/g, '\uFFFD')
  if (!people.length) return clean
  const chars = [...clean]
  let out = ''
  let at = 0
  people.forEach((one, n) => {
    if (one.at < at || one.at + one.len > chars.length) return
    out += chars.slice(at, one.at).join('') + BEGIN + n + END
    at = one.at + one.len
  })
  return out + chars.slice(at).join('')
}

/** The tree of a text. */
export function parse(text: string, people: Named[] = []): Block[] {
  const chars = people.length ? [...text] : []
  const said = (n: number) => chars.slice(people[n]?.at, (people[n]?.at ?? 0) + (people[n]?.len ?? 0)).join('')
  const reader: Reader = { people, said }
  return blocks(withPeople(text, people).split('\n'), 0, reader)
}

interface Reader { people: Named[]; said: (n: number) => string }

const QUOTED = /^>(?: |$|(?=>))/
const ITEM = /^ {0,3}(?:[-*+]|(\d{1,9})[.)]) +(?=\S)/
/** A line of code by itself, or the first of several. */
const FENCE = /^```(?:[^`]*$|[^`].*```\s*$)/
const FENCED = /^```\s*$/

function blocks(lines: string[], depth: number, by: Reader): Block[] {
  const found: Block[] = []
  let words: string[] = []
  const flush = () => {
    if (words.some((line) => line.trim())) found.push({ kind: 'words', inside: inline(words.join('\n').replace(/^\n+|\n+$/g, ''), by) })
    words = []
  }
  let at = 0
  while (at < lines.length) {
    const line = lines[at] as string
    const take = FENCE.test(line) ? fence : QUOTED.test(line) && depth < DEEPEST ? quote : ITEM.test(line) ? list : null
    if (!take) {
      words.push(line)
      at += 1
      continue
    }
    flush()
    const [block, next] = take(lines, at, depth, by)
    found.push(block)
    at = next
  }
  flush()
  return found
}

type Taken = [Block, number]
const whole = (text: string, by: Reader) => text.replace(/\uFDD0(\d+)\uFDD1/g, (_, n: string) => by.said(Number(n)))

function fence(lines: string[], from: number, _depth: number, by: Reader): Taken {
  const first = (lines[from] as string).slice(3)
  const closed = first.lastIndexOf('```')
  if (closed > 0 && !first.slice(closed + 3).trim()) return [{ kind: 'code', text: whole(first.slice(0, closed), by) }, from + 1]
  let end = from + 1
  while (end < lines.length && !FENCED.test(lines[end] as string)) end += 1
  // The name of a language says nothing here.
  const start = /^\w*$/.test(first) ? [] : [first]
  return [{ kind: 'code', text: whole([...start, ...lines.slice(from + 1, end)].join('\n'), by) }, end + 1]
}
function quote(lines: string[], from: number, depth: number, by: Reader): Taken {
  let end = from
  const inside: string[] = []
  while (end < lines.length && QUOTED.test(lines[end] as string)) inside.push((lines[end++] as string).replace(QUOTED, ''))
  return [{ kind: 'quote', inside: blocks(inside, depth + 1, by) }, end]
}
function list(lines: string[], from: number, _depth: number, by: Reader): Taken {
  const first = ITEM.exec(lines[from] as string)
  const numbered = first?.[1] !== undefined
  const items: Inline[][] = []
  let end = from
  for (; end < lines.length; end++) {
    const match = ITEM.exec(lines[end] as string)
    if (!match || (match[1] !== undefined) !== numbered) break
    items.push(inline((lines[end] as string).slice(match[0].length), by))
  }
  return [{ kind: 'list', start: numbered ? Number(first?.[1]) : null, items }, end]
}

type Mark = 'bold' | 'italic' | 'strike' | 'spoiler'
interface Open { mark: Mark; sign: string; inside: Inline[] }
const LETTER = /[\p{L}\p{N}]/u
/** Between signs of writing without spaces a mark needs none either. */
const DENSE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u
const isWord = (one: string | undefined) => !!one && LETTER.test(one) && !DENSE.test(one)
const isSpace = (one: string | undefined) => one === undefined || /\s/.test(one)
const ESCAPED = /[\\`*_~|[\]()>#+.!-]/
const HTTP = /https?:\/\/[^\s<>"'“”«»\uFDD0\uFDD1]+/iy

function inline(text: string, by: Reader): Inline[] {
  const root: Inline[] = []
  const open: Open[] = []
  let plain = ''
  const into = () => open.at(-1)?.inside ?? root
  const flush = () => {
    if (plain) into().push(...words(plain))
    plain = ''
  }
  const put = (one: Inline) => (flush(), into().push(one))
  /** What was opened and never closed stays as it was written. */
  const giveUp = () => {
    const lost = open.pop() as Open
    into().push({ kind: 'text', text: lost.sign }, ...lost.inside)
  }
  function toggle(mark: Mark, sign: string, before: string | undefined, after: string | undefined): boolean {
    const strict = sign.length === 1
    const held = open.findLastIndex((one) => one.mark === mark && one.sign === sign)
    const empty = held === open.length - 1 && !plain && !open[held]?.inside.length
    if (held >= 0 && !empty && !isSpace(before) && !(strict && isWord(after))) {
      flush()
      while (open.length > held + 1) giveUp()
      const { inside } = open.pop() as Open
      into().push({ kind: mark, inside })
      return true
    }
    if (open.some((one) => one.mark === mark) || isSpace(after) || (strict && isWord(before))) return false
    flush()
    open.push({ mark, sign, inside: [] })
    return true
  }
  const next = after(text)
  let at = 0
  while (at < text.length) {
    const one = text[at] as string
    if (one === '\\' && ESCAPED.test(text[at + 1] ?? '')) {
      plain += text[at + 1]
      at += 2
      continue
    }
    if (one === BEGIN) {
      const end = text.indexOf(END, at)
      const n = Number(text.slice(at + 1, end))
      put({ kind: 'person', text: by.said(n), person: by.people[n] as Named })
      at = end + 1
      continue
    }
    if (one === '`') {
      const end = next('`', at + 1)
      const code = end < 0 ? '' : text.slice(at + 1, end)
      if (code.trim() && !code.includes('\n')) {
        put({ kind: 'code', text: whole(code, by) })
        at = end + 1
        continue
      }
    }
    if (one === '[') {
      const link = named(text, at, next, by)
      if (link) {
        put(link.one)
        at = link.end
        continue
      }
    }
    if ((one === 'h' || one === 'H') && !isWord(text[at - 1])) {
      HTTP.lastIndex = at
      const address = trimmed(HTTP.exec(text)?.[0].slice(0, ADDRESS_MOST) ?? '')
      const [link] = address ? pieces(address) : []
      if (link?.href === address && address) {
        put({ kind: 'link', text: link.text, href: address })
        at += address.length
        continue
      }
    }
    if (one === '*' || one === '_' || one === '~' || one === '|') {
      // Of three that close, the inner one comes first.
      const inner = text[at + 2] === one && open.at(-1)?.sign === one
      const twice = text[at + 1] === one && !inner
      const sign = twice ? one + one : one
      const mark: Mark | null = one === '~' ? (twice ? 'strike' : null) : one === '|' ? (twice ? 'spoiler' : null) : twice ? (one === '*' ? 'bold' : null) : 'italic'
      if (mark && toggle(mark, sign, text[at - 1], text[at + sign.length])) {
        at += sign.length
        continue
      }
      plain += sign
      at += sign.length
      continue
    }
    plain += one
    at += 1
  }
  flush()
  while (open.length) giveUp()
  return joined(root)
}

/** Where a sign comes next; looked for once, however often it is asked. */
function after(text: string) {
  const held = new Map<string, number>()
  return (sign: string, from: number): number => {
    const known = held.get(sign)
    if (known !== undefined && (known < 0 || known >= from)) return known
    const found = text.indexOf(sign, from)
    held.set(sign, found)
    return found
  }
}

/** `[words](https://…)` */
function named(text: string, at: number, next: (sign: string, from: number) => number, by: Reader): { one: Inline; end: number } | null {
  const middle = next('](', at + 1)
  if (middle < 0 || middle - at > WORDS_MOST) return null
  const label = text.slice(at + 1, middle)
  if (!label.trim() || /[[\n]/.test(label)) return null
  const end = next(')', middle + 2)
  if (end < 0 || end - middle > ADDRESS_MOST) return null
  const href = text.slice(middle + 2, end)
  if (!/^https?:\/\/[^\s<>"\uFDD0\uFDD1]+$/i.test(href) || !URL.canParse(href)) return null
  const { host } = new URL(href)
  const said = whole(label.replace(/\\(.)/g, '$1'), by)
  return { one: { kind: 'link', text: said, href, ...(said.toLowerCase() !== host && { host }) }, end: end + 1 }
}

/** Plain words: hashtags lead somewhere. Addresses were taken out before. */
const words = (text: string): Inline[] => (text.includes('#') ? pieces(text).map((one) => (one.tag ? { kind: 'tag', text: one.text, tag: one.tag } : { kind: 'text', text: one.text })) : [{ kind: 'text', text }])

function joined(list: Inline[]): Inline[] {
  const out: Inline[] = []
  for (const one of list) {
    const last = out.at(-1)
    if (one.kind === 'text' && last?.kind === 'text') last.text += one.text
    else if ('inside' in one) out.push({ ...one, inside: joined(one.inside) })
    else out.push(one)
  }
  return out
}

/** The words alone, on one line, for lists and for who listens; `hidden` stands for what is not shown at once. */
export function plain(text: string, hidden: string, people: Named[] = []): string {
  const name = (one: { text: string; person: Named }) => (one.person.display_name ? `@${one.person.display_name}` : one.text)
  const said = (list: Inline[]): string => list.map((one) => (one.kind === 'spoiler' ? hidden : one.kind === 'person' ? name(one) : 'inside' in one ? said(one.inside) : one.text)).join('')
  const told = (list: Block[]): string => list.map((one) => (one.kind === 'words' ? said(one.inside) : one.kind === 'code' ? one.text : one.kind === 'quote' ? told(one.inside) : one.items.map(said).join(' '))).join(' ')
  // Cut in the middle of something hidden.
  return told(parse(text, people)).replace(/\|\|(?=\S)[^|]*$/, hidden).replace(/\s+/g, ' ').trim()
}
