/** Calls of the owner API by path template, checked against its description: the path, the body and the answer. */
import { send, withQuery, type Options, type Query } from './http'
import type { paths } from './types'

type Paths = { [K in keyof paths as K extends `/api/v1${infer Rest}` ? Rest : never]: paths[K] }
type Verb = 'get' | 'post' | 'put' | 'patch' | 'delete'
type With<M extends Verb> = { [P in keyof Paths]: NonNullable<Paths[P][M]> extends never ? never : P }[keyof Paths]
type Operation<M extends Verb, P extends keyof Paths> = NonNullable<Paths[P][M]>
type Body<O> = O extends { requestBody?: infer R } ? (NonNullable<R> extends { content: { 'application/json': infer B } } ? B : undefined) : undefined
type Content<R> = R extends { content: { 'application/json': infer A } } ? A : R extends { content?: never } ? void : never
type Answer<O> = O extends { responses: infer R } ? Content<R[keyof R]> : never
type At<O> = O extends { parameters: { path: infer A } } ? A : undefined

interface Input<O> extends Options {
  /** Values of the names in the path. */
  at?: At<O>
  query?: Query
  body?: Body<O>
}

const filled = (path: string, at: Record<string, unknown> = {}) => path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(at[name])))

export function call<M extends Verb, P extends With<M>>(method: M, path: P, input: Input<Operation<M, P>> = {}): Promise<Answer<Operation<M, P>>> {
  const { at, query, body, ...options } = input
  return send(method.toUpperCase(), withQuery(filled(path, at as Record<string, unknown>), query ?? {}), body, options)
}
