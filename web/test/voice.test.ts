import { describe, expect, it } from 'vitest'
import { clock, gathered, packed, unpacked } from '../src/features/voice/levels'

describe('levels of a recording', () => {
  it('keep the loudest of each stretch', () => {
    expect(gathered([0, 0.5, 1, 0.2], 2)).toEqual([128, 255])
    expect(gathered([0.1, 2, -1])).toEqual([26, 255, 0])
    expect(gathered([])).toEqual([])
  })
  it('are at most 64 bytes, whatever was measured', () => {
    for (const many of [1, 63, 64, 65, 1_000, 18_000]) {
      const levels = Array.from({ length: many }, (_, n) => (n % 100) / 100)
      expect(unpacked(packed(levels))).toHaveLength(Math.min(64, many))
      expect(packed(levels)).toMatch(/^[\w-]*$/)
    }
  })
  it('come back as they went, and nonsense as nothing', () => {
    expect(unpacked(packed([0, 1, 0.2])).map((one) => Math.round(one * 255))).toEqual([0, 255, 51])
    expect(unpacked('%%%')).toEqual([])
  })
  it('a clock shows minutes and seconds', () => expect([0, 999, 61_000, 3_600_000].map(clock)).toEqual(['0:00', '0:01', '1:01', '60:00']))
})
