import { describe, expect, it } from 'vitest'
import { bytes, relative, shortAgo } from '../src/i18n/format'

const NOW = Date.UTC(2026, 6, 15, 12)
const MIN = 60_000
const HOUR = 60 * MIN
const DAY = 24 * HOUR

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
