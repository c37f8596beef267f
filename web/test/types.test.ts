import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { typesOf } from '../dev/types.mjs'

const api = (name: string) => readFileSync(new URL(`../src/api/${name}`, import.meta.url), 'utf8')

it('the types of the API are those of its description', async () => {
  expect(await typesOf(JSON.parse(api('openapi.json')))).toBe(api('types.ts'))
}, 60_000)
