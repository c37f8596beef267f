/** The calls of the owner API by noun; those of files, groups and circles stand beside, for they are not needed at first. Nothing else in the app names a path. */
import { call } from './call'
import { send, withQuery } from './http'
import type * as T from './types'
import type { Audience, Chat, FeedFilter, FeedQuery, Hit, Message, PeopleList, Profile } from './model'

export const session = {
  read: () => call('get', '/session'),
  setup: (body: T.SetupBody) => call('post', '/setup', { body }),
  login: (body: T.LoginBody) => call('post', '/login', { body }),
  recover: (words: string, passphrase: string) => call('post', '/recover', { body: { words, passphrase } }),
  logout: () => call('post', '/logout'),
  lock: () => call('post', '/lock'),
  passphrase: (old: string, fresh: string) => call('post', '/passphrase', { body: { old, new: fresh } }),
}

export const devices = {
  list: () => call('get', '/devices'),
  remove: (id: string) => call('delete', '/devices/{id}', { at: { id } }),
}

export const profile = {
  read: () => call('get', '/profile'),
  change: (body: T.ProfileChange) => call('patch', '/profile', { body }),
  avatar: (image: Blob) => send<Profile>('PUT', '/profile/avatar', image),
  removeAvatar: () => call('delete', '/profile/avatar'),
}

const ACTS = { accept: '/people/{node_id}/accept', reject: '/people/{node_id}/reject', remove: '/people/{node_id}/remove', block: '/people/{node_id}/block', unblock: '/people/{node_id}/unblock' } as const
export type PersonAct = keyof typeof ACTS
export const people = {
  list: (list: PeopleList, after?: string | null) => call('get', '/people', { query: { list, after } }),
  search: (q: string, signal?: AbortSignal) => call('get', '/people/search', { query: { q }, signal }),
  read: (node_id: string) => call('get', '/people/{node_id}', { at: { node_id } }),
  request: (node_id: string, relationship: 'friend' | 'follower', note?: string) =>
    call('post', '/people/{node_id}/request', { at: { node_id }, body: note ? { relationship, note } : { relationship } }),
  act: (node_id: string, act: PersonAct) => call('post', ACTS[act], { at: { node_id } }),
  verify: (node_id: string, verified: boolean) => call('post', '/people/{node_id}/verify', { at: { node_id }, body: { verified } }),
  introduce: (node_id: string, to: string, note?: string) => call('post', '/people/{node_id}/introduce', { at: { node_id }, body: note ? { to, note } : { to } }),
  /** What their node shows, against what the own one knows. */
  compare: (node_id: string, code: string) => call('post', '/people/{node_id}/compare', { at: { node_id }, body: { code } }),
  codeUrl: (node_id: string) => `/api/v1/people/${node_id}/code`,
  /** Waits for the other person, up to a minute. */
  challenge: (node_id: string, reason: string) => call('post', '/people/{node_id}/challenge', { at: { node_id }, body: { reason } }),
}

export const challenges = {
  list: () => call('get', '/challenges'),
  decide: (id: string, decision: 'confirm' | 'refuse') => call('post', '/challenges/{id}', { at: { id }, body: { decision } }),
}

export const invitations = {
  list: () => call('get', '/invitations'),
  create: (body: T.NewInvitation) => call('post', '/invitations', { body }),
  revoke: (id: string) => call('delete', '/invitations/{id}', { at: { id } }),
  redeem: (link: string) => call('post', '/invitations/redeem', { body: { link } }),
  qrUrl: (id: string) => `/api/v1/invitations/${id}/qr`,
}

export const posts = {
  feed: (query: FeedQuery) => call('get', '/feed', { query }),
  countNew: (since: string, filter: FeedFilter) => call('get', '/feed/new', { query: { since, filter } }),
  create: (text: string, visibility: Audience, key: string, circle?: string) => call('post', '/posts', { body: circle ? { text, visibility, circle } : { text, visibility }, headers: { 'idempotency-key': key } }),
  read: (id: string) => call('get', '/posts/{id}', { at: { id } }),
  thread: (id: string) => call('get', '/posts/{id}/thread', { at: { id } }),
  edit: (id: string, text: string) => call('patch', '/posts/{id}', { at: { id }, body: { text } }),
  remove: (id: string, keepalive = false) => call('delete', '/posts/{id}', { at: { id }, keepalive }),
  askAccess: (id: string, note?: string) => call('post', '/posts/{id}/access', { at: { id }, body: note ? { note } : {} }),
}

export const comments = {
  create: (postId: string, text: string, key: string, parent?: string) =>
    call('post', '/posts/{id}/comments', { at: { id: postId }, body: parent ? { text, parent } : { text }, headers: { 'idempotency-key': key } }),
  edit: (id: string, text: string) => call('patch', '/comments/{id}', { at: { id }, body: { text } }),
  remove: (id: string, keepalive = false) => call('delete', '/comments/{id}', { at: { id }, keepalive }),
}

export const reactions = {
  set: (id: string, reaction: string) => call('put', '/reactions/{id}', { at: { id }, body: { reaction } }),
  clear: (id: string) => call('delete', '/reactions/{id}', { at: { id } }),
}

export const access = {
  list: () => call('get', '/access-requests'),
  decide: (id: string, decision: T.Decision) => call('post', '/access-requests/{id}', { at: { id }, body: { decision } }),
}

export const notifications = {
  list: (after?: string | null) => call('get', '/notifications', { query: { after } }),
  read: (upto: string) => call('post', '/notifications/read', { body: { upto } }),
}

export const outbox = {
  list: () => call('get', '/outbox'),
  retry: (id: string) => call('post', '/outbox/{id}/retry', { at: { id } }),
  drop: (id: string) => call('delete', '/outbox/{id}', { at: { id } }),
}

/** The network of neighbours. */
export const overlay = {
  read: () => call('get', '/network'),
  trust: (node_id: string) => call('get', '/network/trust/{node_id}', { at: { node_id } }),
}

export const hashtags = {
  list: () => call('get', '/hashtags'),
  follow: (tag: string) => call('put', '/hashtags/{tag}', { at: { tag } }),
  unfollow: (tag: string) => call('delete', '/hashtags/{tag}', { at: { tag } }),
}

export const node = {
  status: () => call('get', '/status'),
  settings: () => call('get', '/settings'),
  change: (body: T.SettingsChange) => call('patch', '/settings', { body }),
  testDirectory: (url: string) => call('post', '/directories/test', { body: { url } }),
  testRelay: (url: string) => call('post', '/relays/test', { body: { url } }),
  audit: (after?: string | null) => call('get', '/audit', { query: { after } }),
  service: () => call('get', '/service'),
  installService: () => call('post', '/service'),
  removeService: () => call('delete', '/service'),
}

export const identity = {
  read: () => call('get', '/identity'),
  words: (passphrase: string) => call('post', '/identity/words', { body: { passphrase } }),
  confirm: (answers: Record<string, string>) => call('post', '/identity/words/confirm', { body: { answers } }),
  rotate: (words: string) => call('post', '/identity/rotate', { body: { words } }),
  elsewhere: (use: 'this' | 'other') => call('post', '/identity/elsewhere', { body: { use } }),
}

/** Conversations. `id`: of the person, or of the group. */
export const chats = {
  list: (archived: boolean, offset: number, limit: number) => call('get', '/chats', { query: { archived: String(archived), offset, limit } }) as Promise<{ items: Chat[]; requests: number }>,
  read: (id: string) => call('get', '/chats/{node_id}', { at: { node_id: id } }) as Promise<Chat>,
  change: (id: string, body: T.ChatChange & { timer_s?: number }) => call('patch', '/chats/{node_id}', { at: { node_id: id }, body }) as Promise<Chat>,
  remove: (id: string) => call('delete', '/chats/{node_id}', { at: { node_id: id } }),
  /** Newest first. `around` and `after` name a message by its number. */
  messages: (id: string, query: { before?: number; around?: number; after?: number; limit: number }) =>
    call('get', '/chats/{node_id}/messages', { at: { node_id: id }, query }) as Promise<{ items: Message[] }>,
  write: (id: string, body: Partial<T.NewMessage>) => send<Message>('POST', `/chats/${id}/messages`, body),
  undo: (id: string, message: string) => call('post', '/chats/{node_id}/messages/{id}/undo', { at: { node_id: id, id: message } }) as Promise<{ text: string; file?: string; alt?: string }>,
  edit: (id: string, message: string, body: T.MessageText) => call('patch', '/chats/{node_id}/messages/{id}', { at: { node_id: id, id: message }, body }) as Promise<Message>,
  erase: (id: string, message: string) => call('delete', '/chats/{node_id}/messages/{id}', { at: { node_id: id, id: message } }),
  react: (id: string, message: string, reaction: string | null) => {
    const at = { node_id: id, id: message }
    return (reaction ? call('put', '/chats/{node_id}/messages/{id}/reaction', { at, body: { reaction } }) : call('delete', '/chats/{node_id}/messages/{id}/reaction', { at })) as Promise<Message>
  },
  seen: (id: string, message: string) => call('post', '/chats/{node_id}/read', { at: { node_id: id }, body: { id: message } }),
  /** The whole of it as JSON lines, oldest first. */
  exportUrl: (id: string) => `/api/v1/chats/${id}/export`,
  typing: (id: string) => send<void>('POST', `/chats/${id}/typing`),
  search: (q: string, chat?: string, before?: number) => send<{ items: Hit[]; next?: number }>('GET', withQuery('/search', { q, chat, before })),
}
