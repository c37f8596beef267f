// The types of the owner API, made from its description.
//   npm run types                      src/api/types.ts from src/api/openapi.json
//   OPENRED_BIN=… npm run types        first reads src/api/openapi.json from that program
import { readFileSync, writeFileSync } from 'node:fs'
import openapiTS, { astToString } from 'openapi-typescript'
import { stage } from '../e2e/nodes.mjs'

const DESCRIPTION = new URL('../src/api/openapi.json', import.meta.url)
const TYPES = new URL('../src/api/types.ts', import.meta.url)
const HEAD = '/** Made by `npm run types` from openapi.json, which the node serves. Not to be edited. */\n/* eslint-disable */\n'

/** Names in alphabetical order: a change of the node's source order is no change of this file. */
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]))
}

async function served(openred) {
  const play = await stage(openred)
  try {
    const { url } = await play.node('nobody')
    return await (await fetch(`${url}/api/openapi.json`)).json()
  } finally {
    await play.end(false)
  }
}

/** The app names calls by path, and reads every refusal in one place: both would only make the file longer. */
function lean(description) {
  const paths = structuredClone(description.paths)
  for (const operation of Object.values(paths).flatMap((path) => Object.values(path))) {
    delete operation.operationId
    delete operation.responses.default
  }
  return { ...description, paths }
}

export async function typesOf(description) {
  return HEAD + astToString(await openapiTS(lean(description), { rootTypes: true, rootTypesNoSchemaPrefix: true, silent: true }))
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  if (process.env.OPENRED_BIN) writeFileSync(DESCRIPTION, `${JSON.stringify(sorted(await served(process.env.OPENRED_BIN)), null, 1)}\n`)
  writeFileSync(TYPES, await typesOf(JSON.parse(readFileSync(DESCRIPTION, 'utf8'))))
}
