import { describe, expect, it } from 'vitest'
import { inOrder, introducerOf, linkWords, peerName, trendOf, trustLevel } from '../src/features/network/peerWords'
import type { Peer } from '../src/api/model'

const trust = { direct: 0.5, effective: 0.5, reputation: 0.5, boost: 0, trend: 0.5, stats: 1 }
const peer = (node_id: string, state: string): Peer => ({ node_id, state, direction: 'outbound', trust, pinned: false, anchor: false })
const ids = (list: Peer[]) => list.map((one) => one.node_id)

describe('trust in words', () => {
  it.each([[0, 'bad'], [0.19, 'bad'], [0.2, 'low'], [0.44, 'low'], [0.5, 'open'], [0.55, 'good'], [0.79, 'good'], [0.8, 'high'], [1, 'high']])('%s is %s', (value, level) => expect(trustLevel(value)).toBe(level))
  it.each([[0.5, 'even'], [0.51, 'even'], [0.56, 'up'], [0.4, 'down']])('a trend of %s is %s', (value, trend) => expect(trendOf(value)).toBe(trend))
})

describe('a neighbour', () => {
  it('is called by its name, else by the start of its number', () => {
    expect(peerName({ node_id: 'ab'.repeat(32), display_name: 'Ben' })).toBe('Ben')
    expect(peerName({ node_id: 'ab'.repeat(32), display_name: null })).toBe('abababab…')
  })
  it('is described by what the app has words for', () => {
    expect(linkWords({ via: 'relay', why: 'drawn' })).toEqual(['peers.via_relay', 'peers.why_drawn'])
    expect(linkWords({ via: 'pigeon', why: null })).toEqual([])
  })
  it('was told of by somebody', () => {
    expect(introducerOf(null)).toBeNull()
    expect(introducerOf('own')).toEqual({ by: 'own', of: '' })
    expect(introducerOf(`directory ${'cd'.repeat(32)}`)).toEqual({ by: 'directory', of: 'cdcdcdcd…' })
    expect(introducerOf('group 198.51.0.0/16')).toEqual({ by: 'node', of: '198.51.0.0/16' })
  })
})

describe('the list of neighbours', () => {
  it('is grouped by state', () => {
    const groups = inOrder([], [peer('a', 'known'), peer('b', 'active'), peer('c', 'connecting')])
    expect([ids(groups.active), ids(groups.connecting), ids(groups.known)]).toEqual([['b'], ['c'], ['a']])
  })
  it('keeps the place of who was shown; who is new comes last', () => {
    expect(ids(inOrder(['b', 'a'], [peer('new', 'active'), peer('a', 'active'), peer('b', 'active')]).active)).toEqual(['b', 'a', 'new'])
    expect(ids(inOrder(['b', 'gone', 'a'], [peer('a', 'active'), peer('b', 'active')]).active)).toEqual(['b', 'a'])
  })
})
