/** Who is named in a text. Knows no browser. */
export interface Someone { node_id: string; display_name: string; username?: string }
/** Place in characters (code points), as the node counts. */
export interface Mention { at: number; len: number; node_id: string }
const MOST = 32
const LETTER = /[\p{L}\p{N}_]/u
const DENSE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u
const goesOn = (sign: string | undefined) => !!sign && LETTER.test(sign) && !DENSE.test(sign)

/** Every `@Name` of somebody who is there. Of two with one name it is who was chosen; without a choice nobody. */
export function mentionsIn(text: string, people: Someone[], chosen: ReadonlyMap<string, string> = new Map()): Mention[] {
  const names = new Map<string, string[]>()
  for (const one of people) names.set(one.display_name, [...(names.get(one.display_name) ?? []), one.node_id])
  const longest = [...names.keys()].filter(Boolean).sort((a, b) => b.length - a.length)
  const chars = [...text]
  const found: Mention[] = []
  for (let at = 0; at < chars.length && found.length < MOST; at++) {
    if (chars[at] !== '@' || goesOn(chars[at - 1])) continue
    const rest = chars.slice(at + 1, at + 130).join('')
    const name = longest.find((one) => rest.startsWith(one) && !goesOn([...rest.slice(one.length)][0]))
    const ids = name === undefined ? [] : (names.get(name) ?? [])
    const id = ids.length === 1 ? ids[0] : ids.find((one) => one === chosen.get(name ?? ''))
    if (name === undefined || !id) continue
    const len = [...name].length + 1
    found.push({ at, len, node_id: id })
    at += len - 1
  }
  return found
}

/** What is typed after an `@` before the caret: from where, and what; null where nobody is being named. */
export function wanted(text: string, caret: number): { from: number; query: string } | null {
  const match = /(?:^|[^\p{L}\p{N}_]|\p{Script=Han})@([\p{L}\p{N}_'’.-]{0,40}(?: [\p{L}\p{N}_'’.-]{1,40})?)$/u.exec(text.slice(Math.max(0, caret - 90), caret))
  return match ? { from: caret - (match[1] ?? '').length - 1, query: match[1] ?? '' } : null
}

const SHOWN = 8
/** Whose name, or a word of it, begins so; by name. */
export function fitting(people: Someone[], query: string): Someone[] {
  const said = query.toLocaleLowerCase()
  const fits = ({ display_name, username }: Someone) => {
    const name = display_name.toLocaleLowerCase()
    return name.startsWith(said) || name.split(/\s+/).some((word) => word.startsWith(said)) || !!username?.startsWith(said)
  }
  return people.filter(fits).sort((a, b) => a.display_name.localeCompare(b.display_name)).slice(0, SHOWN)
}
