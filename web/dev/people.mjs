// The made-up people of the mock.
import { createHash, randomBytes } from 'node:crypto'

const hex = (text) => createHash('sha256').update(text).digest('hex')
const MIN = 60_000
const HOUR = 60 * MIN
const DAY = 24 * HOUR
const ago = (ms) => Date.now() - ms

const human = (name, more = {}) => ({
  node_id: hex(name), username: `${name.split(' ')[0].toLowerCase().normalize('NFD').replace(/[^a-z]/g, '')}-${hex(name).slice(0, 4)}`, display_name: name, bio: '', avatar_url: null, links: [], relationship: 'none', status: 'none',
  name_state: 'confirmed', introduced_by: null, verified: false, last_seen_at: null, reachable: 'unknown', note: null, identity_changed_at: null, ...more,
})
const friend = { relationship: 'friend', status: 'accepted' }
const NOTES = [
  'Walked the whole river path today. The kingfisher is back at the second bridge.',
  'The library opens its reading room on Sundays from next month.',
  'Small victory: the old radio works again. It was the capacitor, it is always the capacitor.',
  'If anybody has a spare pot of basil, mine did not survive the cold.',
  'Thank you for yesterday. I had forgotten how good it is to argue about films.',
  'Reading: https://en.wikipedia.org/wiki/Small-world_experiment (six steps, or fewer?)',
]

export function seed({ fresh }) {
  const ben = human('Ben Okafor', { ...friend, bio: 'Baker in Lagos. Up at four, asleep at nine.', verified: true, reachable: 'now', last_seen_at: ago(MIN), links: [{ label: 'Bakery', url: 'https://bread.example' }] })
  const chloe = human('Chloé Martin', { ...friend, bio: 'Sociologue, cycliste.', introduced_by: { node_id: ben.node_id, display_name: 'Ben Okafor' }, reachable: 'recently', last_seen_at: ago(2 * HOUR) })
  const dario = human('Dario Conti', { ...friend, reachable: 'waiting', last_seen_at: ago(3 * DAY), identity_changed_at: ago(2 * DAY) })
  const emre = human('Emre Yıldız', { status: 'pending_in', note: 'We met at the reading group, I brought the tea.', introduced_by: { node_id: chloe.node_id, display_name: 'Chloé Martin' }, name_state: 'unconfirmed' })
  const fatou = human('Fatou Sow', { suggested: true, introduced_by: { node_id: ben.node_id, display_name: 'Ben Okafor' }, name_state: 'unconfirmed' })
  const mei = human('陈美玲', { suggested: true, bio: '摄影与茶', introduced_by: { node_id: chloe.node_id, display_name: 'Chloé Martin' } })
  const noor = human('Noor Haddad', { relationship: 'following', status: 'accepted', bio: 'Weather and birds.', name_state: 'conflict', reachable: 'recently', last_seen_at: ago(5 * HOUR) })
  const max = human('Max Weber', { relationship: 'blocked' })
  const profile = { node_id: hex('Ana Ríos'), username: 'ana-1c4e', display_name: 'Ana Ríos', bio: 'Reading group, bicycles, too many plants.', avatar_url: null, links: [{ label: 'Reading group', url: 'https://reading.example' }], email: null, created_at: ago(20 * DAY) }
  const ana = { ...human('Ana Ríos'), username: profile.username }
  const face = (one) => ({ node_id: one.node_id, username: one.username, display_name: one.display_name, avatar_url: one.avatar_url, relationship: one.relationship })
  const own = (one) => one.node_id === profile.node_id
  const can = (one) => ({ edit: own(one), delete: own(one), comment: true, react: true })
  let counter = 0
  const post = (author, text, age, more = {}) => ({
    id: hex(`post ${++counter}`), author: face(author), text, more: false, visibility: 'friends', created_at: ago(age), received_at: ago(age - 2000), edited_at: null, deleted: false, reactions: [], comments: { known: 0, missing: 0 },
    access: 'open', delivery: own(author) ? { total: 3, delivered: 3, waiting: [], failed: [] } : null, can: can(author), ...more,
  })
  const posts = [
    post(ben, 'First bread from the new oven. Half of the street came by within ten minutes, so there is no second picture. #bread', 12 * MIN, { reactions: [{ reaction: '❤', count: 18, mine: true }, { reaction: '🔥', count: 3, mine: false }] }),
    post(chloe, 'Does anybody still have the notes of Tuesday’s meeting? I would like to put them where all of us can find them, not in somebody’s cloud.', HOUR + 4 * MIN, { reactions: [{ reaction: '❤', count: 4, mine: false }], edited_at: ago(50 * MIN) }),
    post(ana, 'We are moving the reading group to Thursdays. Same place, same tea.', 2 * HOUR, { reactions: [{ reaction: '❤', count: 9, mine: false }, { reaction: '👍', count: 2, mine: false }], delivery: { total: 3, delivered: 2, waiting: [{ node_id: dario.node_id, display_name: 'Dario Conti', reason: 'offline' }], failed: [] } }),
    post(noor, 'Wind turns north tonight. If you have lemons outside, bring them in.', 5 * HOUR, { visibility: 'public' }),
    post(dario, 'La mostra apre sabato alle 18. Ingresso libero, si mangia, si discute.\n\nVenite.', 22 * HOUR, { reactions: [{ reaction: '🎉', count: 5, mine: false }] }),
    post(ana, 'Private note: ask Ben for the starter, return Chloé’s book.', 26 * HOUR, { visibility: 'private', delivery: { total: 0, delivered: 0, waiting: [], failed: [] } }),
    ...Array.from({ length: 34 }, (_, n) => post([ben, chloe, dario, ana, noor][n % 5], NOTES[n % NOTES.length], (30 + n * 7) * HOUR, n % 5 === 4 ? { visibility: 'public' } : {})),
  ]
  const comment = (on, author, text, depth, age, more = {}) => ({ id: hex(`comment ${++counter}`), post: on.id, parents: [], depth: depth + 1, author: face(author), text, created_at: ago(age), edited_at: null, deleted: false, reactions: [], can: can(author), delivery: null, ...more })
  const bread = posts[0]
  const comments = [
    comment(bread, chloe, 'I could smell it from here. Is the sourdough the one with walnuts?', 0, 11 * MIN, { reactions: [{ reaction: '❤', count: 2, mine: false }] }),
    comment(bread, ben, 'Walnuts and figs. I keep one for you until six.', 1, 10 * MIN),
    comment(bread, chloe, 'On my bicycle already.', 2, 9 * MIN, { reactions: [{ reaction: '😂', count: 3, mine: true }] }),
    comment(bread, ana, 'Save me the heel, please. The heel is the best part and I will not discuss it.', 0, 8 * MIN, { edited_at: ago(7 * MIN) }),
    comment(bread, ben, 'The heel is yours.', 1, 6 * MIN),
    comment(bread, noor, 'Rain at five. Bring a bag.', 0, 4 * MIN),
    comment(posts[2], dario, 'Thursdays are good for me.', 0, HOUR),
    comment(posts[2], chloe, 'Same tea? Then yes.', 0, 50 * MIN),
  ]
  const notify = (kind, actor, age, more = {}) => ({ id: randomBytes(8).toString('base64url'), kind, actor: actor && face(actor), post: null, text: '', created_at: ago(age), read: age > 5 * HOUR, ...more })
  const notifications = [
    notify('friend_request', emre, 20 * MIN, { text: emre.note }),
    notify('reaction', ben, 40 * MIN, { post: posts[2].id, text: '❤' }),
    notify('reaction', chloe, 45 * MIN, { post: posts[2].id, text: '❤' }),
    notify('comment', chloe, 50 * MIN, { post: posts[2].id, text: 'Same tea? Then yes.' }),
    notify('comment', dario, HOUR, { post: posts[2].id, text: 'Thursdays are good for me.' }),
    notify('met_again', chloe, 3 * HOUR),
    notify('identity_changed', dario, 2 * DAY),
    notify('invitation_used', ben, 6 * DAY),
  ]
  const words = 'anchor bridge candle desert ember forest garden harbor island jungle kitten ladder marble nectar orchard pepper quartz river silver temple umbrella velvet window yellow'.split(' ')
  const emoji = ['🐢', '🌵', '🎻', '🚲', '🍋', '🔔', '🦊', '⛵', '🪁', '🍇', '🗝️', '🌙', '🐝', '🥐', '🎈', '🧭']
  const digits = Array.from({ length: 12 }, (_, n) => String(parseInt(hex(`d${n}`).slice(0, 8), 16) % 100000).padStart(5, '0'))
  const status = () => ({
    node_id: profile.node_id, version: '0.1.0', uptime_s: 5 * 3600, phase: 'ready', clock: { skew_s: 0, ok: true, text: '' }, keeper: { state: 'ready', sandbox: 'seccomp' },
    directories: fresh ? [] : [{ url: 'https://directory.example', node_id: hex('dir'), state: 'ok', since_at: ago(5 * HOUR), detail: '' }, { url: 'https://old.example', node_id: null, state: 'down', since_at: ago(40 * MIN), detail: 'connection refused' }],
    relays: fresh ? [] : [{ url: 'https://relay.example', node_id: hex('relay'), state: 'ok', since_at: ago(5 * HOUR), detail: '' }, { url: 'https://mail.example:7400', node_id: null, state: 'down', since_at: ago(20 * MIN), detail: 'connection refused' }],
    friends: fresh ? { total: 0, reachable: 0 } : { total: 3, reachable: 2 }, sessions: fresh ? 0 : 2, sessions_by: fresh ? { quic: 0, quic_relayed: 0, https: 0 } : { quic: 1, quic_relayed: 0, https: 1 }, outbox: fresh ? { waiting: 0, failed: 0 } : { waiting: 3, failed: 0 },
    storage: { bytes: 48_200_000, free_bytes: 212_000_000_000, synchronous: 'FULL' }, notes: [],
  })
  const trust = (effective) => ({ direct: effective, effective, reputation: effective, boost: 0, trend: effective > 0.6 ? 0.56 : 0.5, stats: 0.99 })
  const peer = (node_id, state, more = {}) => ({ node_id, state, direction: 'outbound', via: null, group: null, trust: trust(0.5), why: null, pinned: false, anchor: false, rtt_ms: null, since_at: null, last_seen_at: ago(2 * DAY), ...more })
  const peers = fresh ? [] : [
    peer(ben.node_id, 'active', { display_name: 'Ben Okafor', via: 'direct', why: 'contact', pinned: true, anchor: true, rtt_ms: 34, since_at: ago(5 * HOUR), trust: trust(0.86), group: '198.51.0.0/16' }),
    peer(hex('stranger 1'), 'active', { via: 'relay', why: 'drawn', rtt_ms: 112, since_at: ago(3 * HOUR), trust: trust(0.61), group: 'relay relay.example' }),
    peer(hex('stranger 2'), 'active', { direction: 'inbound', via: 'https', why: 'probation', rtt_ms: 240, since_at: ago(9 * MIN), trust: trust(0.3) }),
    peer(chloe.node_id, 'connecting', { display_name: 'Chloé Martin', why: 'contact', trust: trust(0.7) }),
    peer(hex('stranger 3'), 'known'), peer(hex('stranger 4'), 'known', { last_seen_at: null }),
  ]
  const count = (state) => peers.filter((one) => one.state === state).length
  const network = {
    running: true, off: false, preset: 'default', metric: 'bounded', peers, active: count('active'), connecting: count('connecting'), known: count('known'),
    counters: { bytes_in: 1_240_000, bytes_out: 890_000, received: 412, duplicates: 166, delivered: 246, published: 9, invalid: 1, dropped: 4, reconciliations: 31, held: 255 },
  }
  const hashtags = fresh ? [] : [{ tag: 'bread', since_at: ago(DAY) }, { tag: 'birds', since_at: ago(HOUR) }]
  return {
    network, hashtags,
    profile: fresh ? { ...profile, display_name: '', bio: '', links: [] } : profile,
    people: fresh ? [] : [ben, chloe, dario, emre, fatou, mei, noor, max],
    posts: fresh ? [] : posts, comments: fresh ? [] : comments,
    missing: fresh ? {} : { [bread.id]: [{ id: hex('missing'), asked_at: ago(3 * MIN) }] },
    notifications: fresh ? [] : notifications, words, safety: { digits, emoji, head: hex('head') }, status,
    devices: [
      { id: 'a', name: 'Firefox · Linux', created_at: ago(20 * DAY), last_seen_at: ago(MIN), current: true },
      { id: 'b', name: 'Safari · iPhone', created_at: ago(6 * DAY), last_seen_at: ago(9 * HOUR), current: false },
    ],
    invitations: [], accessRequests: fresh ? [] : [{ id: 'r1', post: posts[5].id, from: noor, note: 'You mentioned a starter?', created_at: ago(HOUR) }],
    outbox: fresh ? [] : [
      { id: 'o1', to: { node_id: dario.node_id, display_name: 'Dario Conti' }, what: 'post', state: 'waiting', reason: 'not reachable', since_at: ago(2 * HOUR), next_try_at: Date.now() + 9 * MIN },
      { id: 'o2', to: { node_id: dario.node_id, display_name: 'Dario Conti' }, what: 'comment', state: 'waiting', reason: 'not reachable', since_at: ago(HOUR), next_try_at: Date.now() + 9 * MIN },
      { id: 'o3', to: { node_id: ben.node_id, display_name: 'Ben Okafor' }, what: 'post', state: 'at_relay', reason: '', since_at: ago(30 * MIN), next_try_at: Date.now() + 4 * MIN },
    ],
    settings: { language: '', theme: 'system', default_visibility: 'friends', discoverable: { name: true, text: false, recent: false }, directories: ['https://directory.example', 'https://old.example'], relays: ['https://relay.example', 'https://mail.example:7400'], allow_requests: true },
    identity: { node_id: profile.node_id, log_seq: 0, head: hex('head'), created_at: ago(20 * DAY), recovery: 'unsaved', incarnation: 'q0Xw', entries: [{ seq: 0, kind: 'inception', at: ago(20 * DAY), hash: hex('inception') }], api_url: null },
    audit: { ok: true, problems: [], items: [{ at: ago(12 * MIN), kind: 'sign', subject: 'post_share', detail: 'Signed an envelope to 3 people' }, { at: ago(HOUR), kind: 'grant', subject: 'Emre Yıldız', detail: 'Opened a grant' }, { at: ago(5 * HOUR), kind: 'unlock', subject: 'passphrase', detail: 'Unlocked' }] },
    service: { state: 'absent', detail: '' },
  }
}
