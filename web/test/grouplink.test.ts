import { describe, expect, it } from 'vitest'
import { fromHash, groupFromHash, isGroupLink, isInvitation } from '@/features/invitation/link'

describe('links into groups', () => {
  const payload = 'A'.repeat(40)
  it('are told from invitations of people', () => {
    for (const link of [`openred:g#${payload}`, `https://red.example/g#${payload}`, ` openred:g#${payload}\n`]) {
      expect(isGroupLink(link)).toBe(true)
      expect(isInvitation(link)).toBe(false)
    }
    expect(isGroupLink(`openred:i#${payload}`)).toBe(false)
  })
  it('are not taken when they were cut', () => {
    for (const link of ['openred:g#', 'openred:g#short', `https://red.example/x/g#${payload} and more`]) expect(isGroupLink(link)).toBe(false)
  })
  it('are read from what stands behind the # of the landing page', () => {
    expect(isGroupLink(groupFromHash(`#${payload}`))).toBe(true)
    expect(isInvitation(fromHash(`#${payload}`))).toBe(true)
  })
})
