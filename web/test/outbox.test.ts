import { beforeAll, describe, expect, it } from 'vitest'
import { outboxWords } from '../src/features/post/reason'
import { i18n } from '../src/i18n'
import type { OutboxItem } from '../src/api/model'

const ben = { node_id: 'ab'.repeat(32), display_name: 'Ben' } as OutboxItem['to']
const words = (state: string, reason = '') => outboxWords({ state, reason, to: ben })

beforeAll(async () => (i18n.global as unknown as { setLocaleMessage: (locale: string, messages: unknown) => void }).setLocaleMessage('en', (await import('../src/i18n/locales/en.json')).default))

describe('what has not arrived', () => {
  it('lies at a relay, whatever the last attempt beside it met', () => expect(words('at_relay', 'peer_locked')).toBe('Waits at Ben’s relay: it arrives when their node is on'))
  it('waits, with the reason', () => {
    expect(words('waiting')).toBe('Waiting until Ben’s node is seen')
    expect(words('waiting', 'peer_locked')).toBe('Ben’s node is locked. It goes out when they log in.')
  })
  it('was refused, with the reason', () => expect(words('failed', 'too_large')).toBe('Ben did not get it: too large for their node'))
})
