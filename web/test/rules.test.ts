import { describe, expect, it } from 'vitest'
import { isInvitation } from '../src/features/invitation/link'
import { pickThree } from '../src/features/identity/pickThree'
import { grouped } from '../src/features/notifications/group'
import { strengthOf } from '../src/features/session/strength'
import { allLines, furtherNotes, mainLines, worst } from '../src/features/network/words'
import { withMine } from '../src/features/post/useReactions'
import type { Notification, Status } from '../src/api/model'

describe('passphrase words', () => {
  it.each([['short', 'short'], ['aaaaaaaaaaaa', 'weak'], ['password1234', 'fair'], ['correct horse battery staple', 'good'], ['anchor velvet quartz lantern meadow', 'strong']])('%s is %s', (text, level) => expect(strengthOf(text, 10)).toBe(level))
})

describe('invitation links', () => {
  const payload = 'AbC-_0123456789abcdefghij'
  it.each([`openred:i#${payload}`, `https://ana.example/i#${payload}`, `http://localhost:7390/i#${payload}`, `  openred:i#${payload} `])('%s is one', (link) => expect(isInvitation(link)).toBe(true))
  it.each(['', 'openred:i#', 'openred:i#short', `https://ana.example/x#${payload}`, `javascript:i#${payload}`, `openred:i#${payload}<b>`])('%s is none', (link) => expect(isInvitation(link)).toBe(false))
})

describe('the three words asked for', () => {
  it('are different, in order, within the list', () => {
    for (let round = 0; round < 200; round++) {
      const asked = pickThree(24)
      expect(new Set(asked).size).toBe(3)
      expect([...asked].sort((a, b) => a - b)).toEqual(asked)
      expect(asked.every((n) => n >= 1 && n <= 24)).toBe(true)
    }
  })
})

describe('reactions', () => {
  const list = [{ reaction: '❤', count: 2, mine: true }, { reaction: '👍', count: 1, mine: false }]
  it('moves the own one', () => expect(withMine(list, '👍')).toEqual([{ reaction: '❤', count: 1, mine: false }, { reaction: '👍', count: 2, mine: true }]))
  it('takes it back', () => expect(withMine(list, null)).toEqual([{ reaction: '❤', count: 1, mine: false }, { reaction: '👍', count: 1, mine: false }]))
  it('drops empty ones', () => expect(withMine([{ reaction: '❤', count: 1, mine: true }], null)).toEqual([]))
})

describe('notifications', () => {
  const at = Date.now()
  const one = (kind: Notification['kind'], who: string, post: string | null): Notification => ({ id: who, kind, post, text: '', params: { words: '', by: null, seq: null } as Notification['params'], created_at: at, read: false, actor: { node_id: who, display_name: who, username: who } })
  it('about one post become one line', () => {
    const groups = grouped([one('reaction', 'ben', 'p'), one('reaction', 'chloé', 'p'), one('reaction', 'ben', 'p'), one('reaction', 'ben', 'q')])
    expect(groups.map((group) => [group.post, group.actors.length, group.count])).toEqual([['p', 2, 3], ['q', 1, 1]])
  })
  it('of an invitation that was used and accepted are one line', () => expect(grouped([one('friend_accepted', 'ben', null), one('invitation_used', 'ben', null), one('friend_accepted', 'chloé', null)]).map((group) => group.kind)).toEqual(['invitation_used', 'friend_accepted']))
  it('of people stay single', () => expect(grouped([one('friend_request', 'ben', null), one('friend_request', 'chloé', null)])).toHaveLength(2))
})

describe('network in words', () => {
  const good: Status = {
    node_id: '', version: '', uptime_s: 1, phase: 'ready', clock: { skew_s: 0, ok: true, text: '' }, keeper: { state: 'ready', sandbox: 'full' }, directories: [{ url: 'https://d.example', node_id: null, state: 'ok', since_at: 0, detail: '' }],
    relays: [{ url: 'https://r.example', node_id: null, state: 'ok', since_at: 0, detail: '' }], friends: { total: 2, reachable: 2 }, sessions: 0, sessions_by: { quic: 0, quic_relayed: 0, https: 0 }, outbox: { waiting: 0, failed: 0 }, storage: { bytes: 0, free_bytes: 0, synchronous: 'FULL' }, notes: [],
  }
  const levels = (change: Partial<Status>) => worst(allLines({ ...good, ...change }).map((line) => line.level))
  it('is calm when all is well', () => expect(levels({})).toBe('ok'))
  it('warns of a directory that is down', () => expect(levels({ directories: [{ ...good.directories[0]!, state: 'down' }] })).toBe('warn'))
  it('asks for help with a lying one, a wrong clock, a failed delivery', () => {
    expect(levels({ directories: [{ ...good.directories[0]!, state: 'lying' }] })).toBe('error')
    expect(levels({ clock: { skew_s: 400, ok: false, text: '' } })).toBe('error')
    expect(levels({ outbox: { waiting: 0, failed: 1 } })).toBe('error')
  })
  it('warns of a relay that is down, with the cause, and says it once', () => {
    const relays = [...good.relays, { ...good.relays[0]!, url: 'https://far.example:7400', state: 'down', detail: 'connection refused' }]
    const status = { ...good, relays, notes: [{ code: 'relays_down', level: 'warn', text: '' }] }
    expect(levels({ relays })).toBe('warn')
    expect(mainLines(status).filter((line) => line.to === '/settings/relays').map((line) => [line.level, line.key, line.named?.host, line.detail])).toEqual([['ok', 'network.relay_ok', 'r.example', undefined], ['warn', 'network.relay_down', 'far.example:7400', 'connection refused']])
    expect(furtherNotes(status)).toEqual([])
  })
  it('only hints at relays when there is none, and not in the short form', () => {
    expect(levels({ relays: [] })).toBe('ok')
    expect(allLines({ ...good, relays: [] }).find((line) => line.to === '/settings/relays')).toMatchObject({ level: 'hint', key: 'network.relay_none', cause: 'network.relay_hint' })
    expect(mainLines({ ...good, relays: [] }).map((line) => line.id)).not.toContain('relay')
  })
  it('is not alarmed by a server that was not tried yet', () => expect(levels({ relays: [{ ...good.relays[0]!, state: 'off' }], directories: [{ ...good.directories[0]!, state: 'off' }] })).toBe('ok'))
  it('is not alarmed by waiting', () => expect(levels({ outbox: { waiting: 3, failed: 0 } })).toBe('ok'))
})
