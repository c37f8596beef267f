import { execFileSync } from 'node:child_process'
import { launch, inTheme } from './browser.mjs'
import { seats, SEEN, field, button, DESKTOP, bubble } from './chatting.mjs'
import { stage, until } from './nodes.mjs'
import { arrive, befriend } from './people.mjs'
import { sound } from './sound.mjs'
const openred = process.env.OPENRED_BIN
const play = await stage(openred)
const faults = []
const browser = await launch('--use-fake-device-for-media-stream')
try {
  const sit = seats(browser, faults)
  const directory = await play.directory()
  const [A, B, C] = [await arrive(play, 'ana', 'Ana Ríos', directory), await arrive(play, 'ben', 'Ben Okafor', directory), await arrive(play, 'chloe', 'Chloé Martin', directory)]
  await befriend(A, B); await befriend(A, C)
  for (const one of [A, B, C]) await one.call('PATCH', '/settings', { undo_send_s: 0 })
  const cli = (who, ...args) => { try { return execFileSync(openred, [...args, '--data', play.folder(who)], { encoding: 'utf8' }) } catch (e) { return `exit ${e.status}: ${e.stdout}${e.stderr}` } }
  const shown = cli('ben', 'people', 'show', 'Ana Ríos')
  console.log(shown)
  const code = shown.match(/openred:v#\S+/)[0]
  console.log(cli('ana', 'people', 'verify', 'Ben Okafor', '--code', code))
  console.log(cli('ana', 'people', 'list'))
  console.log(cli('ana', 'people', 'verify', 'Ben Okafor', '--undo'))
  console.log(cli('ana', 'people', 'verify', 'Ben Okafor', '--code', cli('ana', 'people', 'show', 'Ben Okafor').match(/openred:v#\S+/)[0]))
  console.log(cli('ana', 'people', 'verify', 'Ben Okafor', '--code', 'nonsense'))
  console.log(cli('ana', 'people', 'verify', 'Ben Okafor'))
  const { id: table } = await A.call('POST', '/groups', { name: 'Bread and books', people: [B.id, C.id] })
  const members = async (who) => (await who.call('GET', `/groups/${table}`).catch(() => null))?.members.filter((one) => one.state === 'member').length
  await until('all', async () => (await members(A)) === 3 && (await members(B)) === 3 && (await members(C)) === 3)
  const sayAll = async (from, text, more = {}) => {
    const { id } = await from.call('POST', `/chats/${table}/messages`, { ...(text && { text }), ...more })
    for (const who of [A, B, C]) await until('heard', async () => (await who.call('GET', `/chats/${table}/messages?limit=20`)).items.some((one) => one.id === id))
  }
  await sayAll(A, 'Thursday, then. **Who brings what?**\n- tea: me\n- bread: @Ben Okafor\n- the book: ||nobody has read it||', { mentions: [{ at: 56, len: 11, node_id: B.id }] })
  await sayAll(C, '> bread\nSeigle, s’il te plaît. Et pour @Ana Ríos : *sans* noix.', { mentions: [{ at: 39, len: 9, node_id: A.id }] })
  const wav = new Uint8Array(sound())
  const { id: file } = await B.call('POST', '/files', { name: 'Voice message.wav', size: wav.length, media_type: 'audio/wav', for_chat: true })
  await B.call('PUT', `/files/${file}/data?offset=0`, wav, 'application/octet-stream')
  const levels = Buffer.from(Array.from({ length: 48 }, (_, n) => Math.round(30 + 200 * Math.abs(Math.sin(n / 3) * Math.sin(n / 7.3))))).toString('base64url')
  await sayAll(B, '', { file, voice: { ms: 14_300, levels } })
  console.log(cli('ana', 'chat', 'read', 'Bread and books'))
  for (const [name, size, more] of [['desktop', DESKTOP, {}], ['phone', { width: 360, height: 780 }, { isMobile: true, hasTouch: true }]]) {
    for (const theme of ['light', 'dark']) {
      const page = await sit(A, 'en-GB', size, { ...more, permissions: ['microphone', 'camera'] })
      await page.goto(`${A.url}/chats/${table}`)
      await field(page).waitFor(SEEN)
      await inTheme(page, theme)
      await page.getByRole('slider').last().waitFor(SEEN)
      await field(page).click()
      await page.keyboard.type('And @')
      await page.getByRole('listbox').waitFor(SEEN)
      await page.waitForTimeout(200)
      await page.screenshot({ path: `/tmp/look-V/mention-${name}-${theme}.png` })
      await page.keyboard.press('Escape')
      await field(page).fill('')
      await button(page, /^Record/).click()
      await page.getByRole('timer').filter({ hasText: '0:02' }).waitFor(SEEN)
      await page.screenshot({ path: `/tmp/look-V/record-${name}-${theme}.png` })
      await button(page, 'Stop and listen').click()
      await page.locator('.attached').waitFor(SEEN)
      await page.waitForTimeout(400)
      await page.screenshot({ path: `/tmp/look-V/spoken-${name}-${theme}.png` })
      await page.goto(`${A.url}/people/${B.id}`)
      await page.locator('.safety .toggle').click()
      await page.locator('.safety .acts .btn').first().click()
      await page.locator('.compare img').evaluate((one) => one.decode())
      await page.getByRole('button', { name: 'Use the camera' }).click()
      await page.waitForTimeout(1500)
      await page.locator('.compare').evaluate((one) => one.scrollIntoView({ block: 'center' }))
      await page.screenshot({ path: `/tmp/look-V/compare-${name}-${theme}.png` })
      await page.context().close()
    }
  }
} finally { await browser.close(); await play.end(false) }
