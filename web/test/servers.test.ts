import { describe, expect, it } from 'vitest'
import { bare, including, knownOf, pinned, without } from '../src/features/settings/servers'
import type { Server } from '../src/features/network/words'

const ID = 'ab'.repeat(32)
const known: Server[] = [{ url: 'https://relay.example', node_id: ID, state: 'ok', since_at: 0, detail: '' }, { url: 'https://new.example', node_id: null, state: 'off', since_at: 0, detail: '' }]

describe('addresses of directories and relays', () => {
  it('are the same with a slash at the end or an id behind #', () => {
    expect([`https://relay.example/#${ID}`, 'https://relay.example/', 'https://relay.example'].map(bare)).toEqual(Array(3).fill('https://relay.example'))
    expect(knownOf('https://relay.example/', known)?.node_id).toBe(ID)
    expect(knownOf('https://relay.example:7400', known)).toBeUndefined()
  })
  it('stand in the list once', () => {
    expect(including(`https://relay.example/#${ID}`, ['https://relay.example'])).toEqual(['https://relay.example'])
    expect(including('https://b.example', ['https://a.example'])).toEqual(['https://a.example', 'https://b.example'])
  })
  it('go alone when they are removed', () => expect(without('https://relay.example', ['https://relay.example/', 'https://relay.example.org'])).toEqual(['https://relay.example.org']))
  it('come back with the id of who was met there', () => {
    expect(pinned('https://relay.example', known)).toBe(`https://relay.example#${ID}`)
    expect(pinned('https://new.example', known)).toBe('https://new.example')
  })
})
