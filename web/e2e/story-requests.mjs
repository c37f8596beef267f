// Messages of people who are no friends, and links into groups, in a browser against real nodes: ana speaks English, ben French.
//   OPENRED_BIN=target/debug/openred node e2e/story-requests.mjs
// Reports in TAP and ends with "N passed, N failed". With STORY_SHOTS=DIR it leaves pictures of the new screens.
import assert from 'node:assert/strict'
import { accessFaults, fromDist, inTheme, launch, watch } from './browser.mjs'
import { stage, until } from './nodes.mjs'
import { arrive, befriend } from './people.mjs'
import { broken, step, summary } from './tap.mjs'

const openred = process.env.OPENRED_BIN
if (!openred) throw new Error('OPENRED_BIN names the program')
const WAIT_MS = 20_000
const SEEN = { timeout: WAIT_MS }
const DESKTOP = { width: 1280, height: 900 }
const PHONE = { width: 360, height: 740 }
const faults = []
const bad = []
const browser = await launch()

async function sit(who, locale) {
  const context = await browser.newContext({ viewport: DESKTOP, locale, serviceWorkers: process.env.APP_DIST ? 'block' : 'allow', reducedMotion: 'reduce', permissions: ['clipboard-read', 'clipboard-write'] })
  const [name, value] = who.cookie().split(/=(.*)/)
  await context.addCookies([{ name, value, url: who.url }])
  await fromDist(context)
  const page = await context.newPage()
  page.setDefaultTimeout(WAIT_MS)
  watch(page, faults)
  return page
}
const button = (page, name) => page.getByRole('button', { name })
const field = (page) => page.locator('.composer').getByRole('textbox')
const bubble = (page, text) => page.getByRole('article').filter({ hasText: text })
async function write(page, text, shown = text) {
  await field(page).fill(text)
  await page.keyboard.press('Enter')
  await bubble(page, shown).waitFor(SEEN)
}

const WIDE = [['desktop', DESKTOP]]
/** Looks at the screen as it is: wide and narrow, light and dark. A dialog ends when the layout changes: it is looked at wide. */
async function look(page, name, sizes = [...WIDE, ['phone', PHONE]]) {
  for (const [size, at] of sizes) {
    await page.setViewportSize(at)
    for (const colorScheme of ['light', 'dark']) {
      await inTheme(page, colorScheme)
      if (process.env.STORY_SHOTS) await page.screenshot({ path: `${process.env.STORY_SHOTS}/${name}-${size}-${colorScheme}.png` })
      bad.push(...(await accessFaults(page)))
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    if (wide > 0) bad.push(`${name} is ${wide} px wider than ${at.width}`)
  }
  await page.setViewportSize(DESKTOP)
  await inTheme(page, 'light')
}

async function requests(ana, ben, A, B) {
  await step('from the page of somebody who is no friend one writes, and is told what happens then', async () => {
    await ana.goto(`${A.url}/people/${B.id}`)
    await ana.getByRole('link', { name: 'Message', exact: true }).click()
    await ana.getByText('Ben Okafor is not your friend').waitFor(SEEN)
    assert.equal(await button(ana, 'Add files').count(), 0)
    await write(ana, 'We met at the market. See https://bread.example', 'We met at the market')
    await ana.getByText('You may write 4 more messages').waitFor(SEEN)
    await bubble(ana, 'We met at the market').getByText('Waiting for their answer').waitFor(SEEN)
    await look(ana, 'request-sent')
  })
  await step('it waits in a list of its own; nothing rings', async () => {
    await ben.goto(`${B.url}/chats`)
    await ben.getByRole('link', { name: 'Demandes (1)' }).waitFor(SEEN)
    assert.equal((await B.call('GET', '/notifications')).items.filter((one) => one.kind === 'message').length, 0)
    await look(ben, 'requests-row')
    await ben.getByRole('link', { name: 'Demandes (1)' }).focus()
    await ben.keyboard.press('Enter')
    await ben.getByRole('heading', { name: 'Demandes de message' }).waitFor(SEEN)
    await look(ben, 'requests-list')
  })
  await step('it is read without being told, and what stands in it leads nowhere', async () => {
    await ben.getByRole('listitem').filter({ hasText: 'We met at the market' }).getByRole('link').click()
    await bubble(ben, 'We met at the market').waitFor(SEEN)
    assert.equal(await bubble(ben, 'We met at the market').locator('a').count(), 0)
    await ben.getByRole('button', { name: 'Accepter' }).waitFor(SEEN)
    assert.equal(await field(ben).count(), 0)
    await look(ben, 'request-read')
    await bubble(ana, 'We met at the market').getByText('Waiting for their answer').waitFor(SEEN)
  })
  await step('accepted, it is a conversation like others, for both', async () => {
    await ben.getByRole('button', { name: 'Accepter' }).click()
    await write(ben, 'Chaque matin.')
    await bubble(ana, 'Chaque matin.').waitFor(SEEN)
    await ana.getByRole('article', { name: /You,.*(Delivered|Read)/ }).first().waitFor(SEEN)
    await ben.goto(`${B.url}/chats/requests`)
    await ben.getByText('Aucune demande').waitFor(SEEN)
    await look(ben, 'requests-empty')
  })
  await step('what somebody else wrote is deleted, and they are not told', async () => {
    const dora = await arrive(play, 'dora', 'Dora Weiss', directory)
    await dora.call('PATCH', '/settings', { undo_send_s: 0 })
    await dora.say(B, 'Buy my soap')
    await ben.goto(`${B.url}/chats/requests`)
    await ben.getByRole('listitem').filter({ hasText: 'Buy my soap' }).getByRole('link').click()
    await button(ben, 'Supprimer').click()
    await ben.getByText('Aucune demande').waitFor(SEEN)
    assert.equal((await dora.call('GET', `/chats/${B.id}/messages`)).items[0].state, 'requested')
  })
}

async function links(ana, ben, A, B, C) {
  let link = ''
  await step('an administrator makes a link into the group, with its code', async () => {
    const group = await A.call('POST', '/groups', { name: 'Bakery', people: [C.id] })
    await ana.goto(`${A.url}/chats/${group.id}`)
    await ana.getByTitle('Group').click()
    await button(ana, 'Invite by link').click()
    await look(ana, 'group-link-terms', WIDE)
    await button(ana, 'Make a link').click()
    await ana.getByAltText('QR code of the link into Bakery').waitFor(SEEN)
    link = await ana.getByLabel('Link into the group').inputValue()
    assert.match(link, /^openred:g#/)
    await look(ana, 'group-link', WIDE)
  })
  await step('who opens it reads what group it is and who invites, asks, and is in', async () => {
    await ben.goto(`${B.url}/g${link.slice(link.indexOf('#'))}`)
    await ben.getByRole('heading', { name: 'Entrer dans Bakery ?' }).waitFor(SEEN)
    await ben.getByText('Ana Ríos vous invite').waitFor(SEEN)
    await look(ben, 'group-join')
    await button(ben, 'Demander à entrer').click()
    await ben.getByRole('listitem').filter({ hasText: 'Bakery' }).getByRole('link').click(SEEN)
    await write(ben, 'Bonjour à tous')
    await until('everybody hears him', async () => {
      const group = (await C.call('GET', '/chats')).items.find((one) => one.kind === 'group')
      return group && (await C.call('GET', `/chats/${group.id}/messages`)).items.some((one) => one.text === 'Bonjour à tous')
    })
  })
  await step('the link was for one: it is used up', async () => {
    const group = (await A.call('GET', '/chats')).items.find((one) => one.kind === 'group')
    assert.equal((await A.call('GET', `/groups/${group.id}/links`)).items[0].state, 'used')
  })
}

let wrong = false
const play = await stage(openred)
const pages = []
const directory = await play.directory()
try {
  const [A, B, C] = [await arrive(play, 'ana', 'Ana Ríos', directory), await arrive(play, 'ben', 'Ben Okafor', directory), await arrive(play, 'chloe', 'Chloé Martin', directory)]
  await befriend(A, C)
  for (const one of [A, B, C]) await one.call('PATCH', '/settings', { undo_send_s: 0 })
  // Ana has met Ben: she knows his page.
  await A.call('POST', `/people/${B.id}/request`, { relationship: 'follower' })
  const [ana, ben] = [await sit(A, 'en-GB'), await sit(B, 'fr-FR')]
  pages.push(ana, ben)
  await requests(ana, ben, A, B)
  await links(ana, ben, A, B, C)
  await step('requests and links have no serious accessibility finding, light and dark, wide and narrow', () => assert.deepEqual(bad, []))
  await step('requests and links: no script error, no policy violation, no foreign request', () => assert.deepEqual([...new Set(faults)], []))
} catch (error) {
  wrong = true
  broken(error)
  const folder = process.env.STORY_SHOTS
  if (folder) for (const [index, page] of pages.entries()) await page.screenshot({ path: `${folder}/broken-${index}.png` }).catch(() => undefined)
  for (const fault of new Set(faults)) console.log(`# ${fault}`)
} finally {
  await browser.close()
  await play.end(wrong)
}
process.exitCode = summary() ? 0 : 1
