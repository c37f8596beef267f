/** Marks around what is selected in a field, or taken away where they are there already; it can be undone as what is typed. */
const SIGNS: Record<string, string> = { b: '**', i: '*', e: '`' }
const SHIFTED: Record<string, string> = { x: '~~', h: '||' }

/** What a chord of keys marks with; null: it is none of these. */
export function signOf(event: KeyboardEvent): string | null {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return null
  return (event.shiftKey ? SHIFTED : SIGNS)[event.key.toLowerCase()] ?? null
}

export interface Marked { from: number; to: number; text: string; start: number; end: number }
/** What takes the place of `from`–`to`, and what is selected then. */
export function marked(text: string, start: number, end: number, sign: string): Marked {
  const inside = text.slice(start, end)
  const [before, behind] = [text.slice(start - sign.length, start), text.slice(end, end + sign.length)]
  // Two signs are no pair of one.
  const wider = sign === '*' && (text.slice(start - 2, start) === '**' || text.slice(end, end + 2) === '**') && text.slice(start - 3, start) !== '***'
  if (start >= sign.length && before === sign && behind === sign && !wider) return { from: start - sign.length, to: end + sign.length, text: inside, start: start - sign.length, end: end - sign.length }
  // A space beside a sign would make it none.
  const lead = inside.length - inside.trimStart().length
  const tail = inside.trim() ? inside.length - inside.trimEnd().length : 0
  const words = inside.slice(lead, inside.length - tail)
  return { from: start, to: end, text: inside.slice(0, lead) + sign + words + sign + inside.slice(inside.length - tail), start: start + lead + sign.length, end: start + lead + sign.length + words.length }
}

export function mark(field: HTMLTextAreaElement, sign: string) {
  const change = marked(field.value, field.selectionStart, field.selectionEnd, sign)
  replace(field, change.from, change.to, change.text)
  field.setSelectionRange(change.start, change.end)
}

/** The one way by which a field can undo it. */
export function replace(field: HTMLTextAreaElement, from: number, to: number, text: string) {
  field.focus()
  field.setSelectionRange(from, to)
  if (document.execCommand('insertText', false, text)) return
  field.setRangeText(text, from, to, 'end')
  field.dispatchEvent(new Event('input', { bubbles: true }))
}
