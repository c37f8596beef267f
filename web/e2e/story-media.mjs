// What goes with words in a browser, against real nodes: marks, names, voice, pictures, films, codes. Ana speaks English,
// ben Spanish and by keyboard alone, mei Chinese.
//   OPENRED_BIN=target/debug/openred node e2e/story-media.mjs
// Reports in TAP and ends with "N passed, N failed".
import assert from 'node:assert/strict'
import UPNG from 'upng-js'
import { accessFaults, inTheme, launch } from './browser.mjs'
import { bubble, button, field, focused, seats, SEEN, write } from './chatting.mjs'
import { stage, until } from './nodes.mjs'
import { arrive, befriend } from './people.mjs'
import { sound } from './sound.mjs'
import { step } from './tap.mjs'
import { tell } from './told.mjs'

const openred = process.env.OPENRED_BIN
if (!openred) throw new Error('OPENRED_BIN names the program')
const faults = []
const browser = await launch('--use-fake-device-for-media-stream')
const sit = seats(browser, faults)
/** Written as it stands; what is seen then may look otherwise. */
async function say(page, text) {
  await field(page).fill(text)
  await field(page).press('Enter')
}
const newest = async (who, id) => (await who.call('GET', `/chats/${id}/messages?limit=1`)).items[0]

async function marks(ana, ben, A, B) {
  await step('marks are shown, made by keys and taken away; what travels is as it was typed', async () => {
    await ana.goto(`${A.url}/chats/${B.id}`)
    await field(ana).click()
    await ana.keyboard.type('Bread: ')
    await ana.keyboard.press('Control+b')
    await ana.keyboard.type('warm')
    await ana.keyboard.press('ArrowRight')
    await ana.keyboard.press('ArrowRight')
    await ana.keyboard.type(' and `rye` \\*')
    await ana.keyboard.press('Enter')
    await bubble(ben, 'Bread: warm and rye *').locator('strong', { hasText: 'warm' }).waitFor(SEEN)
    assert.equal((await newest(B, A.id)).text, 'Bread: **warm** and `rye` \\*')
  })
  await step('quotes, lists and blocks of code are what they look like; no address but one of the web leads anywhere', async () => {
    await say(ana, '> so you said\n- one\n- two\n```\n1 < 2 && <b>no</b>\n```\n[bread](https://bread.example) [no](javascript:alert(1))')
    const seen = ben.locator('.blocks').last()
    await seen.locator('blockquote', { hasText: 'so you said' }).waitFor(SEEN)
    assert.equal(await seen.locator('li').count(), 2)
    assert.equal(await seen.locator('pre').textContent(), '1 < 2 && <b>no</b>')
    assert.deepEqual(await seen.locator('a').evaluateAll((all) => all.map((one) => one.href)), ['https://bread.example/'])
    await seen.getByText('(bread.example)').waitFor(SEEN)
  })
  await step('hidden words stay hidden until they are wanted, in the list too', async () => {
    await say(ana, 'It was ||the butler||.')
    const hidden = ben.locator('.bubble').last().getByRole('button', { name: 'Palabras ocultas' })
    await hidden.waitFor(SEEN)
    assert.ok(!(await ben.getByRole('listitem').filter({ hasText: 'Ana' }).first().textContent()).includes('butler'))
    await hidden.focus()
    await ben.keyboard.press('Enter')
    await ben.locator('.spoiler.open', { hasText: 'the butler' }).waitFor(SEEN)
  })
}

async function names(ana, ben, A, B, M, group) {
  await step('ana names ben by keyboard; he is told although the group is muted', async () => {
    await B.call('PATCH', `/chats/${group}`, { muted: true })
    await ana.goto(`${A.url}/chats/${group}`)
    await field(ana).click()
    await ana.keyboard.type('Ask @')
    await ana.getByRole('listbox', { name: 'People of this group' }).waitFor(SEEN)
    assert.equal(await ana.getByRole('option').count(), 2)
    await ana.keyboard.type('ok')
    await ana.getByRole('option', { name: /Ben Okafor/, selected: true }).waitFor(SEEN)
    assert.ok(await field(ana).getAttribute('aria-activedescendant'))
    await ana.keyboard.press('Enter')
    await ana.keyboard.type('about the oven')
    assert.equal(await field(ana).inputValue(), 'Ask @Ben Okafor about the oven')
    await ana.keyboard.press('Enter')
    await until('ben is told', async () => (await B.call('GET', '/notifications')).items.some((one) => one.kind === 'mention' && one.params.chat === group))
    const { items } = await M.call('GET', '/notifications')
    assert.ok(!items.some((one) => one.kind === 'mention'), 'nobody else is')
  })
  await step('the one who is named sees it in the list and in the message; what travels is who, not how they are called', async () => {
    await ben.goto(`${B.url}/chats`)
    const row = ben.getByRole('listitem').filter({ hasText: 'Panadería' })
    await row.getByRole('img', { name: 'Te mencionan' }).waitFor(SEEN)
    await row.getByRole('link').click()
    await ben.locator('.message.named mark', { hasText: '@Ben Okafor' }).waitFor(SEEN)
    await until('it is read', async () => (await B.call('GET', `/chats/${group}`)).mentioned === undefined)
    const [mention] = (await newest(M, group)).mentions
    assert.deepEqual([mention.node_id, mention.at, mention.len, mention.me], [B.id, 4, 11, false])
  })
  await step('who does not want to be told in a muted group is not', async () => {
    await B.call('PATCH', '/settings', { mention_notices: false })
    await ben.goto(`${B.url}/chats/${A.id}`)
    await write(ana, '@Ben Okafor, are you there?')
    await until('it came', async () => (await newest(B, group)).text === '@Ben Okafor, are you there?')
    const { items } = await B.call('GET', '/notifications')
    assert.ok(!items.some((one) => one.kind === 'mention' && one.params.chat === group))
    await B.call('PATCH', '/settings', { mention_notices: true })
  })
}

async function voices(ana, ben, A, B) {
  await step('ana speaks, listens and sends; ben hears it, seeks by keys, and at another speed', async () => {
    await ana.goto(`${A.url}/chats/${B.id}`)
    await button(ana, /^Record a voice message/).click()
    await ana.getByRole('timer').filter({ hasText: '0:02' }).waitFor(SEEN)
    await button(ana, 'Stop and listen').click()
    const own = ana.locator('.attached').getByRole('group', { name: /Voice message/ })
    await button(own, 'Play').click()
    await button(own, 'Pause').waitFor(SEEN)
    await button(own, 'Play').waitFor(SEEN)
    await button(ana, 'Send').click()
    await ben.goto(`${B.url}/chats/${A.id}`)
    const heard = ben.getByRole('article').last().getByRole('group', { name: 'Mensaje de voz' })
    await heard.waitFor({ timeout: 40_000 })
    const played = heard.locator('audio')
    await button(heard, 'Velocidad: 1×').click()
    await button(heard, 'Velocidad: 1.5×').waitFor(SEEN)
    await button(heard, 'Reproducir').click()
    await ben.waitForFunction((one) => one.currentTime > 0.2 && !one.paused && one.playbackRate === 1.5, await played.elementHandle())
    await heard.getByRole('slider').focus()
    await ben.keyboard.press('ArrowLeft')
    await ben.waitForFunction((one) => one.ended || one.paused || one.currentTime > 0.5, await played.elementHandle())
    const { file } = await newest(B, A.id)
    assert.ok(/^audio\//.test(file.media_type) && file.voice.ms > 1_500 && file.voice.ms < 20_000, JSON.stringify(file))
    assert.ok(file.voice.levels.length > 4, 'the noise of the made-up microphone was measured')
  })
  await step('a recording can be given up; nothing of it stays', async () => {
    await button(ana, /^Record a voice message/).click()
    await ana.getByRole('timer').waitFor(SEEN)
    await ana.keyboard.press('Escape')
    await focused(ana, 'textarea')
    assert.equal(await ana.locator('.attached-file').count(), 0)
  })
  await step('held down, it records until it is let go', async () => {
    await button(ana, /^Record a voice message/).hover()
    await ana.mouse.down()
    await ana.getByRole('timer').filter({ hasText: '0:01' }).waitFor(SEEN)
    await ana.mouse.up()
    await ana.locator('.attached').getByRole('group', { name: /Voice message/ }).waitFor(SEEN)
    await ana.locator('.attached-file > button').click()
    await ana.locator('.attached-file').waitFor({ state: 'detached', ...SEEN })
  })
  await step('a microphone that is refused is said in clear words', async () => {
    const mute = await sit(A, 'en-GB')
    await mute.goto(`${A.url}/chats/${B.id}`)
    await button(mute, /^Record a voice message/).click()
    await mute.getByRole('alert').filter({ hasText: 'The microphone is blocked for this page' }).waitFor(SEEN)
    await button(mute, 'Close').click()
    await focused(mute, 'textarea')
    await mute.context().close()
  })
}

/** A picture and a film that nobody had to make beforehand. */
const picture = () => Buffer.from(UPNG.encode([new Uint8Array(64 * 48 * 4).map((_, n) => (n % 4 === 3 ? 255 : (n * 7) % 256)).buffer], 64, 48, 0))
const film = async (page) => Buffer.from(await page.evaluate(async () => {
  const canvas = document.createElement('canvas')
  const brush = canvas.getContext('2d')
  const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: 'video/webm' })
  const parts = []
  recorder.ondataavailable = ({ data }) => parts.push(data)
  const over = new Promise((done) => (recorder.onstop = done))
  recorder.start()
  const began = performance.now()
  await new Promise((done) => {
    const paint = () => {
      brush.fillStyle = `hsl(${performance.now() / 5} 80% 50%)`
      brush.fillRect(0, 0, 300, 150)
      if (performance.now() - began < 900) requestAnimationFrame(paint)
      else done()
    }
    paint()
  })
  recorder.stop()
  await over
  return [...new Uint8Array(await new Blob(parts).arrayBuffer())]
}))

/** As the hand of somebody who drops or pastes files. */
const handOver = (target, kind, given) => target.evaluate((element, { kind: how, list }) => {
  const data = new DataTransfer()
  for (const { name, type, bytes } of list) data.items.add(new File([new Uint8Array(bytes)], name, { type }))
  const event = how === 'paste' ? new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }) : new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })
  element.dispatchEvent(event)
}, { kind, list: given.map(({ name, type, bytes }) => ({ name, type, bytes: [...bytes] })) })

/** Fetches a file of a message and plays it in the viewer. */
async function plays(page, name, kind) {
  const message = page.getByRole('article').filter({ hasText: name })
  await message.getByRole('button', { name: 'Traer' }).click(SEEN)
  await message.locator('button.named').click({ timeout: 40_000 })
  const player = page.getByRole('dialog', { name }).locator(kind)
  await player.waitFor(SEEN)
  await player.evaluate((one) => ((one.muted = true), one.play()))
  await page.waitForFunction((one) => one.currentTime > 0.1, await player.elementHandle())
  await page.keyboard.press('Escape')
  await player.waitFor({ state: 'detached', ...SEEN })
}

async function media(ana, ben, A, B) {
  await step('ana drops a film and a sound on a conversation and pastes a picture; each goes as a message, with words for who cannot see it', async () => {
    await ana.goto(`${A.url}/chats/${B.id}`)
    await field(ana).waitFor(SEEN)
    await handOver(ana.locator('.conversation'), 'drop', [{ name: 'oven.webm', type: 'video/webm', bytes: await film(ana) }, { name: 'bell.wav', type: 'audio/wav', bytes: sound() }])
    await handOver(field(ana), 'paste', [{ name: 'loaf.png', type: 'image/png', bytes: picture() }])
    await ana.getByLabel('Description of loaf.png').fill('A loaf on a board', SEEN)
    assert.equal(await ana.locator('.attached-file').count(), 3)
    await field(ana).fill('Three things')
    await ana.waitForFunction(() => !document.querySelector('.send').disabled)
    await field(ana).press('Enter')
    await ben.goto(`${B.url}/chats/${A.id}`)
    await bubble(ben, 'Three things').getByRole('img', { name: 'A loaf on a board' }).waitFor({ timeout: 40_000 })
  })
  await step('the viewer shows a picture as large as the window, by keyboard, with its words; Escape leads back', async () => {
    const opener = bubble(ben, 'Three things').getByTitle(/loaf\.png/)
    await opener.focus()
    await ben.keyboard.press('Enter')
    const viewer = ben.getByRole('dialog', { name: 'loaf.png' })
    const shown = viewer.getByRole('img', { name: 'A loaf on a board' })
    await shown.waitFor(SEEN)
    assert.ok(await shown.evaluate((one) => one.decode().then(() => one.naturalWidth === 64)), 'the whole picture, not a small one')
    assert.equal(await viewer.getByRole('link', { name: /loaf\.png/ }).getAttribute('download'), 'loaf.png')
    assert.deepEqual(await accessFaults(ben), [])
    await ben.keyboard.press('Escape')
    await viewer.waitFor({ state: 'detached', ...SEEN })
  })
  await step('the viewer plays a film that was fetched', () => plays(ben, 'oven.webm', 'video'))
  await step('the viewer plays a sound that was fetched', () => plays(ben, 'bell.wav', 'audio'))
  await step('an upload that a reload interrupts goes on where it was, with the same file', async () => {
    const bytes = Buffer.alloc(9_000_000, 'bread')
    const file = { name: 'oven-plans.bin', mimeType: 'application/octet-stream', buffer: bytes }
    await ana.goto(`${A.url}/files`)
    let pieces = 0
    // The second piece never reaches the node.
    await ana.route('**/api/v1/files/*/data*', (route) => (++pieces > 1 ? route.abort() : route.continue()))
    await ana.getByLabel('Add files').setInputFiles(file)
    const begun = await until('a part is on the node', async () => (await A.call('GET', '/files')).items.find((one) => one.name === file.name && one.have > 0))
    assert.ok(begun.have < bytes.length)
    ana.once('dialog', (dialog) => dialog.accept())
    await ana.reload()
    await ana.unroute('**/api/v1/files/*/data*')
    const asked = []
    ana.on('request', (request) => request.method() === 'PUT' && asked.push(Number(new URL(request.url()).searchParams.get('offset'))))
    const [chooser] = await Promise.all([ana.waitForEvent('filechooser'), button(ana.getByRole('listitem').filter({ hasText: file.name }), /^Go on/).click(SEEN)])
    await chooser.setFiles(file)
    await until('it is whole', async () => (await A.call('GET', '/files')).items.some((one) => one.id === begun.id && one.state === 'here'))
    assert.ok(asked[0] > 0 && asked.every((offset) => offset >= begun.have), `sent again from ${asked[0]}, had ${begun.have}`)
  })
}

async function codes(ana, ben, A, B, M) {
  const shot = async (page, url, who) => {
    await page.goto(`${url}/people/${who}`)
    await page.locator('.safety .toggle').click()
    await page.locator('.safety .acts .btn').first().click()
    const code = page.locator('.compare img')
    await code.evaluate((one) => one.decode())
    return code.screenshot()
  }
  await step('ana scans a picture of the code that ben shows her: he is verified, in the conversation too', async () => {
    const shown = await shot(ben, B.url, A.id)
    await ana.goto(`${A.url}/people/${B.id}`)
    await button(ana, 'Safety number').click()
    await button(ana, 'Compare by code').click()
    await ana.getByLabel('Choose a picture').setInputFiles({ name: 'code.png', mimeType: 'image/png', buffer: shown })
    await ana.getByRole('alert').filter({ hasText: 'The same keys on both sides: Ben Okafor is verified.' }).waitFor(SEEN)
    assert.equal((await A.call('GET', `/people/${B.id}`)).verified, true)
    await ana.goto(`${A.url}/chats/${B.id}`)
    await ana.getByRole('heading', { level: 1 }).getByRole('img', { name: 'Verified' }).waitFor(SEEN)
  })
  await step('the code of somebody else, other keys and no code at all are told apart in words', async () => {
    await ana.goto(`${A.url}/people/${B.id}`)
    await button(ana, /^Safety number/).click()
    await button(ana, 'Compare by code').click()
    const paste = async (code) => {
      await ana.getByLabel('Or paste the code').fill(code)
      await button(ana, 'Compare').last().click()
    }
    await paste((await M.call('GET', `/people/${A.id}`)).safety_number.code)
    await ana.getByRole('alert').filter({ hasText: 'This is not the code that Ben Okafor shows to you.' }).waitFor(SEEN)
    assert.equal((await A.call('GET', `/people/${B.id}`)).verified, true, 'that says nothing about ben')
    await paste('openred:v#nothing')
    await ana.getByRole('alert').filter({ hasText: 'This is no code to compare by' }).waitFor(SEEN)
    await ana.getByLabel('Choose a picture').setInputFiles({ name: 'loaf.png', mimeType: 'image/png', buffer: picture() })
    await ana.getByRole('alert').filter({ hasText: 'No code was found in this picture.' }).waitFor(SEEN)
    const good = (await B.call('GET', `/people/${A.id}`)).safety_number.code
    const bytes = Buffer.from(good.slice('openred:v#'.length), 'base64url')
    bytes[40] ^= 1
    await paste(`openred:v#${bytes.toString('base64url')}`)
    await ana.getByRole('alert').filter({ hasText: 'The keys differ.' }).waitFor(SEEN)
    assert.equal((await A.call('GET', `/people/${B.id}`)).verified, false, 'keys that differ take the verification back')
  })
}

/** Keys alone, in Spanish: no step of this touches the mouse. */
async function byKeys(ben, A, B) {
  const press = async (...keys) => {
    for (const key of keys) await ben.keyboard.press(key)
  }
  await step('ben, in Spanish and by keyboard alone, finds the conversation, answers, reacts and changes what he wrote', async () => {
    await ben.goto(B.url)
    await ben.getByRole('heading', { level: 1 }).waitFor(SEEN)
    await press('g', 'c')
    await ben.getByRole('heading', { name: 'Mensajes', level: 1 }).waitFor(SEEN)
    await ben.getByRole('listitem').filter({ hasText: 'Ana Ríos' }).first().waitFor(SEEN)
    // From the heading, where a new page puts the focus, to the field for names.
    for (let n = 0; n < 20 && !(await ben.evaluate(() => document.activeElement?.matches('input[type=search]'))); n++) await press('Tab')
    await ben.keyboard.type('Ana R')
    await press('ArrowDown')
    await focused(ben, '[data-chat]')
    await press('Enter')
    await focused(ben, 'textarea')
    // The node takes it only after the key that changes it was pressed.
    let take
    const pressed = new Promise((done) => (take = done))
    await ben.route('**/api/v1/chats/*/messages', async (route) => (route.request().method() === 'POST' && (await pressed), route.continue()))
    await ben.keyboard.type('Por fin.')
    await press('Enter')
    await bubble(ben, 'Por fin.').waitFor(SEEN)
    await press('ArrowUp')
    await focused(ben, '[data-message]')
    await press('e')
    take()
    await ben.getByText('Editando tu mensaje').waitFor(SEEN)
    await ben.keyboard.type(' ¡**Claro**!')
    await press('Enter')
    await bubble(ben, 'Por fin. ¡Claro!').waitFor(SEEN)
    await press('ArrowUp')
    await focused(ben, '[data-message]')
    await press('Enter')
    await ben.getByRole('menu').waitFor(SEEN)
    await press('ArrowDown', 'Enter')
    await bubble(ben, 'Por fin.').locator('.reactions button').waitFor(SEEN)
    await until('ana has all of it', async () => (await newest(A, B.id)).reactions?.length === 1)
  })
}

async function offline(mei, A, M) {
  // The app from a folder has no worker.
  if (process.env.APP_DIST) return
  await step('a conversation is read while the node is off; when it is locked nothing of it is left in the browser', async () => {
    const kept = () => mei.evaluate(async () => (await (await caches.open('reads')).keys()).filter((one) => one.url.includes('/chats')).length)
    await mei.goto(`${M.url}/chats/${A.id}`)
    await mei.evaluate(() => navigator.serviceWorker.ready.then(() => true))
    await mei.reload()
    await write(mei, '明天见。')
    await mei.reload()
    await bubble(mei, '明天见。').waitFor(SEEN)
    await until('the browser keeps it', async () => (await kept()) > 0)
    await M.stop()
    await mei.reload()
    await bubble(mei, '明天见。').waitFor(SEEN)
    await M.restart()
    await mei.reload()
    await mei.waitForURL(/\/login/)
    await until('nothing is left', async () => (await kept()) === 0)
  })
}

async function accessible(page, url, paths) {
  const bad = []
  // As a window of 1280 by 900 is at 200 %.
  await page.setViewportSize({ width: 640, height: 450 })
  for (const path of paths) {
    await page.goto(url + path)
    await page.locator('h1').first().waitFor(SEEN)
    await page.waitForLoadState('networkidle').catch(() => undefined)
    for (const colorScheme of ['light', 'dark']) {
      await inTheme(page, colorScheme)
      bad.push(...(await accessFaults(page)))
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    if (wide > 0) bad.push(`${path} is ${wide} px wider than the window`)
    if (process.env.STORY_LOOK) await page.screenshot({ path: `${process.env.STORY_LOOK}/zoom-${path.replaceAll(/\W+/g, '-').slice(0, 20)}-${await page.locator('html').getAttribute('lang')}.png` })
  }
  return bad
}

const play = await stage(openred)
const pages = []
await tell('media', { browser, play, pages, faults }, async () => {
  const directory = await play.directory()
  const [A, B, M] = [await arrive(play, 'ana', 'Ana Ríos', directory), await arrive(play, 'ben', 'Ben Okafor', directory), await arrive(play, 'mei', '陈美玲', directory)]
  await befriend(A, B)
  await befriend(A, M)
  for (const one of [A, B, M]) await one.call('PATCH', '/settings', { undo_send_s: 0 })
  const speaking = { permissions: ['clipboard-read', 'clipboard-write', 'microphone'] }
  const [ana, ben, mei] = [await sit(A, 'en-GB', undefined, speaking), await sit(B, 'es-ES'), await sit(M, 'zh-CN')]
  pages.push(ana, ben, mei)
  await ben.goto(`${B.url}/chats/${A.id}`)
  await field(ben).waitFor(SEEN)
  await marks(ana, ben, A, B)
  const { id: group } = await A.call('POST', '/groups', { name: 'Panadería', people: [B.id, M.id] })
  await until('all are in the group', async () => (await M.call('GET', `/groups/${group}`).catch(() => null))?.members.filter((one) => one.state === 'member').length === 3 && (await B.call('GET', `/groups/${group}`).catch(() => null))?.members.length === 3 && (await A.call('GET', `/groups/${group}`)).members.every((one) => one.state === 'member'))
  await names(ana, ben, A, B, M, group)
  await voices(ana, ben, A, B)
  await media(ana, ben, A, B)
  await codes(ana, ben, A, B, M)
  await byKeys(ben, A, B)
  await step('conversations at 200 % have no serious accessibility finding, light and dark, in Spanish and Chinese', async () => {
    assert.deepEqual(await accessible(ben, B.url, ['/chats', `/chats/${A.id}`, `/chats/${group}`, `/people/${A.id}`]), [])
    assert.deepEqual(await accessible(mei, M.url, ['/chats', `/chats/${group}`, `/chats/${A.id}`]), [])
  })
  await offline(mei, A, M)
  await step('marks, voice and codes: no script error, no policy violation, no foreign request', () => assert.deepEqual([...new Set(faults)], []))
})
