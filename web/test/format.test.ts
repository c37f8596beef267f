import { describe, expect, it } from 'vitest'
import { bytes, clockOrDay, dayName, relative, shortAgo } from '../src/i18n/format'

const NOW = Date.UTC(2026, 6, 15, 12)
const MIN = 60_000
const HOUR = 60 * MIN
const DAY = 24 * HOUR

describe('days of a conversation', () => {
  const noon = new Date(2026, 4, 14, 12).getTime()
  const ago = (days: number) => new Date(2026, 4, 14 - days, 23, 30).getTime()
  it.each([[0, 'Today'], [1, 'Yesterday'], [3, 'Monday'], [20, 'Fri, 24 April'], [400, 'Wed, 9 April 2025']])('%i days ago', (days, name) => expect(dayName(ago(days), noon, 'en-GB').replace('Fri 24', 'Fri, 24').replace('Wed 9', 'Wed, 9')).toBe(name))
  it('begin with a capital in each language', () => expect(['fr', 'es', 'zh'].map((locale) => dayName(ago(1), noon, locale))).toEqual(['Hier', 'Ayer', '昨天']))
  it('in a list are the time, the day, the date', () => expect([0, 2, 20].map((days) => clockOrDay(ago(days), noon, 'en-GB'))).toEqual(['23:30', 'Tue', '24 Apr']))
})

describe('short times', () => {
  it.each([
    [0, 'now'], [59_000, 'now'], [60_000, '1 min'], [12 * MIN, '12 min'], [59 * MIN + 59_000, '59 min'], [HOUR, '1 hr'], [23 * HOUR, '23 hr'], [DAY, '1 day'], [6 * DAY, '6 days'],
  ])('%i ms ago is %s', (age, words) => expect(shortAgo(NOW - age, NOW, 'en')).toBe(words))
  it('a week ago is a date', () => expect(shortAgo(NOW - 8 * DAY, NOW, 'en')).toBe('Jul 7'))
  it('another year is named', () => expect(shortAgo(Date.UTC(2024, 1, 3, 12), NOW, 'en')).toBe('Feb 3, 2024'))
  it('a clock of the future does not go below zero', () => expect(shortAgo(NOW + HOUR, NOW, 'en')).toBe('now'))
  it('speaks the language', () => expect(shortAgo(NOW - 3 * DAY, NOW, 'fr')).toMatch(/^3\sj$/))
})

describe('times in sentences', () => {
  it('looks back and ahead', () => {
    expect(relative(NOW - 5 * MIN, NOW, 'en')).toBe('5 minutes ago')
    expect(relative(NOW + 2 * HOUR, NOW, 'en')).toBe('in 2 hours')
    expect(relative(NOW - DAY, NOW, 'es')).toBe('ayer')
    expect(relative(NOW - DAY, NOW, 'zh')).toBe('昨天')
  })
})

describe('sizes', () => {
  it.each([[0, '0 byte'], [999, '999 byte'], [1500, '1.5 kB'], [48_200_000, '48 MB'], [212_000_000_000, '212 GB']])('%i is %s', (count, words) => expect(bytes(count, 'en')).toBe(words))
})
