import { describe, expect, it } from 'vitest'
import { pluralIndex } from '../src/i18n/plural'

describe('plural forms', () => {
  it('English: one, and everything else', () => expect([0, 1, 2, 21].map((n) => pluralIndex('en', n, 2))).toEqual([1, 0, 1, 1]))
  it('French: zero is singular', () => expect([0, 1, 2].map((n) => pluralIndex('fr', n, 2))).toEqual([0, 0, 1]))
  it('Spanish: millions are plural', () => expect([0, 1, 2, 1_000_000].map((n) => pluralIndex('es', n, 2))).toEqual([1, 0, 1, 1]))
  it('Chinese: one form', () => expect([0, 1, 2].map((n) => pluralIndex('zh', n, 1))).toEqual([0, 0, 0]))
})
