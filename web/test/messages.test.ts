import { describe, expect, it } from 'vitest'
import type { Message } from '../src/api/model'
import { cameLate, countNew, drawnId, firstUnread, merged, reactionsOf, rowsOf, sightAt, sightDown, sightUp, WINDOW, withOne, type WaitingMessage } from '../src/features/chats/messages'
import { canUndo, isTelling, reached } from '../src/features/chats/states'

const MINUTE = 60_000
const NOON = new Date(2026, 4, 4, 12).getTime()
const says = (number: number, mine: boolean, more: Partial<Message> = {}): Message => ({ id: `m${number}`, kind: 'message', number, mine, at: NOON + number * 1000, text: `text ${number}`, ...more })
const numbers = (list: Message[]) => list.map((one) => one.number)
const list = (...of: number[]) => of.map((number) => says(number, false))

describe('pages of a conversation', () => {
  it('come newest first and stand oldest first', () => expect(numbers(merged([], list(3, 2, 1), true))).toEqual([1, 2, 3]))
  it('join what is held', () => expect(numbers(merged(list(4, 5), list(3, 2), false, 4))).toEqual([2, 3, 4, 5]))
  it('take out what was removed in their stretch, and nothing else', () => {
    expect(numbers(merged(list(1, 2, 3, 4), list(4, 2), false))).toEqual([1, 2, 4])
    expect(numbers(merged(list(1, 2, 3, 4, 9), list(4, 3), false, 5))).toEqual([1, 2, 3, 4, 9])
  })
  it('that reach the beginning take out what is before them, too', () => expect(numbers(merged(list(1, 2, 3), list(3), true))).toEqual([3]))
  it('without anything before a number empty what was there', () => expect(numbers(merged(list(1, 2, 7), [], true, 5))).toEqual([7]))
  it('hold one message once, as it is now', () => expect(withOne(list(1, 2), says(2, false, { text: 'new' })).map((one) => one.text)).toEqual(['text 1', 'new']))
})

describe('what is new', () => {
  const items = [says(1, false), says(2, true), says(3, false), says(4, false, { text: null }), says(5, false, { kind: 'note' }), says(6, false)]
  it('begins with the first of so many of others, without deleted ones and notes', () => expect([1, 2, 3].map((unread) => firstUnread(items, unread))).toEqual([6, 3, 1]))
  it('has no beginning when nothing is new, or more than is here', () => expect([0, 4].map((unread) => firstUnread(items, unread))).toEqual([null, null]))
  it('may have come late, among what was here', () => {
    expect(numbers(cameLate(list(2, 4, 8), list(1, 2, 3, 4, 8, 9)))).toEqual([3])
    expect(cameLate(list(2, 8), [says(2, false), says(3, true), says(8, false)])).toEqual([])
    expect([cameLate([], list(1, 2)), cameLate(list(7, 8), list(1, 2)), cameLate(list(1, 2), list(1, 2, 3))]).toEqual([[], [], []])
  })
  it('is counted after what was seen', () => expect([countNew(items, 0), countNew(items, 3)]).toEqual([3, 1]))
})

describe('rows', () => {
  const waiting = (id: string, at = NOON + 60_000): WaitingMessage => ({ kind: 'message', chat: 'c', id, text: 'soon', key: `k${id}`, at, due: 0, state: 'kept', reason: '' })
  const shape = (rows: ReturnType<typeof rowsOf>) => rows.map((row) => `${row.kind}${row.kind === 'message' ? ` ${row.message.id}${row.first ? ' first' : ''}${row.last ? ' last' : ''}` : ''}`)
  it('of one person within some minutes are one group', () => expect(shape(rowsOf([says(1, false), says(2, false), says(3, true)], [], null))).toEqual(['day', 'message m1 first', 'message m2 last', 'message m3 first last']))
  it('are apart after a pause, and in a group by author', () => {
    expect(shape(rowsOf([says(1, false), says(2, false, { at: NOON + 10 * MINUTE })], [], null))).toEqual(['day', 'message m1 first last', 'message m2 first last'])
    const by = (node_id: string) => ({ author: { node_id, display_name: node_id } })
    expect(shape(rowsOf([says(1, false, by('b')), says(2, false, by('c'))], [], null))).toEqual(['day', 'message m1 first last', 'message m2 first last'])
  })
  it('begin no day twice, though one came late', () => {
    const late = [says(1, false, { at: NOON }), says(2, true, { at: NOON + 24 * 60 * MINUTE }), says(3, false, { at: NOON + MINUTE }), says(4, false, { at: NOON + 25 * 60 * MINUTE })]
    expect(rowsOf(late, [], null).filter((row) => row.kind === 'day').length).toBe(2)
  })
  it('have a line for each day and one above what is new', () => expect(shape(rowsOf([says(1, false), says(2, false), says(3, false, { at: NOON + 24 * 60 * MINUTE })], [], 2))).toEqual(['day', 'message m1 first last', 'unread', 'message m2 first last', 'day', 'message m3 first last']))
  it('end with what the node has not taken, once', () => {
    expect(shape(rowsOf([says(1, true)], [waiting('m9')], null))).toEqual(['day', 'message m1 first', 'message m9 last'])
    expect(shape(rowsOf([says(1, true)], [waiting('m1')], null))).toEqual(['day', 'message m1 first last'])
  })
  it('keep their key when the node has taken them', () => expect(rowsOf([], [waiting('m1')], null).at(-1)?.key).toBe(rowsOf([says(1, true)], [], null).at(-1)?.key))
  it('show notes as lines of their own', () => expect(shape(rowsOf([says(1, true), says(2, true, { kind: 'note', text: null }), says(3, true)], [], null))).toEqual(['day', 'message m1 first last', 'note', 'message m3 first last']))
})

describe('the part of a long conversation that is in the page', () => {
  const rows = rowsOf(Array.from({ length: 1000 }, (_, at) => says(at + 1, at % 2 === 0)), [], null)
  const size = ({ lo, hi }: { lo: number; hi: number }) => rows.filter((row) => row.number >= lo && row.number <= hi).length
  it('begins at the end and is bounded', () => {
    const sight = sightAt(rows, rows.length)
    expect(sight.hi).toBe(Infinity)
    expect(size(sight)).toBeLessThanOrEqual(WINDOW)
  })
  it('goes up to the first and down to the last, never larger than allowed, never without overlap', () => {
    let sight = sightAt(rows, rows.length)
    for (let up = sightUp(rows, sight); up; up = sightUp(rows, sight)) {
      expect(up.lo).toBeLessThan(sight.lo)
      expect(up.hi).toBeGreaterThan(sight.lo)
      sight = up
    }
    expect(rows.findIndex((row) => row.number >= sight.lo)).toBe(0)
    for (let down = sightDown(rows, sight); down; down = sightDown(rows, sight)) {
      expect(size(down)).toBeLessThanOrEqual(WINDOW + 2)
      expect(down.lo).toBeLessThan(sight.hi)
      sight = down
    }
    expect(sight.hi).toBe(Infinity)
  })
})

describe('ids and reactions', () => {
  it('an id is 16 bytes in the alphabet of the node', () => {
    expect(drawnId((bytes) => bytes.fill(255))).toBe('_____________________w')
    expect(new Set(Array.from({ length: 50 }, () => drawnId())).size).toBe(50)
  })
  const message = says(1, false, { reactions: [{ reaction: '❤', mine: true }, { reaction: '❤', mine: false, author: { node_id: 'b', display_name: 'Ben' } }, { reaction: '👍', mine: false }] })
  it('are counted by sort, with names', () => expect(reactionsOf(message)).toEqual([{ reaction: '❤', count: 2, mine: true, names: ['Ben'] }, { reaction: '👍', count: 1, mine: false, names: [] }]))
  it('show what waits for the node in place of the own one', () => {
    expect(reactionsOf(message, { reaction: '👍' }).map((one) => [one.reaction, one.count, one.mine])).toEqual([['❤', 1, false], ['👍', 2, true]])
    expect(reactionsOf(message, { reaction: null }).find((one) => one.mine)).toBeUndefined()
  })
})

describe('states', () => {
  it('can be undone only before anything left', () => expect(['held', 'no_key', 'sent', 'delivered', null].filter(canUndo)).toEqual(['held', 'no_key']))
  it('go forward on the way', () => expect(['held', 'sent', 'at_relay', 'delivered', 'read'].map(reached)).toEqual([0, 1, 2, 3, 4]))
  it('have words beside the message when something is to be known', () => expect(['kept', 'no_key', 'failed', 'at_relay', 'sent', 'delivered', 'read'].filter(isTelling)).toEqual(['kept', 'no_key', 'failed', 'at_relay']))
})
