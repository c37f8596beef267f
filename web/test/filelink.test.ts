import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const CHUNK = 65536
const PAGE = new URL('../../crates/openred-node/src/modules/files/links/page.js', import.meta.url).pathname
const b64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')
const aes = (iv: Uint8Array, additionalData = new Uint8Array()) => ({ name: 'AES-GCM', iv: iv as Uint8Array<ArrayBuffer>, additionalData: additionalData as Uint8Array<ArrayBuffer> })

interface Element { hidden: boolean; textContent: string; value: number; click?: () => void; addEventListener: (kind: string, act: () => void) => void }

/** A file of so many bytes as docs/protocol.md says that a node serves it. */
async function served(size: number) {
  const plain = new Uint8Array(size).map((_, at) => (at * 31 + 7) & 255)
  const [raw, id, iv] = [32, 16, 12].map((length) => crypto.getRandomValues(new Uint8Array(length))) as [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>]
  const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt'])
  const count = Math.max(1, Math.ceil(size / CHUNK))
  const chunks: Uint8Array[] = []
  for (let at = 0; at < count; at += 1) {
    const nonce = new Uint8Array(12)
    new DataView(nonce.buffer).setUint32(7, at)
    nonce[11] = at + 1 === count ? 1 : 0
    chunks.push(new Uint8Array(await crypto.subtle.encrypt(aes(nonce), key, plain.slice(at * CHUNK, (at + 1) * CHUNK))))
  }
  iv[0] = 1
  const said = new TextEncoder().encode(JSON.stringify({ name: 'été.bin', media_type: 'text/plain', size }))
  const head = Buffer.concat([iv, new Uint8Array(await crypto.subtle.encrypt(aes(iv, id), key, said))])
  return { plain, raw, id, head, sealed: Buffer.concat(chunks) }
}

/** Opens the page of a link in a browser that is played, and presses its button. */
async function download(size: number, how: { breaks?: boolean; alters?: number } = {}) {
  const file = await served(size)
  if (how.alters !== undefined) file.sealed[how.alters] = (file.sealed[how.alters] ?? 0) ^ 1
  const elements = new Map<string, Element>()
  const element = (name: string) => {
    const made: Element = elements.get(name) ?? { hidden: true, textContent: '', value: 0, addEventListener: (_, act) => { made.click = act } }
    elements.set(name, made)
    return made
  }
  const asked: string[] = []
  let [saved, breaks] = [undefined as Blob | undefined, how.breaks ?? false]
  const fetch = async (url: string, options: { headers?: Record<string, string> } = {}) => {
    asked.push(url)
    if (url.endsWith('/about')) return new Response(JSON.stringify({ head: b64(file.head), bytes: file.sealed.length, expires_at: Date.now(), uses_left: 1 }))
    if (url.endsWith('/downloads')) return new Response(JSON.stringify({ token: 'T' }), { status: 201 })
    expect(options.headers?.['openred-download']).toBe('T')
    const from = Number(/^bytes=(\d+)-$/.exec(options.headers?.range ?? '')?.[1])
    const body = file.sealed.subarray(from, breaks ? from + 100_000 : undefined)
    breaks = false
    const pieces = new ReadableStream<Uint8Array>({
      start(out) {
        for (let at = 0; at < body.length; at += 7777) out.enqueue(new Uint8Array(body.subarray(at, at + 7777)))
        out.close()
      },
    })
    return new Response(pieces, { status: 206 })
  }
  const document = { getElementById: element, createElement: () => ({ click() {} }) }
  const URL = { createObjectURL: (blob: Blob) => { saved = blob; return 'blob:' }, revokeObjectURL() {} }
  const soon = (act: () => void) => setTimeout(act, 1)
  const run = new Function('document', 'location', 'window', 'fetch', 'URL', 'setTimeout', readFileSync(PAGE, 'utf8'))
  run(document, { pathname: `/f/${b64(file.id)}`, hash: `#${b64(file.raw)}` }, { crypto }, fetch, URL, soon)
  await expect.poll(() => element('get').click).toBeDefined()
  element('get').click?.()
  await expect.poll(() => element('about').textContent === 'Done.' || !element('get').hidden).toBe(true)
  const bytes = saved && new Uint8Array(await saved.arrayBuffer())
  return { file, asked, bytes, said: element('about').textContent, name: element('name').textContent }
}

describe('the page of a link to a file', () => {
  it('opens what a node serves, whatever its length', async () => {
    for (const size of [0, 1, CHUNK, CHUNK + 1, 3 * CHUNK]) {
      const { file, bytes, name } = await download(size)
      expect(name).toBe('été.bin')
      expect(Buffer.compare(bytes ?? Buffer.from('none'), file.plain), `${size} bytes`).toBe(0)
    }
  })

  it('goes on after a broken connection as the same download, and never sends the key', async () => {
    const { file, bytes, asked } = await download(200_000, { breaks: true })
    expect(Buffer.compare(bytes ?? Buffer.from('none'), file.plain)).toBe(0)
    expect(asked.filter((url) => url.endsWith('/downloads'))).toHaveLength(1)
    expect(asked.filter((url) => url.endsWith('/data'))).toHaveLength(2)
    expect(asked.some((url) => url.includes(b64(file.raw)))).toBe(false)
  })

  it('keeps nothing that was altered', async () => {
    const { bytes, said } = await download(200_000, { alters: 70_000 })
    expect(bytes).toBeUndefined()
    expect(said).toContain('altered')
  })
})
