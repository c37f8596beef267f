// The story in a browser, against real nodes: ana and ben set up a node each, meet, and speak; chloé joins them.
//   node e2e/story.mjs                                     starts a directory and two nodes with $OPENRED_BIN
//   node e2e/story.mjs '{"ana":"http://localhost:1/#k=…","ben":"http://localhost:2/#k=…","directory":"http://…"}'
// Reports in TAP and ends with "N passed, N failed".
import assert from 'node:assert/strict'
import { accessFaults, fromDist, inTheme, launch, watch } from './browser.mjs'
import { stage } from './nodes.mjs'
import { step } from './tap.mjs'
import { tell } from './told.mjs'

const PASSPHRASE = 'a red lamp in the window'
const WAIT_MS = 20_000
const SEEN = { timeout: WAIT_MS }
const faults = []

const browser = await launch()
async function person(viewport = { width: 1280, height: 900 }) {
  const context = await browser.newContext({ viewport, locale: 'en-GB', serviceWorkers: process.env.APP_DIST ? 'block' : 'allow', permissions: ['clipboard-read', 'clipboard-write'] })
  await fromDist(context)
  const page = await context.newPage()
  page.setDefaultTimeout(WAIT_MS)
  watch(page, faults)
  return page
}
const button = (page, name) => page.getByRole('button', { name })
const go = (page, name) => page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).first().click()
const heading = (page, name) => page.getByRole('heading', { name, level: 1 }).waitFor(SEEN)
const article = (page, text) => page.getByRole('article').filter({ hasText: text })

async function setUp(page, link, name, invitation) {
  await page.goto(link)
  await heading(page, 'Welcome to OpenRed')
  assert.equal(await page.getByRole('textbox').count(), 3, 'set-up asks three things: name, passphrase, invitation')
  assert.equal(new URL(page.url()).hash, '', 'the key has left the address bar')
  await page.getByLabel('Your name').fill(name)
  await page.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE)
  if (invitation) await page.getByLabel(/^Invitation link/).fill(invitation)
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
async function addRelay(page, url) {
  await go(page, 'Settings')
  await page.getByRole('link', { name: /^Relays/ }).click()
  await page.getByLabel('Address of the relay').fill(url)
  await button(page, 'Add a relay').click()
  await page.getByText('Relay added.').first().waitFor(SEEN)
}
/** A post of somebody else arrives by event: in an empty feed at once, else behind the banner. */
async function arrives(page, text) {
  const banner = button(page, /new post/)
  await article(page, text).or(banner).first().waitFor(SEEN)
  if (await banner.isVisible()) await banner.click()
  await article(page, text).first().waitFor(SEEN)
}
/** The page of a person, by the list of friends or another one. */
async function openPerson(page, name, list = /^Friends/) {
  await go(page, 'People')
  await page.getByRole('tab', { name: list }).click()
  await page.getByRole('tabpanel').getByRole('link', { name: new RegExp(name) }).first().click()
  await heading(page, name)
}
async function choose(page, from, item) {
  await button(from, 'More options').first().click()
  await page.getByRole('menuitem', { name: item }).click()
}
async function write(page, text) {
  await page.getByLabel('Your post').fill(text)
  await button(page, 'Post').and(page.getByText('Post', { exact: true })).click()
  await article(page, text).waitFor(SEEN)
}

async function accessible(page, base) {
  const bad = []
  for (const path of ['/', '/people', '/search', '/notifications', '/you', '/network', '/settings', '/settings/identity', '/settings/network', '/tag/lamp', '/settings/look', '/settings/privacy', '/login', '/nowhere']) {
    await page.goto(base + path)
    await page.locator('h1').waitFor(SEEN)
    for (const colorScheme of ['light', 'dark']) {
      await inTheme(page, colorScheme)
      bad.push(...(await accessFaults(page)))
    }
  }
  return bad
}

const LONG = `The whole story of the lamp. ${'It was red, and it stood in the window, and everybody knew what it meant. '.repeat(5)}And that is how it ended.`
const NEW_PASSPHRASE = 'another lamp in another window'

/** What happens between three people who know each other. */
async function three(ana, ben, chloe, link) {
  let invitation = ''
  let page = ''
  await step('ana deletes a post, takes that back, and deletes it again', async () => {
    await go(ben, 'Feed')
    await go(ana, 'Feed')
    await write(ana, 'A slip of the tongue.')
    await arrives(ben, 'A slip of the tongue.')
    await choose(ana, article(ana, 'A slip of the tongue.'), 'Delete')
    await article(ana, 'A slip of the tongue.').waitFor({ state: 'detached', ...SEEN })
    await button(ana, 'Undo').click()
    await article(ana, 'A slip of the tongue.').waitFor(SEEN)
    await choose(ana, article(ana, 'A slip of the tongue.'), 'Delete')
    await button(ana, 'Undo').waitFor(SEEN)
    assert.equal(await article(ben, 'A slip of the tongue.').count(), 1, 'nothing was sent yet')
  })
  await step('leaving the page sends it at once: ben does not have it any more', async () => {
    await ana.reload()
    await heading(ana, 'Feed')
    await article(ben, 'A slip of the tongue.').waitFor({ state: 'detached', ...SEEN })
    assert.equal(await article(ana, 'A slip of the tongue.').count(), 0)
  })
  await step('chloé sets up her node with an invitation of ana\'s that needs no answer', async () => {
    await go(ana, 'People')
    await button(ana, 'Invite somebody').first().click()
    await ana.getByRole('dialog').getByRole('button', { name: 'Create invitation' }).click()
    invitation = await ana.getByRole('dialog').getByRole('textbox', { name: /Invitation link/ }).inputValue()
    await ana.keyboard.press('Escape')
    await setUp(chloe, link, 'Chloé Martin', invitation)
    await button(chloe, 'Later').click()
    await go(chloe, 'People')
    await chloe.getByRole('tab', { name: /^Friends/ }).click()
    await chloe.getByRole('tabpanel').getByText('Ana Ríos').waitFor(SEEN)
  })
  await step('ana introduces ben and chloé with a word', async () => {
    await openPerson(ana, 'Ben Okafor')
    await button(ana, 'Introduce').click()
    const dialog = ana.getByRole('dialog')
    await dialog.getByText('Chloé Martin').click()
    await dialog.getByLabel(/A word to both/).fill('You both bake.')
    await dialog.getByRole('button', { name: 'Introduce' }).click()
    await ana.getByText('Introduced. Both hear from you.').first().waitFor(SEEN)
  })
  await step('ben is told who introduced them, and asks', async () => {
    await go(ben, /Notifications/)
    await ben.getByRole('link', { name: /Chloé Martin was introduced to you by Ana Ríos/ }).click(SEEN)
    await heading(ben, 'Chloé Martin')
    await ben.getByText('introduced by Ana Ríos').first().waitFor(SEEN)
    await ben.getByRole('main').getByText('You both bake.').first().waitFor(SEEN)
    await button(ben.getByRole('main'), 'Ask to be friends').click()
    await ben.getByRole('dialog').getByRole('button', { name: 'Ask', exact: true }).click()
    await button(ben, 'Withdraw').waitFor(SEEN)
  })
  await step('chloé accepts; they are friends', async () => {
    await chloe.getByRole('tab', { name: /Requests/ }).click()
    await button(chloe.getByRole('tabpanel'), 'Accept').click(SEEN)
    await button(ben.getByRole('main'), 'Introduce').waitFor(SEEN)
  })
  await step('who was a friend when a long post came may ask to read it afterwards', async () => {
    await go(chloe, 'Feed')
    await go(ana, 'Feed')
    await write(ana, LONG)
    await arrives(chloe, 'The whole story of the lamp.')
    await openPerson(ana, 'Chloé Martin')
    await choose(ana, ana.getByRole('main'), 'Remove friend')
    await ana.getByRole('dialog').getByRole('button', { name: 'Remove friend' }).click()
    await button(ana.getByRole('main'), 'Ask to be friends').waitFor(SEEN)
    page = ana.url()
    await chloe.getByRole('link', { name: 'Read the rest' }).click()
    await heading(chloe, 'Post')
    await button(chloe, 'Ask for access').click(SEEN)
    await chloe.getByText('You asked for access.').first().waitFor(SEEN)
  })
  await step('ana allows it, and chloé reads the end', async () => {
    await go(ana, /Notifications/)
    await button(ana, 'Allow').click(SEEN)
    await chloe.getByText('And that is how it ended.').waitFor(SEEN)
  })
  await step('ana blocks chloé and takes it back', async () => {
    await ana.goto(page)
    await heading(ana, 'Chloé Martin')
    await choose(ana, ana.getByRole('main'), 'Block')
    await ana.getByRole('dialog').getByRole('button', { name: 'Block' }).click()
    await ana.getByText('You blocked Chloé Martin.').waitFor(SEEN)
    await openPerson(ana, 'Chloé Martin', 'Blocked')
    await button(ana, 'Unblock').click()
    await button(ana, 'Ask to be friends').waitFor(SEEN)
  })
}

/** A call said to be ana's: ben asks her own node. */
async function confirmation(ana, ben) {
  await step('ben asks ana to confirm; she does, and he reads it', async () => {
    await openPerson(ben, 'Ana Ríos')
    await choose(ben, ben.getByRole('main'), 'Ask to confirm…')
    await ben.getByLabel('What is it about?').fill('Was that you on the telephone?')
    await ben.getByRole('dialog').getByRole('button', { name: 'Ask', exact: true }).click()
    const asked = ana.getByRole('alertdialog')
    await asked.getByText('Was that you on the telephone?').waitFor(SEEN)
    await asked.getByText('Ben Okafor asks you to confirm').waitFor(SEEN)
    await button(asked, 'Yes, that’s me').click()
    await ben.getByText('Ana Ríos confirmed it.').waitFor(SEEN)
    await asked.waitFor({ state: 'detached', ...SEEN })
    await ben.keyboard.press('Escape')
  })
}

/** The 24 words replace a key that may have been seen, and open the node when the passphrase is lost. */
async function byWords(ana, ben, words) {
  await step('ana replaces her keys by her words; ben is told', async () => {
    await go(ana, 'Settings')
    await ana.getByRole('link', { name: /^Identity and recovery/ }).click()
    await button(ana, 'Replace keys').click()
    await ana.getByLabel(/words/).fill(words)
    await button(ana, 'Replace keys').click()
    await ana.getByText('Keys replaced').waitFor(SEEN)
    await go(ben, /Notifications/)
    await ben.getByText(/changed keys/).first().waitFor(SEEN)
  })
  await step('ana has lost her passphrase: the words open the node and set a new one', async () => {
    await go(ana, 'Settings')
    await button(ana, 'Lock this node').click()
    await heading(ana, 'Unlock your node')
    await ana.getByRole('link', { name: 'Forgot it? Use your 24 words' }).click()
    await ana.getByLabel(/24 words/).fill(words)
    await ana.getByLabel('New passphrase', { exact: true }).fill(NEW_PASSPHRASE)
    await button(ana, 'Recover').click()
    await heading(ana, 'Feed')
  })
}

/** What the app says and keeps while a node is gone. Needs nodes that the story may stop. */
async function away(ana, ben, nodes) {
  const base = nodes.ana.url
  await step('ben is away: ana reads for whom her post waits', async () => {
    await nodes.ben.stop()
    await ana.goto(base)
    await write(ana, 'Is anybody there?')
    await button(article(ana, 'Is anybody there?'), /0 of 1 delivered/).click(SEEN)
    await ana.getByText('Waits at Ben Okafor’s relay: it arrives when their node is on').waitFor({ timeout: 60_000 })
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
    await article(ana, 'Is anybody there?').click({ position: { x: 200, y: 12 } })
    await ana.getByLabel('Write a comment').waitFor(SEEN)
    await go(ana, 'Feed')
    await nodes.ana.stop()
    await ana.reload()
    await ana.getByText('You can read what is here').waitFor(SEEN)
    await article(ana, 'Is anybody there?').waitFor(SEEN)
    await ana.getByLabel('Your post').fill('Written while my node was off.')
    await button(ana, 'Post').and(ana.getByText('Post', { exact: true })).click()
    await ana.getByText('It goes out when your node answers').waitFor(SEEN)
  })
  await step('a reaction and a comment wait, too, and a reload does not lose them', async () => {
    const asked = article(ana, 'Is anybody there?')
    await button(asked, /React with ❤/).click()
    await button(asked, /Your reaction waits/).waitFor(SEEN)
    await asked.click({ position: { x: 200, y: 12 } })
    await ana.getByLabel('Write a comment').fill('Only me.')
    await button(ana, 'Comment').and(ana.getByText('Comment', { exact: true })).click()
    await ana.reload()
    await article(ana, 'Only me.').getByText('It goes out when your node answers').waitFor(SEEN)
    await go(ana, 'Feed')
    await article(ana, 'Written while my node was off.').getByText('It goes out').waitFor(SEEN)
  })
  await step('it is back: she unlocks, and everything goes out once', async () => {
    await nodes.ana.restart()
    await heading(ana, 'Unlock your node')
    await ana.getByLabel('Passphrase', { exact: true }).fill(NEW_PASSPHRASE)
    await button(ana, 'Unlock').click()
    await button(article(ana, 'Written while my node was off.'), 'More options').waitFor(SEEN)
    const asked = article(ana, 'Is anybody there?')
    await button(asked, 'Take back ❤, 1').waitFor(SEEN)
    await asked.getByRole('link', { name: '1 comment' }).waitFor(SEEN)
  })
}

async function story(ana, ben, chloe, links, nodes) {
  let invitation = ''
  let words = []
  await step('ana sets up her node with a name and a passphrase', () => setUp(ana, links.ana, 'Ana Ríos'))
  await step('ana writes her first post', () => firstPost(ana, 'Hello from my own node.'))
  await step('the recovery words are the first card; three of them confirm it', async () => {
    await button(ana, 'Do it now').click()
    const dialog = ana.getByRole('dialog')
    await dialog.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE)
    await dialog.getByRole('button', { name: 'Continue' }).click()
    await dialog.getByRole('listitem').first().waitFor(SEEN)
    words = (await dialog.getByRole('listitem').allTextContents()).map((text) => text.replace(/[\d\s]/g, ''))
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
  if (links.relay) {
    await step('ben takes a directory for a relay and is told; then he adds a relay', async () => {
      await go(ben, 'Settings')
      await ben.getByRole('link', { name: /^Relays/ }).click()
      await ben.getByLabel('Address of the relay').fill(links.directory)
      await button(ben, 'Add a relay').click()
      await ben.getByText('What answers there is no relay.').waitFor(SEEN)
      await addRelay(ben, links.relay)
    })
  }
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
  await step('ana follows the hashtag of a post; it is listed where she searches', async () => {
    await go(ana, 'Feed')
    await write(ana, 'A red #Lamp in every window.')
    await ana.getByRole('link', { name: '#Lamp' }).click()
    await heading(ana, '#lamp')
    await article(ana, 'A red #Lamp in every window.').waitFor(SEEN)
    await button(ana, 'Follow').click()
    await button(ana, /^Following/).waitFor(SEEN)
    await go(ana, 'Search')
    await ana.getByRole('link', { name: '#lamp' }).waitFor(SEEN)
  })
  await step('ana finds people and posts by what she types', async () => {
    await ana.getByRole('searchbox').fill('window lamp')
    await ana.getByRole('heading', { name: 'Posts', exact: true }).waitFor(SEEN)
    await article(ana, 'A red #Lamp in every window.').waitFor(SEEN)
    await ana.getByText('Nobody found').waitFor(SEEN)
    await ana.getByRole('searchbox').fill('okafor')
    await ana.getByRole('link', { name: /Ben Okafor/ }).first().waitFor(SEEN)
    assert.equal(await ana.getByRole('heading', { name: 'Posts', exact: true }).count(), 0)
  })
  await step('ana sees the node of ben among her neighbours, and why it is there', async () => {
    await go(ana, 'Settings')
    await ana.getByRole('link', { name: /^Neighbours/ }).first().click()
    await heading(ana, 'Neighbours')
    await button(ana, /Ben Okafor.* · since .*Trust: /).click()
    await ana.getByText(/^Your node called it|^It called your node/).waitFor(SEEN)
    await ana.getByText('The numbers').click()
    await ana.getByText('Own experience', { exact: true }).waitFor(SEEN)
  })
  await step('ana is told of comment and reaction', async () => {
    await go(ana, /Notifications/)
    await ana.getByText('commented on your post').first().waitFor(SEEN)
    await ana.getByText('reacted to your post').first().waitFor(SEEN)
  })
  if (links.chloe) await three(ana, ben, chloe, links.chloe)
  await confirmation(ana, ben)
  await byWords(ana, ben, words.join(' '))
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
    await ana.getByLabel('Passphrase', { exact: true }).fill(NEW_PASSPHRASE)
    await button(ana, 'Unlock').click()
    await heading(ana, 'Feed')
  })
  await step('fourteen screens have no serious accessibility finding, light and dark', async () => assert.deepEqual(await accessible(ana, new URL(links.ana).origin), []))
  if (nodes) await away(ana, ben, nodes)
  await step('no script error, no policy violation, no foreign request', () => assert.deepEqual([...new Set(faults)], []))
}

const given = process.argv[2]
const openred = process.env.OPENRED_BIN
if (!given && !openred) throw new Error('give the set-up links as JSON, or the program in OPENRED_BIN')
const play = given ? null : await stage(openred)
const pages = []
await tell('story', { browser, play, pages, faults }, async () => {
  let links = given ? JSON.parse(given) : null
  let nodes = null
  if (play) {
    const directory = await play.directory()
    nodes = { ana: await play.node('ana'), ben: await play.node('ben'), chloe: await play.node('chloe') }
    const { ana, ben, chloe } = nodes
    links = { directory, relay: await play.relay(), ana: ana.setup, ben: ben.setup, chloe: chloe.setup }
  }
  pages.push(await person(), await person(), await person())
  await story(...pages, links, nodes)
})
