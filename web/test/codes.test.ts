import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DETAILS } from '../src/ui/details'
import { SAID } from '../src/features/network/words'

const ROOT = new URL('../../', import.meta.url).pathname
const rust = (path: string) => readFileSync(`${ROOT}crates/${path}`, 'utf8').split('#[cfg(test)]')[0] as string
const all = (text: string, pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map((match) => match[1] as string))]
const languages = ['en', 'fr', 'es', 'zh'].map((name) => [name, JSON.parse(readFileSync(`${ROOT}web/src/i18n/locales/${name}.json`, 'utf8')) as Record<string, Record<string, string>>] as const)

/** Codes that one node answers another; the owner's API has none of them. */
const BETWEEN_NODES = new Set(['bad_signature', 'bad_presentation', 'stale', 'session_lost', 'type_unknown', 'not_me', 'grant_unknown', 'want_descriptor'])

const inbox = readdirSync(`${ROOT}crates/openred-node/src/delivery/inbox`).filter((name) => name.endsWith('.rs')).map((name) => rust(`openred-node/src/delivery/inbox/${name}`)).join('\n') + rust('openred-node/src/delivery/inbox.rs')
const codes = {
  error: [...all(rust('openred-service/src/problem/codes.rs'), /= [A-Z_]+, "(\w+)"/g).filter((code) => !BETWEEN_NODES.has(code)), ...all(rust('openred-node/src/http_problem.rs'), /name: "(\w+)"/g)],
  delivery_wait: all(rust('openred-node/src/net/dial.rs'), /NotReached\("(\w+)"\)/g).filter((code) => code !== 'peer_away'),
  delivery_reason: all(inbox, /(?:Some\(|Bad\(|TYPE_UNKNOWN: &str = )"(\w+)"/g),
  notify: (JSON.parse(readFileSync(`${ROOT}web/src/api/openapi.json`, 'utf8')) as { components: { schemas: { What: { enum: string[] } } } }).components.schemas.What.enum,
  network_note: all(rust('openred-node/src/modules/status/http.rs'), /note\(\s*"(\w+)"/g).filter((code) => !SAID.has(code)),
}

/** Refusals of the rules that the owner's acts meet, by the sentence. */
const NODE = 'openred-node/src'
const rules = ['modules/contacts/mod.rs', 'modules/invitations/mod.rs', 'modules/feed/own/mod.rs', 'modules/feed/own/posts.rs', 'modules/feed/own/comments.rs', 'modules/feed/own/reactions.rs', 'modules/feed/access/mod.rs', 'modules/circles/own.rs', 'modules/auth/setup.rs', 'keys.rs', 'net/directories.rs', 'net/relays/mod.rs', 'net/relays/queues.rs', 'net/relays/fetching.rs'].map((path) => rust(`${NODE}/${path}`)).join('\n')
const said = all(rules, /(?:Refused|Conflict|Gone)\(\s*"([^"]+)"/g)
/** Said to another node, not to the owner. */
const TO_PEERS = new Set(['the answer was no', 'too many questions wait for an answer', 'this Idempotency-Key was used for something else'])
describe('sentences of the rules', () => {
  it('that the owner meets have words in each language', () => expect(said.filter((one) => !DETAILS[one] && !TO_PEERS.has(one))).toEqual([]))
  it.each(languages)('exist in %s', (_, texts) => expect(Object.values(DETAILS).filter((key) => !texts.detail?.[key])).toEqual([]))
})

describe.each(languages)('codes of the node in words: %s', (_, texts) => {
  it.each(Object.entries(codes))('%s', (name, list) => {
    const [space, start] = name.split('_') as [string, string | undefined]
    expect(list.length).toBeGreaterThan(2)
    expect(list.filter((code) => !texts[space]?.[start ? `${start}_${code}` : code])).toEqual([])
  })
})
