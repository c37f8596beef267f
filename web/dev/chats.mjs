// Made-up conversations and files for the mock: two people, a group, what was said, what is offered.
import { randomBytes } from 'node:crypto'

const MINUTE = 60_000
const id16 = () => randomBytes(16).toString('base64url')
const face = ({ node_id, display_name, avatar_url }) => ({ node_id, display_name, avatar_url })

export function chatRoutes({ world, emit, need, Refused }) {
  const [ben, chloe, dario] = world.people.filter((one) => one.relationship === 'friend')
  const self = () => world.profile
  let number = 0
  const said = (minutes, more) => ({ id: id16(), number: ++number, kind: 'message', mine: false, at: Date.now() - minutes * MINUTE, text: '', reactions: [], ...more })
  const pair = (person, messages, more = {}) => ({ id: person.node_id, kind: 'person', title: person.display_name, person: { ...face(person), username: person.username, verified: person.verified ?? false, last_seen_at: Date.now() - 4 * MINUTE }, messages, seen: number, pinned: false, muted: false, archived: false, draft: '', open: true, timer_s: 0, ...more })
  const oven = said(190, { text: 'The rye is out. I kept you the heel.' })
  const chats = [
    pair(ben, [oven, said(188, { mine: true, state: 'read', text: 'The heel is the best part and I will not discuss it. When do you close?', reactions: [{ reaction: '👍', mine: false }] }), said(180, { text: 'Six, or when it is gone: https://bread.example/rye', reply_to: { id: oven.id, mine: false, gist: oven.text } }), said(3, { text: 'Walnuts or figs? Decide quickly, there is a queue.' })], { pinned: true }),
    pair(chloe, [said(1500, { text: 'Tu as encore les notes de mardi ?' }), said(1490, { mine: true, state: 'at_relay', text: 'Oui. Je te les apporte jeudi.' })], { draft: 'Et le livre, aussi' }),
  ]
  const members = [ben, chloe, dario].filter(Boolean)
  const groupId = id16()
  chats.push({
    id: groupId, kind: 'group', title: 'Reading group', members: members.length + 1, seen: 1e9, pinned: false, muted: false, archived: false, draft: '', open: true, timer_s: 0,
    messages: [
      said(900, { kind: 'note', mine: true, text: undefined, note: { what: 'created', name: 'Reading group' } }),
      said(899, { kind: 'note', mine: true, text: undefined, note: { what: 'added', people: members.map((one) => ({ node_id: one.node_id, display_name: one.display_name, me: false })) } }),
      said(840, { author: face(ben), text: 'Thursday, same place, same tea?' }),
      said(835, { author: face(chloe), text: 'Same tea.', reactions: [{ reaction: '❤', mine: true }, { reaction: '❤', mine: false, author: face(ben) }] }),
      said(834, { author: face(chloe), text: '', file: { name: 'Minutes of Tuesday.pdf', size: 184_000, media_type: 'application/pdf', state: 'offered', have: 0, offer: 1 } }),
      said(800, { mine: true, state: 'delivered', receipts: { of: members.length, delivered: members.length, read: 1 }, text: 'Then I bring nothing but appetite.' }),
    ],
  })
  const group = () => ({
    id: groupId, name: find(groupId).title, role: 'admin', may_change: true, everybody_changes: false, waiting: [], sequencers: [{ node_id: self().node_id, display_name: self().display_name, me: true }],
    members: [{ ...face(self()), username: self().username, role: 'admin', me: true, friend: false, state: 'member' }, ...members.map((one) => ({ ...face(one), username: one.username, role: 'member', me: false, friend: true, state: 'member' }))],
  })
  const find = (chatId) => chats.find((one) => one.id === chatId) ?? begin(chatId)
  function begin(chatId) {
    const person = need(world.people.find((one) => one.node_id === chatId))
    if (person.relationship !== 'friend') throw new Refused(403, 'refused')
    const chat = pair(person, [])
    chats.push(chat)
    return chat
  }
  const view = ({ messages, seen, ...chat }) => ({ ...chat, last: messages.at(-1), unread: messages.filter((one) => !one.mine && one.kind !== 'note' && one.number > seen).length })
  const tell = (chat) => emit('chat', { id: chat.id, ...(chat.kind === 'person' && { node_id: chat.id }) })
  const message = (chat, name) => need(chat.messages.find((one) => one.id === name))
  /** Held for a while, then on the other node, then read. */
  function travel(chat, one) {
    const steps = [['sent', one.undo_until - Date.now()], ['delivered', 800], ['read', 4_000]]
    const next = () => {
      const [state, ms] = steps.shift() ?? []
      if (state) setTimeout(() => { if (chat.messages.includes(one)) { Object.assign(one, { state, undo_until: undefined }); tell(chat); next() } }, ms)
    }
    next()
  }
  const files = [{ id: id16(), name: 'Minutes of Tuesday.pdf', size: 184_000, media_type: 'application/pdf', have: 184_000, hash: 'x', state: 'here', reason: '', from: null, shared_with: [face(ben)], thumbnail_url: null, created_at: Date.now() - 90 * MINUTE, used_at: Date.now() }]
  return [
    ['GET', '/chats', ({ q }) => ({ items: chats.filter((one) => one.archived === (q.get('archived') === 'true')).map(view).sort((a, b) => Number(b.pinned) - Number(a.pinned) || (b.last?.at ?? 0) - (a.last?.at ?? 0)) })],
    ['GET', '/chats/:id', ({ p }) => view(find(p[0]))],
    ['PATCH', '/chats/:id', ({ p, body }) => { const chat = Object.assign(find(p[0]), body); tell(chat); return view(chat) }],
    ['DELETE', '/chats/:id', ({ p }) => { chats.splice(chats.indexOf(find(p[0])), 1) }],
    ['GET', '/chats/:id/messages', ({ p, q }) => ({ items: find(p[0]).messages.filter((one) => one.number < Number(q.get('before') ?? 1e9)).toReversed().slice(0, Number(q.get('limit') ?? 50)) })],
    ['POST', '/chats/:id/messages', ({ p, body }) => {
      const chat = find(p[0])
      const answered = body.reply_to && message(chat, body.reply_to)
      const one = said(0, { id: body.id ?? id16(), mine: true, text: body.text ?? '', state: 'held', undo_until: Date.now() + 8_000, ...(answered && { reply_to: { id: answered.id, mine: answered.mine, gist: answered.text } }) })
      Object.assign(chat, { draft: '' }).messages.push(one)
      travel(chat, one)
      tell(chat)
      return [201, one]
    }],
    ['POST', '/chats/:id/messages/:m/undo', ({ p }) => { const chat = find(p[0]); const one = message(chat, p[1]); chat.messages = chat.messages.filter((other) => other !== one); tell(chat); return { text: one.text } }],
    ['PATCH', '/chats/:id/messages/:m', ({ p, body }) => Object.assign(message(find(p[0]), p[1]), { text: body.text, edited_at: Date.now() })],
    ['DELETE', '/chats/:id/messages/:m', ({ p }) => { Object.assign(message(find(p[0]), p[1]), { text: undefined, reactions: [] }); tell(find(p[0])) }],
    ['PUT', '/chats/:id/messages/:m/reaction', ({ p, body }) => { const one = message(find(p[0]), p[1]); one.reactions = [...one.reactions.filter((other) => !other.mine), { reaction: body.reaction, mine: true }]; return one }],
    ['DELETE', '/chats/:id/messages/:m/reaction', ({ p }) => { const one = message(find(p[0]), p[1]); one.reactions = one.reactions.filter((other) => !other.mine); return one }],
    ['POST', '/chats/:id/read', ({ p, body }) => { const chat = find(p[0]); chat.seen = Math.max(chat.seen, message(chat, body.id).number); tell(chat) }],
    ['POST', '/chats/:id/typing', () => undefined],
    ['GET', '/search', ({ q }) => ({ items: chats.flatMap((chat) => chat.messages.filter((one) => one.text?.toLowerCase().includes(q.get('q').toLowerCase()) && (!q.get('chat') || q.get('chat') === chat.id)).map((one) => ({ kind: 'message', chat: chat.id, title: chat.title, id: one.id, number: one.number, mine: one.mine, by: one.author, at: one.at, snippet: [{ text: one.text, hit: false }] }))) })],
    ['GET', '/groups/:id', group],
    ['PATCH', '/groups/:id', ({ p, body }) => { find(p[0]).title = body.name; tell(find(p[0])); return group() }],
    ['POST', '/groups/:id/leave', ({ p }) => { find(p[0]).open = false; tell(find(p[0])) }],
    ['GET', '/files', () => ({ items: files, next: null })],
    ['GET', '/files/offers', () => ({ items: [{ id: 1, from: face(ben), name: 'The new oven.png', size: 412_000, media_type: 'image/png', expires_at: null, created_at: Date.now() - 20 * MINUTE, file: null }], next: null })],
    ['GET', '/storage', () => ({ own_files: 184_000, others_files: 0, others_texts: 1_200_000, database: 5_000_000, free: 24e9, others_budget: 2_147_483_648 })],
  ]
}
