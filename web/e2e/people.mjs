// People of a scene, made through the owner API as anybody could.
import { until } from './nodes.mjs'

export const PASSPHRASE = 'a red lamp in the window'

/** One person with a node of their own: their owner API, with the cookie of the set-up. */
export async function arrive(play, name, displayName, directory, profile) {
  const node = await play.node(name)
  let cookie = ''
  async function call(method, path, body, type = 'application/json') {
    const raw = body instanceof Uint8Array
    const answer = await fetch(`${node.url}/api/v1${path}`, { method, headers: { origin: node.url, cookie, ...(body === undefined ? {} : { 'content-type': type }) }, body: body === undefined ? undefined : raw ? body : JSON.stringify(body) })
    cookie = answer.headers.getSetCookie().map((one) => one.split(';')[0]).at(-1) ?? cookie
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${name}: ${method} ${path}: ${answer.status} ${text}`)
    return text ? JSON.parse(text) : undefined
  }
  const made = await call('POST', '/setup', { key: new URL(node.setup).hash.slice(3), display_name: displayName, passphrase: PASSPHRASE })
  await call('PATCH', '/settings', { directories: [directory], discoverable: { name: true, text: true, recent: true } })
  if (profile) await call('PATCH', '/profile', profile)
  return {
    ...node, id: made.node_id, name: displayName, call, cookie: () => cookie,
    post: (text, visibility = 'friends') => call('POST', '/posts', { text, visibility }),
    comment: (post, text, parent) => call('POST', `/posts/${post}/comments`, parent ? { text, parent } : { text }),
    react: (id, reaction) => call('PUT', `/reactions/${id}`, { reaction }),
    sees: (post) => until(`${name} sees a post`, () => call('GET', `/posts/${post}`).catch(() => null)),
    friends: async () => (await call('GET', '/people?list=friends')).items.map((one) => one.node_id),
    say: (to, text, more = {}) => call('POST', `/chats/${to.id}/messages`, { text, ...more }),
    heard: (from, id) => until(`${name} hears a message`, async () => (await call('GET', `/chats/${from.id}/messages?limit=20`)).items.some((one) => one.id === id)),
  }
}

export async function befriend(one, other) {
  const { link } = await one.call('POST', '/invitations', { auto_accept: true })
  await other.call('POST', '/invitations/redeem', { link })
  await until('a friendship', async () => {
    // Asked over a link that was there before: then somebody has to say yes.
    const { items } = await one.call('GET', '/people?list=requests')
    if (items.some((person) => person.node_id === other.id)) await one.call('POST', `/people/${other.id}/accept`)
    return (await one.friends()).includes(other.id) && (await other.friends()).includes(one.id)
  })
}
