/** Every call of the owner API the app makes, by noun. Nothing else in the app builds a path. */
import { del, get, patch, post, put } from './http'
import type * as T from './types'

export const session = {
  read: () => get<T.Session>('/session'),
  setup: (body: T.SetupRequest) => post<T.SetupAnswer>('/setup', body),
  login: (body: { passphrase: string } | { key: string }) => post<void>('/login', body),
  recover: (words: string, passphrase: string) => post<void>('/recover', { words, passphrase }),
  logout: () => post<void>('/logout'),
  lock: () => post<void>('/lock'),
  passphrase: (old: string, fresh: string) => post<void>('/passphrase', { old, new: fresh }),
}

export const devices = {
  list: () => get<T.Page<T.Device>>('/devices'),
  remove: (id: string) => del<void>(`/devices/${id}`),
}

export const profile = {
  read: () => get<T.Profile>('/profile'),
  change: (change: T.ProfileChange) => patch<T.Profile>('/profile', change),
  avatar: (image: Blob) => put<T.Profile>('/profile/avatar', image),
  removeAvatar: () => del<T.Profile>('/profile/avatar'),
}

export type PersonAct = 'accept' | 'reject' | 'remove' | 'block' | 'unblock'
export const people = {
  list: (list: T.PeopleList, after?: string) => get<T.Page<T.Person>>('/people', { list, after }),
  search: (q: string, signal?: AbortSignal) => get<T.SearchAnswer>('/people/search', { q }, { signal }),
  read: (id: string) => get<T.PersonDetail>(`/people/${id}`),
  request: (id: string, relationship: 'friend' | 'follower', note?: string) =>
    post<T.Person>(`/people/${id}/request`, note ? { relationship, note } : { relationship }),
  act: (id: string, act: PersonAct) => post<T.Person>(`/people/${id}/${act}`),
  verify: (id: string, verified: boolean) => post<T.Person>(`/people/${id}/verify`, { verified }),
  introduce: (id: string, to: string, note?: string) => post<unknown>(`/people/${id}/introduce`, note ? { to, note } : { to }),
}

export const invitations = {
  list: () => get<T.Page<T.Invitation>>('/invitations'),
  create: (body: { days?: number; auto_accept?: boolean }) => post<T.Invitation>('/invitations', body),
  revoke: (id: string) => del<void>(`/invitations/${id}`),
  redeem: (link: string) => post<T.Redeemed>('/invitations/redeem', { link }),
  qrUrl: (id: string) => `/api/v1/invitations/${id}/qr`,
}

export interface FeedQuery { filter?: T.FeedFilter; author?: string; after?: string; limit?: number }
export const posts = {
  feed: (query: FeedQuery) => get<T.FeedPage>('/feed', { ...query }),
  countNew: (since: string, filter: T.FeedFilter) => get<{ count: number }>('/feed/new', { since, filter }),
  create: (text: string, visibility: T.Visibility, key: string) =>
    post<T.Post>('/posts', { text, visibility }, { headers: { 'idempotency-key': key } }),
  read: (id: string) => get<T.Post>(`/posts/${id}`),
  thread: (id: string) => get<T.Thread>(`/posts/${id}/thread`),
  edit: (id: string, text: string) => patch<T.Post>(`/posts/${id}`, { text }),
  remove: (id: string) => del<void>(`/posts/${id}`),
  askAccess: (id: string, note?: string) => post<T.Post>(`/posts/${id}/access`, note ? { note } : {}),
}

export const comments = {
  create: (postId: string, text: string, parent?: string) =>
    post<T.Comment>(`/posts/${postId}/comments`, parent ? { text, parent } : { text }),
  edit: (id: string, text: string) => patch<T.Comment>(`/comments/${id}`, { text }),
  remove: (id: string) => del<void>(`/comments/${id}`),
}

export const reactions = {
  set: (id: string, reaction: string) => put<{ reactions: T.Reaction[] }>(`/reactions/${id}`, { reaction }),
  clear: (id: string) => del<{ reactions: T.Reaction[] }>(`/reactions/${id}`),
}

export const access = {
  list: () => get<T.Page<T.AccessRequest>>('/access-requests'),
  decide: (id: string, decision: 'grant' | 'refuse') => post<void>(`/access-requests/${id}`, { decision }),
}

export const notifications = {
  list: (after?: string) => get<T.NotificationPage>('/notifications', { after }),
  read: (upto: string) => post<void>('/notifications/read', { upto }),
}

export const outbox = {
  list: () => get<T.Outbox>('/outbox'),
  retry: (id: string) => post<void>(`/outbox/${id}/retry`),
  drop: (id: string) => del<void>(`/outbox/${id}`),
}

export const node = {
  status: () => get<T.Status>('/status'),
  settings: () => get<T.Settings>('/settings'),
  change: (change: Partial<T.Settings>) => patch<T.Settings>('/settings', change),
  testDirectory: (url: string) => post<{ ok: boolean; node_id?: string; detail: string }>('/directories/test', { url }),
  audit: (after?: string) => get<T.Audit>('/audit', { after }),
  service: () => get<T.ServiceState>('/service'),
  installService: () => post<T.ServiceState>('/service'),
  removeService: () => del<T.ServiceState>('/service'),
}

export const identity = {
  read: () => get<T.Identity>('/identity'),
  words: (passphrase: string) => post<{ words: string[] }>('/identity/words', { passphrase }),
  confirm: (answers: Record<string, string>) => post<void>('/identity/words/confirm', { answers }),
  rotate: (words: string) => post<T.Identity>('/identity/rotate', { words }),
}
