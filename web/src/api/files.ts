/** Calls about files, what others offer, links and storage. */
import { call } from './call'
import { send, withQuery } from './http'
import type * as T from './types'

export const files = {
  list: (before?: number | null) => call('get', '/files', { query: { before } }),
  create: (body: T.NewFileBody & { for_chat?: boolean }) => call('post', '/files', { body }),
  read: (id: string) => call('get', '/files/{id}', { at: { id } }),
  rename: (id: string, name: string) => call('patch', '/files/{id}', { at: { id }, body: { name } }),
  remove: (id: string) => call('delete', '/files/{id}', { at: { id } }),
  /** Brings bytes from `offset` on. A refusal with `offset` says where the file goes on instead. */
  append: (id: string, offset: number, bytes: Blob, signal?: AbortSignal) => send<T.UploadProgress>('PUT', withQuery(`/files/${id}/data`, { offset }), bytes, { signal }),
  share: (id: string, node_id: string) => call('post', '/files/{id}/share', { at: { id }, body: { node_id } }),
  unshare: (id: string, node_id: string) => call('delete', '/files/{id}/share/{node_id}', { at: { id, node_id } }),
  links: (id: string) => call('get', '/files/{id}/links', { at: { id } }),
  link: (id: string, body: T.NewLink) => call('post', '/files/{id}/links', { at: { id }, body }),
  revoke: (id: string, link: string) => call('delete', '/files/{id}/links/{link}', { at: { id, link } }),
  offers: (before?: number | null) => call('get', '/files/offers', { query: { before } }),
  accept: (id: number) => call('post', '/files/offers/{id}/accept', { at: { id } }),
  decline: (id: number) => call('post', '/files/offers/{id}/decline', { at: { id } }),
  dataUrl: (id: string) => `/api/v1/files/${id}/data`,
}

export const storage = {
  read: () => call('get', '/storage'),
  budget: (others_budget: number) => call('patch', '/storage', { body: { others_budget } }),
  free: () => call('post', '/storage/free', { body: {} }),
}
