// Development tool: the owner API with made-up people in memory, and dist/ served under the node's own policy.
// It proves nothing about the node. Usage: node dev/mock.mjs [--port 7390] [--fresh] [--locked]
import { createServer } from 'node:http'
import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chatRoutes } from './chats.mjs'
import { seed } from './people.mjs'

const flag = (name) => process.argv.includes(name)
const value = (name, otherwise) => { const at = process.argv.indexOf(name); return at < 0 ? otherwise : process.argv[at + 1] }
const PORT = Number(value('--port', 7390))
const DIST = fileURLToPath(new URL('../dist', import.meta.url))
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.png': 'image/png', '.webmanifest': 'application/manifest+json', '.json': 'application/json' }

const world = seed({ fresh: flag('--fresh') })
world.phase = flag('--fresh') ? 'setup' : flag('--locked') ? 'locked' : 'ready'
let loggedIn = !flag('--fresh') && !flag('--locked') && !flag('--logged-out')
const listeners = new Set()
let eventId = 0
const id = () => randomBytes(32).toString('hex')
const emit = (type, data) => { eventId += 1; for (const one of listeners) one.write(`id: ${eventId}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`) }

class Refused extends Error { constructor(status, code, extra = {}) { super(code); Object.assign(this, { status, code, extra }) } }
const need = (found) => { if (!found) throw new Refused(404, 'unknown'); return found }
const person = (nodeId) => need(world.people.find((one) => one.node_id === nodeId))
const postOf = (postId) => need(world.posts.find((one) => one.id === postId))
const can = (own) => ({ edit: own, delete: own, comment: true, react: true })
const withCounts = (post) => ({ ...post, comments: { known: world.comments.filter((one) => one.post === post.id).length, missing: (world.missing[post.id] ?? []).length } })
const reacted = (list, reaction) => {
  const rest = list.map((one) => (one.mine ? { ...one, count: one.count - 1, mine: false } : one)).filter((one) => one.count > 0)
  if (!reaction) return rest
  const same = rest.find((one) => one.reaction === reaction)
  return same ? rest.map((one) => (one === same ? { ...one, count: one.count + 1, mine: true } : one)) : [...rest, { reaction, count: 1, mine: true }]
}
const selfFace = () => ({ node_id: world.profile.node_id, username: world.profile.username, display_name: world.profile.display_name, avatar_url: world.profile.avatar_url, relationship: 'none' })
const feedOf = (q) => world.posts.filter((one) => {
  if (q.get('tag')) return one.text.toLowerCase().includes(`#${q.get('tag')}`)
  if (q.get('author')) return one.author.node_id === q.get('author')
  if (q.get('filter') === 'mine') return one.author.node_id === world.profile.node_id
  return q.get('filter') !== 'friends' || one.author.relationship === 'friend'
})
function list(name) {
  const is = { friends: (p) => p.relationship === 'friend' && p.status === 'accepted', requests: (p) => p.status === 'pending_in', following: (p) => p.relationship === 'following', followers: (p) => p.relationship === 'follower', blocked: (p) => p.relationship === 'blocked', suggestions: (p) => p.suggested && p.relationship === 'none' && p.status === 'none' }[name]
  return world.people.filter(is ?? (() => false))
}
const acts = {
  accept: { relationship: 'friend', status: 'accepted', note: null, reachable: 'now' }, reject: { relationship: 'none', status: 'rejected' }, remove: { relationship: 'none', status: 'none' },
  block: { relationship: 'blocked', status: 'none' }, unblock: { relationship: 'none', status: 'none' },
}
function qr(text) {
  const hash = createHash('sha512').update(text).digest()
  let cells = ''
  for (let y = 0; y < 29; y++) for (let x = 0; x < 29; x++) {
    const corner = [[0, 0], [22, 0], [0, 22]].find(([cx, cy]) => x >= cx && x < cx + 7 && y >= cy && y < cy + 7)
    const on = corner ? [0, 6].includes(x - corner[0]) || [0, 6].includes(y - corner[1]) || (Math.abs(x - corner[0] - 3) < 2 && Math.abs(y - corner[1] - 3) < 2) : (hash[(x * 7 + y * 13) % 64] >> ((x + y) % 8)) & 1
    if (on) cells += `M${x} ${y}h1v1h-1z`
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 -1 31 31" shape-rendering="crispEdges"><rect x="-1" y="-1" width="31" height="31" fill="#fff"/><path d="${cells}"/></svg>`
}

const routes = [
  ['GET', '/session', () => ({ phase: world.phase, logged_in: loggedIn, display_name: world.phase === 'setup' ? undefined : world.profile.display_name, node_id: world.profile.node_id, version: '0.1.0' })],
  ['POST', '/setup', ({ body }) => {
    if (world.phase !== 'setup') throw new Refused(410, 'used')
    world.profile.display_name = body.display_name
    world.phase = 'ready'; loggedIn = true
    return [201, { node_id: world.profile.node_id, username: world.profile.username, ...(body.invitation ? { invitation: { state: 'sent' } } : {}) }]
  }],
  ['POST', '/login', ({ body }) => {
    if (body.passphrase === 'wrong') throw new Refused(401, 'wrong_passphrase')
    if (body.passphrase === 'slow') throw new Refused(429, 'slow_down', { retry_after: 12 })
    if (body.key === 'used') throw new Refused(401, 'wrong_passphrase')
    world.phase = 'ready'; loggedIn = true
  }],
  ['POST', '/recover', () => { world.phase = 'ready'; loggedIn = true }],
  ['POST', '/logout', () => { loggedIn = false }],
  ['POST', '/lock', () => { loggedIn = false; world.phase = 'locked' }],
  ['GET', '/devices', () => ({ items: world.devices })],
  ['DELETE', '/devices/:id', ({ p }) => { world.devices = world.devices.filter((one) => one.id !== p[0]) }],
  ['GET', '/profile', () => world.profile],
  ['PATCH', '/profile', ({ body }) => Object.assign(world.profile, body)],
  ['PUT', '/profile/avatar', ({ raw, type }) => Object.assign(world.profile, { avatar_url: `data:${type};base64,${raw.toString('base64')}` })],
  ['DELETE', '/profile/avatar', () => Object.assign(world.profile, { avatar_url: null })],
  ['GET', '/people', ({ q }) => ({ items: list(q.get('list')) })],
  ['GET', '/people/search', ({ q }) => {
    const items = world.people.filter((one) => one.display_name.toLowerCase().includes(q.get('q').toLowerCase()))
    return { items, directories: [{ url: 'https://directory.example', state: 'ok', found: items.length }, { url: 'https://old.example', state: 'down', found: 0 }] }
  }],
  ['GET', '/people/:id', ({ p }) => ({ ...person(p[0]), safety_number: world.safety })],
  ['POST', '/people/:id/request', ({ p, body }) => Object.assign(person(p[0]), body.relationship === 'follower' ? { relationship: 'following', status: 'accepted' } : { status: 'pending_out' })],
  ['POST', '/people/:id/verify', ({ p, body }) => Object.assign(person(p[0]), body)],
  ['POST', '/people/:id/introduce', () => [202, {}]],
  ['POST', '/people/:id/:act', ({ p }) => { const changed = Object.assign(person(p[0]), need(acts[p[1]])); emit('person', { node_id: p[0] }); return changed }],
  ['GET', '/invitations', () => ({ items: world.invitations })],
  ['POST', '/invitations', ({ body }) => {
    const made = { id: randomBytes(16).toString('base64url'), link: `openred:i#${randomBytes(90).toString('base64url')}`, web_link: null, created_at: Date.now(), expires_at: Date.now() + (body.days ?? 7) * 864e5, used_by: null, state: 'open' }
    world.invitations.unshift(made)
    return [201, { ...made, qr_svg: qr(made.link) }]
  }],
  ['GET', '/invitations/:id/qr', ({ p, response }) => { response.setHeader('content-type', 'image/svg+xml'); response.end(qr(p[0])); return true }],
  ['DELETE', '/invitations/:id', ({ p }) => { world.invitations = world.invitations.filter((one) => one.id !== p[0]) }],
  ['POST', '/invitations/redeem', () => ({ node_id: world.people[0].node_id, state: 'sent', display_name: world.people[0].display_name })],
  ['GET', '/feed', ({ q }) => {
    const all = feedOf(q)
    const from = Number(q.get('after') ?? 0)
    const limit = Number(q.get('limit') ?? 20)
    return { items: all.slice(from, from + limit).map(withCounts), next: from + limit < all.length ? String(from + limit) : null, newest: String(world.posts.length) }
  }],
  ['GET', '/feed/new', ({ q }) => ({ count: Math.max(0, world.posts.length - Number(q.get('since'))) })],
  ['POST', '/posts', ({ body }) => {
    if (body.text === 'refuse') throw new Refused(507, 'full')
    const friends = list('friends')
    const made = { id: id(), author: selfFace(), text: body.text, more: false, visibility: body.visibility, created_at: Date.now(), received_at: Date.now(), edited_at: null, deleted: false, reactions: [], comments: { known: 0, missing: 0 }, access: 'open', delivery: { total: friends.length, delivered: Math.max(0, friends.length - 1), waiting: friends.slice(-1).map((one) => ({ ...one, reason: 'offline' })), failed: [] }, can: can(true) }
    world.posts.unshift(made)
    emit('post', { id: made.id })
    return [201, made]
  }],
  ['GET', '/posts/:id', ({ p }) => withCounts(postOf(p[0]))],
  ['PATCH', '/posts/:id', ({ p, body }) => withCounts(Object.assign(postOf(p[0]), { text: body.text, edited_at: Date.now() }))],
  ['DELETE', '/posts/:id', ({ p }) => { world.posts = world.posts.filter((one) => one.id !== p[0]) }],
  ['GET', '/posts/:id/thread', ({ p }) => {
    if (p[0] === 'forbidden') throw new Refused(403, 'refused')
    if (p[0] === 'gone') throw new Refused(410, 'gone')
    const post = withCounts(postOf(p[0]))
    const comments = world.comments.filter((one) => one.post === p[0])
    return { post, comments, known: comments.length, missing: world.missing[p[0]] ?? [] }
  }],
  ['POST', '/posts/:id/comments', ({ p, body }) => {
    const parent = world.comments.find((one) => one.id === body.parent)
    const made = { id: id(), post: p[0], parents: body.parent ? [body.parent] : [], depth: parent ? parent.depth + 1 : 1, author: selfFace(), text: body.text, created_at: Date.now(), edited_at: null, deleted: false, reactions: [], can: can(true), delivery: null }
    const at = parent ? world.comments.indexOf(parent) + 1 : world.comments.length
    world.comments.splice(at, 0, made)
    emit('comment', { id: made.id, post: p[0] })
    return [201, made]
  }],
  ['PATCH', '/comments/:id', ({ p, body }) => Object.assign(need(world.comments.find((one) => one.id === p[0])), { text: body.text, edited_at: Date.now() })],
  ['DELETE', '/comments/:id', ({ p }) => { Object.assign(need(world.comments.find((one) => one.id === p[0])), { deleted: true, text: '' }) }],
  ['PUT', '/reactions/:id', ({ p, body }) => { const on = need(world.posts.find((one) => one.id === p[0]) ?? world.comments.find((one) => one.id === p[0])); on.reactions = reacted(on.reactions, body.reaction); return { reactions: on.reactions } }],
  ['DELETE', '/reactions/:id', ({ p }) => { const on = need(world.posts.find((one) => one.id === p[0]) ?? world.comments.find((one) => one.id === p[0])); on.reactions = reacted(on.reactions, null); return { reactions: on.reactions } }],
  ['POST', '/posts/:id/access', () => [202, {}]],
  ['GET', '/access-requests', () => ({ items: world.accessRequests })],
  ['POST', '/access-requests/:id', ({ p }) => { world.accessRequests = world.accessRequests.filter((one) => one.id !== p[0]) }],
  ['GET', '/notifications', () => ({ items: world.notifications, unread: world.notifications.filter((one) => !one.read).length })],
  ['POST', '/notifications/read', () => { world.notifications.forEach((one) => (one.read = true)) }],
  ['GET', '/outbox', () => ({ items: world.outbox, waiting: world.outbox.filter((one) => one.state !== 'failed').length, failed: world.outbox.filter((one) => one.state === 'failed').length })],
  ['POST', '/outbox/:id/retry', ({ p }) => { Object.assign(need(world.outbox.find((one) => one.id === p[0])), { state: 'waiting' }) }],
  ['DELETE', '/outbox/:id', ({ p }) => { world.outbox = world.outbox.filter((one) => one.id !== p[0]) }],
  ['GET', '/network', () => world.network],
  ['GET', '/network/trust/:id', ({ p }) => {
    const peer = need(world.network.peers.find((one) => one.node_id === p[0]))
    return {
      node_id: peer.node_id, display_name: peer.display_name, metric: 'bounded', trust: peer.trust, valid: 41, invalid: peer.trust.effective < 0.5 ? 1 : 0, contact: peer.why === 'contact', followed: false, pinned: peer.pinned,
      recommender: peer.trust.effective > 0.8, why_no_recommender: peer.trust.effective > 0.8 ? null : 'trust', reasons: [], first_seen_at: Date.now() - 3 * 864e5, group: peer.group, introducer: peer.why === 'contact' ? 'own' : `directory ${world.profile.node_id}`,
      events: [{ event: 'valid', detail: '', delta: 0.004, at: Date.now() - 6e4 }, ...(peer.trust.effective < 0.5 ? [{ event: 'invalid', detail: 'overlay/signature', delta: -0.2, at: Date.now() - 36e5 }] : [])],
    }
  }],
  ['GET', '/hashtags', () => ({ items: world.hashtags })],
  ['PUT', '/hashtags/:tag', ({ p }) => { world.hashtags.push({ tag: decodeURIComponent(p[0]), since_at: Date.now() }) }],
  ['DELETE', '/hashtags/:tag', ({ p }) => { world.hashtags = world.hashtags.filter((one) => one.tag !== decodeURIComponent(p[0])) }],
  ['GET', '/status', () => world.status()],
  ['GET', '/settings', () => world.settings],
  ['PATCH', '/settings', ({ body }) => Object.assign(world.settings, body)],
  ['POST', '/directories/test', ({ body }) => (/^https?:\/\//.test(body.url) ? { ok: true, node_id: id(), detail: 'answered in 12 ms' } : { ok: false, detail: 'not an address' })],
  ['POST', '/relays/test', ({ body }) => (/^https?:\/\//.test(body.url) ? { ok: true, node_id: id(), detail: 'a relay answers' } : { ok: false, detail: 'not an address' })],
  ['GET', '/identity', () => world.identity],
  ['POST', '/identity/words', ({ body }) => { if (body.passphrase === 'wrong') throw new Refused(401, 'wrong_passphrase'); return { words: world.words } }],
  ['POST', '/identity/words/confirm', ({ body }) => {
    if (Object.entries(body.answers).some(([n, word]) => world.words[Number(n) - 1] !== word)) throw new Refused(422, 'invalid')
    world.identity.recovery = 'saved'
  }],
  ['POST', '/identity/rotate', () => { world.identity.log_seq += 1; world.identity.entries.push({ seq: world.identity.log_seq, kind: 'rotation', at: Date.now(), hash: id() }); return world.identity }],
  ['POST', '/passphrase', ({ body }) => { if (body.old === 'wrong') throw new Refused(401, 'wrong_passphrase') }],
  ['GET', '/audit', () => world.audit],
  ['GET', '/service', () => world.service],
  ['POST', '/service', () => Object.assign(world.service, { state: 'running' })],
  ['DELETE', '/service', () => Object.assign(world.service, { state: 'absent' })],
  ...chatRoutes({ world, emit, need, Refused }),
].map(([method, path, handler]) => ({ method, shape: new RegExp(`^/api/v1${path.replace(/:\w+/g, '([^/]+)')}$`), handler }))

// For trying the "new posts" banner by hand: POST /mock/post
function incoming(text) {
  const author = world.people[0]
  const made = { ...structuredClone(world.posts.find((one) => one.author.node_id === author.node_id)), id: id(), text, created_at: Date.now(), received_at: Date.now(), reactions: [] }
  world.posts.unshift(made)
  emit('post', { id: made.id, node_id: author.node_id })
}

async function read(request) {
  const parts = []
  for await (const part of request) parts.push(part)
  return Buffer.concat(parts)
}
function answer(response, status, body) {
  response.statusCode = status
  if (body === undefined) return response.end()
  response.setHeader('content-type', status < 400 ? 'application/json' : 'application/problem+json')
  response.end(JSON.stringify(body))
}
async function api(request, response, url) {
  if (url.pathname === '/api/v1/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.write(': ping\n\n')
    listeners.add(response)
    return void request.on('close', () => listeners.delete(response))
  }
  const raw = await read(request)
  if (!loggedIn && !/\/(session|setup|login|recover)$/.test(url.pathname)) return answer(response, 401, { code: 'login_required', status: 401 })
  for (const { method, shape, handler } of routes) {
    const match = method === request.method && shape.exec(url.pathname)
    if (!match) continue
    try {
      const type = request.headers['content-type'] ?? ''
      const result = handler({ p: match.slice(1), q: url.searchParams, raw, type, body: type.includes('json') && raw.length ? JSON.parse(raw) : {}, response })
      if (result === true) return
      if (Array.isArray(result)) return answer(response, ...result)
      return result === undefined ? answer(response, 204) : answer(response, 200, result)
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause
      return answer(response, cause.status, { type: 'about:blank', title: cause.code, status: cause.status, code: cause.code, ...cause.extra })
    }
  }
  answer(response, 404, { code: 'unknown', status: 404 })
}
async function file(response, url) {
  const path = normalize(join(DIST, url.pathname))
  const asset = path.startsWith(DIST) && extname(path) in TYPES
  const bytes = await readFile(asset ? path : join(DIST, 'index.html')).catch(() => null)
  response.setHeader('content-security-policy', CSP)
  if (!bytes) return answer(response, 404)
  response.setHeader('content-type', asset ? TYPES[extname(path)] : TYPES['.html'])
  response.end(bytes)
}

createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost')
  response.setHeader('x-content-type-options', 'nosniff')
  if (url.pathname === '/mock/post') return void (incoming(url.searchParams.get('text') ?? 'One more.'), answer(response, 204))
  const work = url.pathname.startsWith('/api/') ? api(request, response, url) : file(response, url)
  work.catch((cause) => { console.error(cause); answer(response, 500, { code: 'mock', status: 500 }) })
}).listen(PORT, '127.0.0.1', () => console.log(`mock on http://localhost:${PORT}/${flag('--fresh') ? '#k=mock' : ''}`))
