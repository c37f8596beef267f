import { describe, expect, it } from 'vitest'
import { fitting, mentionsIn, wanted } from '../src/features/chats/mentions'
import { marked } from '../src/features/text/marking'

const PEOPLE = [{ node_id: 'b', display_name: 'Ben', username: 'baker' }, { node_id: 'bo', display_name: 'Ben Okafor' }, { node_id: 'm', display_name: '陈美玲' }, { node_id: 'x', display_name: 'Sam' }, { node_id: 'y', display_name: 'Sam' }]
const named = (text: string, chosen?: Map<string, string>) => mentionsIn(text, PEOPLE, chosen).map((one) => `${one.node_id}${one.at}+${one.len}`)

describe('who is named', () => {
  it('by the longest name that fits, as a word of its own', () => {
    expect(named('@Ben and @Ben Okafor, also (@Ben)')).toEqual(['b0+4', 'bo9+11', 'b28+4'])
    expect(named('@Benjamin, mail@Ben.example, @ben')).toEqual([])
    expect(named('请问@陈美玲在吗')).toEqual(['m2+4'])
  })
  it('counted in characters, not in pieces of them', () => expect(named('👋🏽👋 @Ben')).toEqual(['b4+4']))
  it('of two with one name, who was chosen', () => {
    expect(named('@Sam')).toEqual([])
    expect(named('@Sam', new Map([['Sam', 'y']]))).toEqual(['y0+4'])
  })
  it('32 times at most', () => expect(named('@Ben '.repeat(50))).toHaveLength(32))
})

describe('naming somebody', () => {
  it('begins with a sign before the caret', () => {
    expect(wanted('hello @be', 9)).toEqual({ from: 6, query: 'be' })
    expect(wanted('hello @ben ok', 13)).toEqual({ from: 6, query: 'ben ok' })
    expect(wanted('请问@陈', 4)).toEqual({ from: 2, query: '陈' })
    expect(wanted('@', 1)).toEqual({ from: 0, query: '' })
    for (const text of ['mail@be', 'a @b\nc', '@ben okafor came', 'none']) expect(wanted(text, text.length), text).toBe(null)
  })
  it('finds by the beginning of any word of a name', () => {
    expect(fitting(PEOPLE, 'ok').map((one) => one.node_id)).toEqual(['bo'])
    expect(fitting(PEOPLE, 'be').map((one) => one.node_id)).toEqual(['b', 'bo'])
    expect(fitting(PEOPLE, 'bak').map((one) => one.node_id)).toEqual(['b'])
  })
})

describe('marks by keys', () => {
  const done = (text: string, sign: string) => {
    const [start, end] = [text.indexOf('‹'), text.indexOf('›') - 1]
    const bare = text.replace(/[‹›]/g, '')
    const change = marked(bare, start, end, sign)
    const now = bare.slice(0, change.from) + change.text + bare.slice(change.to)
    return `${now.slice(0, change.start)}‹${now.slice(change.start, change.end)}›${now.slice(change.end)}`
  }
  it('come around what is selected, and go again', () => {
    expect(done('so ‹very› good', '**')).toBe('so **‹very›** good')
    expect(done('so **‹very›** good', '**')).toBe('so ‹very› good')
    expect(done('so ‹› good', '*')).toBe('so *‹›* good')
    expect(done('so‹ very › good', '*')).toBe('so *‹very›*  good')
  })
  it('know italic from half of bold', () => {
    expect(done('**‹very›**', '*')).toBe('***‹very›***')
    expect(done('***‹very›***', '*')).toBe('**‹very›**')
  })
})
