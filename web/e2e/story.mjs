// The story in a browser, against real nodes: ana and ben each set up a node, meet, and speak.
//   node e2e/story.mjs                                     starts a directory and two nodes with $OPENRED_BIN
//   node e2e/story.mjs '{"ana":"http://localhost:1/#k=…","ben":"http://localhost:2/#k=…","directory":"http://…"}'
// Reports in TAP and ends with "N passed, N failed".
import assert from 'node:assert/strict'
import { accessFaults, inTheme, launch, watch } from './browser.mjs'
import { stage } from './nodes.mjs'

const PASSPHRASE = 'a red lamp in the window'
const WAIT_MS = 20_000
const SEEN = { timeout: WAIT_MS }
let passed = 0
let failed = 0
const faults = []

async function step(title, work) {
  const began = Date.now()
  try {
    await work()
    passed += 1
    console.log(`ok ${passed + failed} - ${title}`)
    console.log(`# ${Date.now() - began} ms`)
  } catch (error) {
    failed += 1
    console.log(`not ok ${passed + failed} - ${title}`)
    console.log(`  error: ${error.message.split('\n').slice(0, 6).join(' | ')}`)
    throw error
  }
}

const browser = await launch()
async function person(viewport = { width: 1280, height: 900 }) {
  const context = await browser.newContext({ viewport, locale: 'en-GB', permissions: ['clipboard-read', 'clipboard-write'] })
  const page = await context.newPage()
  page.setDefaultTimeout(WAIT_MS)
  watch(page, faults)
  return page
}
const button = (page, name) => page.getByRole('button', { name })
const go = (page, name) => page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).first().click()
const heading = (page, name) => page.getByRole('heading', { name, level: 1 }).waitFor(SEEN)
const article = (page, text) => page.getByRole('article').filter({ hasText: text })

async function setUp(page, link, name) {
  await page.goto(link)
  await heading(page, 'Welcome to OpenRed')
  assert.equal(await page.getByRole('textbox').count(), 3, 'set-up asks three things: name, passphrase, invitation')
  assert.equal(new URL(page.url()).hash, '', 'the key has left the address bar')
  await page.getByLabel('Your name').fill(name)
  await page.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE)
  await button(page, 'Create my node').click()
  await heading(page, 'You are here')
}
async function firstPost(page, text) {
  await page.getByLabel('Your post').fill(text)
  await button(page, 'Post').click()
  await heading(page, 'Feed')
  await article(page, text).waitFor(SEEN)
}
async function addDirectory(page, url) {
  await go(page, 'Settings')
  await page.getByRole('link', { name: /^Directories/ }).click()
  await page.getByLabel('Address of the directory').fill(url)
  await button(page, 'Add a directory').click()
  await page.getByText('Directory added.').first().waitFor(SEEN)
}
/** A post of somebody else arrives by event: in an empty feed at once, else behind the banner. */
async function arrives(page, text) {
  const banner = button(page, /new post/)
  await article(page, text).or(banner).first().waitFor(SEEN)
  if (await banner.isVisible()) await banner.click()
  await article(page, text).first().waitFor(SEEN)
}
async function write(page, text) {
  await page.getByLabel('Your post').fill(text)
  await button(page, 'Post').and(page.getByText('Post', { exact: true })).click()
  await article(page, text).waitFor(SEEN)
}

async function accessible(page, base) {
  const bad = []
  for (const path of ['/', '/people', '/search', '/notifications', '/you', '/network', '/settings', '/settings/identity', '/settings/look', '/settings/privacy', '/login', '/nowhere']) {
    await page.goto(base + path)
    await page.locator('h1').waitFor(SEEN)
    for (const colorScheme of ['light', 'dark']) {
      await inTheme(page, colorScheme)
      bad.push(...(await accessFaults(page)))
    }
  }
  return bad
}

/** What the app says and keeps while a node is gone. Needs nodes that the story may stop. */
async function away(ana, ben, nodes) {
  const base = nodes.ana.url
  await step('ben is away: ana reads for whom her post waits', async () => {
    await nodes.ben.stop()
    await ana.goto(base)
    await write(ana, 'Is anybody there?')
    await button(article(ana, 'Is anybody there?'), /0 of 1 delivered/).click(SEEN)
    await ana.getByText('Waiting until Ben Okafor’s node is seen').waitFor(SEEN)
    await ana.keyboard.press('Escape')
  })
  await step('ben comes back and unlocks: it is delivered', async () => {
    await nodes.ben.restart()
    await ben.goto(nodes.ben.url)
    await ben.getByLabel('Phrase secrète', { exact: true }).fill(PASSPHRASE)
    await button(ben, 'Déverrouiller').click()
    await article(ben, 'Is anybody there?').first().or(button(ben, /nouvelle publication/)).first().waitFor({ timeout: 60_000 })
    await button(article(ana, 'Is anybody there?'), /Delivered to 1 person/).waitFor({ timeout: 60_000 })
  })
  await step('ana\'s own node is away: the app still opens and reads, and keeps what she writes', async () => {
    await ana.waitForFunction(() => navigator.serviceWorker.controller !== null)
    await ana.reload()
    await article(ana, 'Is anybody there?').waitFor(SEEN)
    await nodes.ana.stop()
    await ana.reload()
    await ana.getByText('You can read what is here').waitFor(SEEN)
    await article(ana, 'Is anybody there?').waitFor(SEEN)
    await ana.getByLabel('Your post').fill('Written while my node was off.')
    await button(ana, 'Post').and(ana.getByText('Post', { exact: true })).click()
    await ana.getByText('It goes out when your node answers').waitFor(SEEN)
  })
  await step('it is back: she unlocks and the post goes out', async () => {
    await nodes.ana.restart()
    await heading(ana, 'Unlock your node')
    await ana.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE)
    await button(ana, 'Unlock').click()
    await button(article(ana, 'Written while my node was off.'), 'More options').waitFor(SEEN)
  })
}

async function story(ana, ben, links, nodes) {
  let invitation = ''
  await step('ana sets up her node with a name and a passphrase', () => setUp(ana, links.ana, 'Ana Ríos'))
  await step('ana writes her first post', () => firstPost(ana, 'Hello from my own node.'))
  await step('the recovery words are the first card; three of them confirm it', async () => {
    await button(ana, 'Do it now').click()
    const dialog = ana.getByRole('dialog')
    await dialog.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE)
    await dialog.getByRole('button', { name: 'Continue' }).click()
    await dialog.getByRole('listitem').first().waitFor(SEEN)
    const words = (await dialog.getByRole('listitem').allTextContents()).map((text) => text.replace(/[\d\s]/g, ''))
    assert.equal(words.length, 24)
    await dialog.getByRole('button', { name: 'I have written them down' }).click()
    const fields = await dialog.getByRole('textbox').all()
    assert.equal(fields.length, 3)
    for (const label of await dialog.locator('label').all()) {
      const place = Number((await label.textContent()).replace(/\D/g, ''))
      await label.getByRole('textbox').fill(words[place - 1])
    }
    await dialog.getByRole('button', { name: 'Confirm' }).click()
    await dialog.waitFor({ state: 'detached', ...SEEN })
    await button(ana, 'Do it now').waitFor({ state: 'detached', ...SEEN })
  })
  if (links.directory) await step('ana adds a directory', () => addDirectory(ana, links.directory))
  await step('ana makes an invitation with a code', async () => {
    await go(ana, 'People')
    await button(ana, 'Invite somebody').first().click()
    const dialog = ana.getByRole('dialog')
    await dialog.getByRole('switch').uncheck()
    await dialog.getByRole('button', { name: 'Create invitation' }).click()
    const code = dialog.getByRole('img', { name: 'QR code of the invitation' })
    await code.waitFor(SEEN)
    await ana.waitForFunction((image) => image.complete && image.naturalWidth > 0, await code.elementHandle())
    invitation = await dialog.getByRole('textbox', { name: /Invitation link/ }).inputValue()
    assert.match(invitation, /^(openred:|https:\/\/[^/]+\/)i#[\w-]{20,}$/)
    await ana.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
  })
  await step('ben sets up his node and skips the first post', async () => {
    await setUp(ben, links.ben, 'Ben Okafor')
    await button(ben, 'Later').click()
    await heading(ben, 'Feed')
    await ben.getByRole('heading', { name: 'It is quiet here' }).waitFor(SEEN)
  })
  if (links.directory) await step('ben adds the directory', () => addDirectory(ben, links.directory))
  await step('ben opens the invitation', async () => {
    await go(ben, 'People')
    await ben.getByLabel('Open an invitation').fill(invitation)
    await button(ben, 'Open').and(ben.getByText('Open', { exact: true })).click()
    await ben.getByText(/was asked|keeps trying/).first().waitFor(SEEN)
  })
  await step('the request comes to ana without a reload; she accepts', async () => {
    await ana.getByRole('tab', { name: /Requests/ }).click()
    await button(ana.getByRole('tabpanel'), 'Accept').click(SEEN)
    await ana.getByRole('tab', { name: /^Friends/ }).click()
    await ana.getByRole('tabpanel').getByText('Ben Okafor').waitFor(SEEN)
  })
  await step('ben sees ana among his friends without a reload', async () => {
    await ben.getByRole('tab', { name: /^Friends/ }).click()
    await ben.getByRole('tabpanel').getByText('Ana Ríos').waitFor(SEEN)
  })
  await step('both read the same safety number', async () => {
    const read = async (page, name) => {
      await page.getByRole('tabpanel').getByRole('link', { name: new RegExp(name) }).first().click()
      await button(page, /Safety number/).click()
      const digits = page.getByText(/^(\d{5}\s*){12}$/)
      await digits.waitFor(SEEN)
      return (await digits.textContent()).replace(/\s/g, '')
    }
    assert.equal(await read(ana, 'Ben Okafor'), await read(ben, 'Ana Ríos'))
    await button(ana, 'They match').click()
    await button(ana, 'Take verification back').waitFor(SEEN)
  })
  await step('ana posts; ben sees it by event', async () => {
    await go(ben, 'Feed')
    await heading(ben, 'Feed')
    await go(ana, 'Feed')
    await write(ana, 'The lamp is lit. Come by when you can.')
    await arrives(ben, 'The lamp is lit.')
  })
  await step('ana reads that it was delivered', () => article(ana, 'The lamp is lit.').getByRole('button', { name: /Delivered to 1 person/ }).waitFor(SEEN))
  await step('a second post waits behind the banner; nothing jumps', async () => {
    await write(ana, 'There is soup, too.')
    const banner = button(ben, /1 new post/)
    await banner.waitFor(SEEN)
    assert.equal(await article(ben, 'There is soup').count(), 0)
    await banner.click()
    await article(ben, 'There is soup').waitFor(SEEN)
  })
  await step('ben comments; ana sees it in the open thread', async () => {
    await article(ana, 'The lamp is lit.').click({ position: { x: 200, y: 12 } })
    await heading(ana, 'Post')
    await article(ben, 'The lamp is lit.').getByRole('link', { name: /comment/ }).click()
    await heading(ben, 'Post')
    await ben.getByLabel('Write a comment').fill('On my way.')
    await button(ben, 'Comment').and(ben.getByText('Comment', { exact: true })).click()
    await article(ben, 'On my way.').waitFor(SEEN)
    await article(ana, 'On my way.').waitFor(SEEN)
  })
  await step('ana replies to the comment; ben sees it below', async () => {
    await button(article(ana, 'On my way.'), 'Reply').click()
    await ana.getByLabel('Reply to Ben Okafor').fill('Bring bread!')
    await button(ana, 'Reply').last().click()
    await article(ben, 'Bring bread!').waitFor(SEEN)
  })
  await step('ben reacts; ana sees the count', async () => {
    await ben.getByRole('article', { name: 'Post by Ana Ríos' }).getByRole('button', { name: /React with ❤/ }).click()
    await ana.getByRole('article', { name: 'Post by Ana Ríos' }).getByRole('button', { name: /React with ❤, 1/ }).waitFor(SEEN)
  })
  await step('ana edits; ben reads "edited"', async () => {
    await button(ana.getByRole('article', { name: 'Post by Ana Ríos' }), 'More options').click()
    await ana.getByRole('menuitem', { name: 'Edit' }).click()
    await ana.getByRole('dialog').getByRole('textbox').fill('The lamp is lit. Come by at eight.')
    await ana.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
    await ben.getByText('Come by at eight.').waitFor(SEEN)
    await ben.getByText(/^Edited /).waitFor(SEEN)
  })
  await step('ana is told of comment and reaction', async () => {
    await go(ana, /Notifications/)
    await ana.getByText('commented on your post').first().waitFor(SEEN)
    await ana.getByText('reacted to your post').first().waitFor(SEEN)
  })
  await step('a draft survives a reload', async () => {
    await go(ana, 'Feed')
    await ana.getByLabel('Your post').fill('Half a thought')
    await ana.waitForFunction(() => Object.entries(localStorage).some(([key, text]) => key.startsWith('draft:') && text === 'Half a thought'))
    await ana.reload()
    await ana.getByText('Draft kept').waitFor(SEEN)
    assert.equal(await ana.getByLabel('Your post').inputValue(), 'Half a thought')
    await ana.getByLabel('Your post').fill('')
    await ana.getByLabel('Your post').blur()
  })
  await step('the keyboard reaches posts, places and the list of keys', async () => {
    await ana.keyboard.press('j')
    await ana.waitForFunction(() => document.activeElement?.getAttribute('aria-posinset') === '1')
    await ana.keyboard.press('j')
    await ana.waitForFunction(() => document.activeElement?.getAttribute('aria-posinset') === '2')
    await ana.keyboard.press('?')
    await ana.getByRole('dialog', { name: 'Keyboard' }).waitFor(SEEN)
    await ana.keyboard.press('Escape')
    await ana.getByRole('dialog').waitFor({ state: 'detached' })
    await ana.keyboard.press('/')
    await heading(ana, 'Search')
    await ana.keyboard.press('Escape')
    await ana.locator('h1').focus()
    await ana.keyboard.press('g')
    await ana.keyboard.press('s')
    await heading(ana, 'Settings')
  })
  await step('ben switches to French, and the node remembers it', async () => {
    await go(ben, 'Settings')
    await ben.getByRole('link', { name: /Language and appearance/ }).click()
    await ben.getByText('Français', { exact: true }).click()
    await heading(ben, 'Langue et apparence')
    await ben.evaluate(() => localStorage.removeItem('language'))
    await ben.reload()
    await heading(ben, 'Langue et apparence')
    assert.equal(await ben.locator('html').getAttribute('lang'), 'fr')
  })
  await step('ana locks her node; the passphrase opens it again', async () => {
    await button(ana, 'Lock this node').click()
    await heading(ana, 'Unlock your node')
    await ana.getByLabel('Passphrase', { exact: true }).fill('not this one at all')
    await button(ana, 'Unlock').click()
    await ana.getByText(/not right|Wait/).first().waitFor(SEEN)
    await ana.waitForFunction(() => !document.querySelector('[role=alert]')?.textContent?.includes('Wait'))
    await ana.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE)
    await button(ana, 'Unlock').click()
    await heading(ana, 'Feed')
  })
  await step('twelve screens have no serious accessibility finding, light and dark', async () => assert.deepEqual(await accessible(ana, new URL(links.ana).origin), []))
  if (nodes) await away(ana, ben, nodes)
  await step('no script error, no policy violation, no foreign request', () => assert.deepEqual([...new Set(faults)], []))
}

const given = process.argv[2]
const openred = process.env.OPENRED_BIN
if (!given && !openred) throw new Error('give the set-up links as JSON, or the program in OPENRED_BIN')
const play = given ? null : await stage(openred)
const pages = []
try {
  let links = given ? JSON.parse(given) : null
  let nodes = null
  if (play) {
    const directory = await play.directory()
    nodes = { ana: await play.node('ana'), ben: await play.node('ben') }
    const { ana, ben } = nodes
    links = { directory, ana: ana.setup, ben: ben.setup }
  }
  pages.push(await person(), await person())
  await story(pages[0], pages[1], links, nodes)
} catch (error) {
  if (!failed) console.log(`not ok ${passed + (failed = 1)} - the stage is set\n  error: ${error.message}`)
  const folder = process.env.STORY_SHOTS
  if (folder) for (const [index, page] of pages.entries()) await page.screenshot({ path: `${folder}/story-${index}.png` }).catch(() => undefined)
  for (const fault of new Set(faults)) console.log(`# ${fault}`)
} finally {
  await browser.close()
  await play?.end(failed > 0)
}
console.log(`1..${passed + failed}`)
console.log(`# ${passed} passed, ${failed} failed`)
process.exitCode = failed ? 1 : 0
