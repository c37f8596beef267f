// The page of a link to a file: asks what it is, fetches ciphertext, decrypts chunk by chunk, saves. The key stands
// behind # and is never sent. Chunks are AES-256-GCM in STREAM: nonce = 7 zero bytes, number as u32, 1 for the last.
'use strict'
;(() => {
  const CHUNK = 65536
  const TAG = 16
  const TRIES = 8
  const at = (id) => document.getElementById(id)
  const [name, about, progress, button] = [at('name'), at('about'), at('progress'), at('get')]
  const base = location.pathname.replace(/\/$/, '')
  const bytesOf = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0))
  const SAID = {
    unknown: 'There is no such link. It may have been cut when it was copied.',
    gone: 'This link is over: it was used up, taken back, or its time has passed. Ask for a new one.',
    slow_down: 'Too many downloads at the moment. Try again in a minute.',
  }
  let shown, key, head

  function say(text) { about.textContent = text }

  async function refusal(answer) {
    const problem = await answer.json().catch(() => ({}))
    const error = new Error(SAID[problem.code] || problem.detail || 'The server refused.')
    error.isFinal = answer.status < 500 && answer.status !== 429
    return error
  }

  function inWords(size) {
    const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
    let at = 0
    while (size >= 1000 && at < units.length - 1) { size /= 1000; at += 1 }
    return `${at ? size.toFixed(1) : size} ${units[at]}`
  }

  async function begin() {
    if (!window.crypto || !crypto.subtle) throw new Error('Browsers decrypt only on secure pages: open this link by https.')
    const raw = bytesOf(location.hash.slice(1))
    if (raw.length !== 32) throw new Error('The key is missing in this link. It may have been cut when it was copied.')
    key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['decrypt'])
    const answer = await fetch(`${base}/about`)
    if (!answer.ok) throw await refusal(answer)
    shown = await answer.json()
    const sealed = bytesOf(shown.head)
    const place = bytesOf(base.split('/').pop())
    const open = { name: 'AES-GCM', iv: sealed.slice(0, 12), additionalData: place }
    const plain = await crypto.subtle.decrypt(open, key, sealed.slice(12)).catch(() => {
      throw new Error('The key in this link does not open the file. It may have been cut when it was copied.')
    })
    head = JSON.parse(new TextDecoder().decode(plain))
    name.textContent = head.name
    const left = shown.uses_left === null ? '' : `, ${shown.uses_left} more ${shown.uses_left === 1 ? 'download' : 'downloads'}`
    say(`${inWords(head.size)}${left}, until ${new Date(shown.expires_at).toLocaleString()}`)
    button.hidden = false
    button.addEventListener('click', () => { button.hidden = true; run().catch((error) => { say(error.message); button.hidden = false }) })
  }

  async function run() {
    // Where the browser can write to a file, nothing is held in memory.
    const target = window.showSaveFilePicker ? await window.showSaveFilePicker({ suggestedName: head.name }) : null
    const begun = await fetch(`${base}/downloads`, { method: 'POST' })
    if (!begun.ok) throw await refusal(begun)
    const { token } = await begun.json()
    const out = target ? await target.createWritable() : null
    const parts = []
    const put = async (plain) => { if (out) await out.write(plain); else parts.push(new Blob([plain])) }
    progress.hidden = false
    await pour(token, put)
    if (out) await out.close()
    else save(new Blob(parts, { type: 'application/octet-stream' }))
    say('Done.')
  }

  async function pour(token, put) {
    const count = Math.max(1, Math.ceil(head.size / CHUNK))
    let [done, tries] = [0, 0]
    while (done < count) {
      try {
        done = await piece(token, put, done, count, (n) => { done = n; tries = 0 })
      } catch (error) {
        tries += 1
        if (error.isFinal || tries === TRIES) throw error
        say('The connection broke. Going on…')
        await new Promise((again) => setTimeout(again, 500 * 2 ** tries))
      }
    }
  }

  async function piece(token, put, from, count, moved) {
    const headers = { 'openred-download': token, range: `bytes=${from * (CHUNK + TAG)}-` }
    const answer = await fetch(`${base}/data`, { headers })
    if (answer.status !== 206 && !(answer.status === 200 && from === 0)) throw await refusal(answer)
    const reader = answer.body.getReader()
    let [rest, at] = [new Uint8Array(0), from]
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      const all = new Uint8Array(rest.length + value.length)
      all.set(rest)
      all.set(value, rest.length)
      let begin = 0
      while (at < count) {
        const length = Math.min(CHUNK, head.size - at * CHUNK) + TAG
        if (all.length - begin < length) break
        await put(await open(all.slice(begin, begin + length), at, count))
        begin += length
        at += 1
        moved(at)
        progress.value = at / count
        say(`${inWords(Math.min(at * CHUNK, head.size))} of ${inWords(head.size)}`)
      }
      rest = all.slice(begin)
    }
    if (at < count) throw new Error('The connection broke.')
    return at
  }

  async function open(sealed, at, count) {
    const iv = new Uint8Array(12)
    new DataView(iv.buffer).setUint32(7, at)
    iv[11] = at + 1 === count ? 1 : 0
    try {
      return await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, sealed)
    } catch {
      const error = new Error('The file was altered on its way. Nothing of it is to be trusted.')
      error.isFinal = true
      throw error
    }
  }

  function save(blob) {
    const link = document.createElement('a')
    link.href = URL.createObjectURL(blob)
    link.download = head.name
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 60000)
  }

  begin().catch((error) => say(error.message))
})()
