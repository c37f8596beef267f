// Conversations and files in a browser, against real nodes: ana speaks English, ben French.
//   OPENRED_BIN=target/debug/openred node e2e/story-chats.mjs
// Reports in TAP and ends with "N passed, N failed".
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { accessFaults, inTheme, launch } from './browser.mjs'
import { bubble, button, DESKTOP, field, focused, log, seats, SEEN, stands, write } from './chatting.mjs'
import { stage, until } from './nodes.mjs'
import { arrive, befriend, PASSPHRASE } from './people.mjs'
import { step } from './tap.mjs'
import { tell } from './told.mjs'

const openred = process.env.OPENRED_BIN
if (!openred) throw new Error('OPENRED_BIN names the program')
const faults = []
const browser = await launch()
const sit = seats(browser, faults)

async function menu(page, text, item) {
  await bubble(page, text).hover()
  await bubble(page, text).locator('[data-menu]').click()
  await page.getByRole('menuitem', { name: item, exact: true }).click()
}
const go = (page, name) => page.getByRole('navigation').first().getByRole('link', { name }).first().click()

async function talking(ana, ben, A, B) {
  await step('ana begins a conversation from the page of ben', async () => {
    await ana.goto(`${A.url}/people/${B.id}`)
    await ana.getByRole('link', { name: 'Message', exact: true }).click()
    await ana.getByText('Only you and Ben Okafor can read this').waitFor(SEEN)
    await focused(ana, 'textarea')
    await write(ana, 'Is the oven warm?')
  })
  await step('it is delivered; ben sees it in French, with a count and without a reload', async () => {
    await stands(ana, 'Is the oven warm?', 'Delivered')
    await ben.goto(`${B.url}/chats`)
    const row = ben.getByRole('listitem').filter({ hasText: 'Ana Ríos' })
    await row.getByText('Is the oven warm?').waitFor(SEEN)
    await row.getByText('1 nouveau').waitFor({ state: 'attached', ...SEEN })
    await row.getByRole('link').click()
    await bubble(ben, 'Is the oven warm?').waitFor(SEEN)
  })
  await step('ana reads that ben has read it', () => stands(ana, 'Is the oven warm?', 'Read'))
  await step('ben answers that very message, by keyboard alone', async () => {
    await focused(ben, 'textarea')
    await ben.keyboard.press('ArrowUp')
    await focused(ben, '[data-message]')
    await ben.keyboard.press('r')
    await focused(ben, 'textarea')
    await ben.getByText('Répondre à Ana Ríos').waitFor(SEEN)
    await ben.keyboard.type('Depuis cinq heures.')
    await ben.keyboard.press('Shift+Enter')
    await ben.keyboard.type('Viens.')
    await ben.keyboard.press('Enter')
    const answer = bubble(ana, 'Depuis cinq heures.')
    await answer.getByRole('button', { name: 'You Is the oven warm?' }).waitFor(SEEN)
  })
  await step('the quote leads to what was answered', async () => {
    await bubble(ana, 'Depuis cinq heures.').getByRole('button', { name: 'You Is the oven warm?' }).click()
    await ana.waitForFunction(() => document.activeElement?.matches('[data-message]') && document.activeElement.textContent.includes('Is the oven warm?'))
  })
  await step('ana reacts by keyboard; ben sees it, and takes up the same', async () => {
    await ana.keyboard.press('ArrowDown')
    await ana.keyboard.press('Enter')
    await ana.getByRole('menu').waitFor(SEEN)
    await ana.keyboard.press('ArrowDown')
    await ana.keyboard.press('Enter')
    const chip = bubble(ben, 'Depuis cinq heures.').locator('.reactions button')
    await chip.waitFor(SEEN)
    await chip.click()
    await bubble(ana, 'Depuis cinq heures.').locator('.reactions').getByText('2').waitFor(SEEN)
  })
  await step('ana changes what she wrote; ben reads that she did', async () => {
    await menu(ana, 'Is the oven warm?', 'Edit')
    await field(ana).fill('Is the new oven warm?')
    await ana.keyboard.press('Enter')
    await bubble(ben, 'Is the new oven warm?').getByText('modifié').waitFor(SEEN)
  })
  await step('ana deletes a message for both, and is told what that means', async () => {
    await write(ana, 'A slip of the thumb.')
    await bubble(ben, 'A slip of the thumb.').waitFor(SEEN)
    await stands(ana, 'A slip of the thumb.', '(Delivered|Read)')
    await menu(ana, 'A slip of the thumb.', 'Delete for everybody')
    await ana.getByRole('dialog').getByText('Who has read it has read it').waitFor(SEEN)
    await ana.getByRole('dialog').getByRole('button', { name: 'Delete for everybody' }).click()
    await bubble(ben, 'Ce message a été supprimé.').waitFor(SEEN)
    await bubble(ana, 'You deleted this message.').waitFor(SEEN)
  })
  await step('a message that has not left is taken back; its text can be written on', async () => {
    await ana.goto(`${A.url}/settings/privacy`)
    await ana.getByLabel('Time to take a message back').selectOption('20')
    await until('the node knows', async () => (await A.call('GET', '/settings')).undo_send_s === 20)
    await ana.goto(`${A.url}/chats/${B.id}`)
    await write(ana, 'Said too soon.')
    await button(bubble(ana, 'Said too soon.'), 'Undo').click()
    await bubble(ana, 'Said too soon.').waitFor({ state: 'detached', ...SEEN })
    assert.equal(await field(ana).inputValue(), 'Said too soon.')
    const { items } = await B.call('GET', `/chats/${A.id}/messages`)
    assert.ok(!items.some((one) => one.text === 'Said too soon.'), 'ben never had it')
  })
  await step('the story of a message says what its state means', async () => {
    await ana.keyboard.press('Enter')
    await bubble(ana, 'Said too soon.').getByTitle('The story of this message').click()
    await ana.getByRole('dialog').getByText('Nothing has left your node.').waitFor(SEEN)
    await ana.keyboard.press('Escape')
    await button(bubble(ana, 'Said too soon.'), 'Undo').click()
    await bubble(ana, 'Said too soon.').waitFor({ state: 'detached', ...SEEN })
    await ana.waitForFunction(() => document.querySelector('textarea')?.value === 'Said too soon.')
    await field(ana).fill('')
    await A.call('PATCH', '/settings', { undo_send_s: 0 })
  })
  await step('what is begun is kept on the node, and named in the list', async () => {
    await field(ana).fill('Half a thought')
    await until('the node keeps it', async () => (await A.call('GET', `/chats/${B.id}`)).draft === 'Half a thought')
    await ana.keyboard.press('Escape')
    await ana.getByRole('listitem').filter({ hasText: 'Draft: Half a thought' }).getByRole('link').click()
    const elsewhere = await sit(A, 'en-GB')
    await elsewhere.goto(`${A.url}/chats/${B.id}`)
    await elsewhere.waitForFunction(() => document.querySelector('textarea')?.value === 'Half a thought')
    await elsewhere.context().close()
    assert.equal(await field(ana).inputValue(), 'Half a thought')
    await field(ana).fill('')
    await until('the node forgets it', async () => !(await A.call('GET', `/chats/${B.id}`)).draft)
  })
}

async function listing(ana, A, B) {
  await step('by keyboard: a conversation is opened, pinned, muted, put away and brought back', async () => {
    await ana.goto(`${A.url}/chats`)
    const row = ana.getByRole('listitem').filter({ hasText: 'Ben Okafor' })
    await row.waitFor(SEEN)
    await ana.getByRole('searchbox').focus()
    await ana.keyboard.press('ArrowDown')
    await focused(ana, `[data-chat="${B.id}"]`)
    await ana.keyboard.press('i')
    await row.getByLabel('Pinned').waitFor(SEEN)
    await ana.keyboard.press('m')
    await row.getByLabel('Muted').waitFor(SEEN)
    await ana.keyboard.press('a')
    await row.waitFor({ state: 'detached', ...SEEN })
    await ana.getByRole('tab', { name: 'Archived' }).click()
    await row.waitFor(SEEN)
    await button(ana, 'Undo').click()
    await row.waitFor({ state: 'detached', ...SEEN })
    await ana.getByRole('tab', { name: 'Open' }).click()
    await row.getByRole('link').focus()
    await ana.keyboard.press('m')
    await row.getByLabel('Muted').waitFor({ state: 'detached', ...SEEN })
    await ana.keyboard.press('Enter')
    await focused(ana, 'textarea')
    await ana.keyboard.press('Escape')
    await ana.getByText('Choose a conversation').waitFor(SEEN)
  })
  await step('the list is searched by name, and finds friends without a conversation', async () => {
    await ana.getByRole('searchbox').fill('chlo')
    await ana.getByRole('tabpanel').getByRole('link', { name: /Chloé Martin/ }).waitFor(SEEN)
    assert.equal(await ana.getByRole('tabpanel').getByRole('link', { name: /Ben Okafor/ }).count(), 0)
    await ana.keyboard.press('Escape')
    await ana.getByRole('tabpanel').getByRole('link', { name: /Ben Okafor/ }).waitFor(SEEN)
  })
}

/** More than one page of the API holds, and than one window of the list. */
const MANY = 130
async function longOne(ana, A, C) {
  await step('a long conversation opens at the first new message', async () => {
    for (let n = 1; n <= MANY; n++) await C.say(A, `Line ${n} of the minutes, which go on and on.`)
    await until('ana has all', async () => (await A.call('GET', `/chats/${C.id}`)).unread === MANY)
    await ana.goto(`${A.url}/chats/${C.id}`)
    await log(ana).getByText('New', { exact: true }).waitFor(SEEN)
    const top = await bubble(ana, 'Line 1 of').evaluate((one) => one.getBoundingClientRect().top)
    assert.ok(top > 0 && top < 400, `the first new message stands at ${top}`)
    await button(ana, /further down|newest/).click()
    await bubble(ana, `Line ${MANY} of`).waitFor(SEEN)
    await until('all is read', async () => (await A.call('GET', `/chats/${C.id}`)).unread === 0)
  })
  await step('older pages come above without moving what is read', async () => {
    await ana.reload()
    await bubble(ana, `Line ${MANY} of`).waitFor(SEEN)
    assert.equal(await bubble(ana, 'Line 30 of').count(), 0, 'not all of it is in the page')
    const jump = await ana.evaluate(async () => {
      const box = document.querySelector('[role=log]').parentElement
      const still = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 60))))
      let most = 0
      for (let round = 0; round < 80 && !document.querySelector('.beginning'); round++) {
        box.scrollTop -= 300
        const watched = [...document.querySelectorAll('[data-message]')].find((one) => one.getBoundingClientRect().top > 150)
        const before = watched.getBoundingClientRect().bottom
        await still()
        most = Math.max(most, Math.abs(watched.getBoundingClientRect().bottom - before))
      }
      return most
    })
    assert.ok(jump < 2, `what was read moved by ${jump} px`)
    await bubble(ana, 'Line 1 of').waitFor(SEEN)
  })
  await step('what comes meanwhile does not move it either; a button leads there', async () => {
    const before = await bubble(ana, 'Line 3 of').evaluate((one) => one.getBoundingClientRect().top)
    await C.say(A, 'And one more.')
    await button(ana, '1 new message, further down').waitFor(SEEN)
    assert.ok(Math.abs((await bubble(ana, 'Line 3 of').evaluate((one) => one.getBoundingClientRect().top)) - before) < 2)
    await button(ana, '1 new message, further down').click()
    await bubble(ana, 'And one more.').waitFor(SEEN)
  })
  await step('what comes late further up is told, and leads there', async () => {
    const late = 'Said before the minutes were closed.'
    // In the page itself: what its service worker asks for cannot be held back from outside.
    await ana.evaluate((late) => {
      const real = window.fetch
      window.fetch = async (what, ...more) => {
        const answer = await real(what, ...more)
        if (!new URL(what.url ?? what, location.href).pathname.endsWith('/messages')) return answer
        const page = await answer.json()
        return Response.json({ ...page, items: page.items?.filter((one) => one.text !== late) }, { status: answer.status })
      }
      window.lateMayCome = () => (window.fetch = real)
    }, late)
    for (const text of [late, ...Array.from({ length: 30 }, (_, n) => `Any other business, ${n + 1}.`)]) await C.say(A, text)
    await bubble(ana, 'Any other business, 30.').waitFor(SEEN)
    await ana.evaluate(() => window.lateMayCome())
    await C.say(A, 'The meeting is over.')
    await ana.getByText('A message from Chloé Martin came late').first().waitFor(SEEN)
    await button(ana, 'Show it').click()
    await until('it is in sight', () => bubble(ana, late).evaluate((one) => { const { top, bottom } = one.getBoundingClientRect(); return top > 0 && bottom < innerHeight }))
  })
}

async function away(ana, ben, A, B) {
  await step('ana\'s node is away: what she writes is kept, and said to be', async () => {
    await ana.goto(`${A.url}/chats/${B.id}`)
    await field(ana).waitFor(SEEN)
    await A.stop()
    await write(ana, 'Written first.')
    await write(ana, 'Written second.')
    await stands(ana, 'Written first.', 'Kept in this browser')
    await stands(ana, 'Written second.', '(Kept in this browser|Saving)')
  })
  await step('it is back: both go out, in order and once', async () => {
    await A.restart()
    await ana.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE, SEEN)
    await button(ana, 'Unlock').click()
    await bubble(ben, 'Written second.').waitFor({ timeout: 60_000 })
    const { items } = await B.call('GET', `/chats/${A.id}/messages`)
    assert.deepEqual(items.map((one) => one.text).filter((text) => text?.startsWith('Written')).reverse(), ['Written first.', 'Written second.'])
    await stands(ana, 'Written second.', '(Delivered|Read)')
  })
  await step('while ben is away it is sent, not delivered; when he is back it arrives', async () => {
    await ben.goto('about:blank')
    await B.stop()
    await write(ana, 'Are you there?')
    await stands(ana, 'Are you there?', 'On its way')
    await B.restart()
    await ben.goto(`${B.url}/chats/${A.id}`)
    await ben.getByLabel('Phrase secrète', { exact: true }).fill(PASSPHRASE, SEEN)
    await button(ben, 'Déverrouiller').click()
    await bubble(ben, 'Are you there?').waitFor({ timeout: 60_000 })
    await stands(ana, 'Are you there?', '(Delivered|Read)')
  })
}

async function filing(ana, ben, A, B) {
  const bytes = randomBytes(3_000_001)
  await step('ana adds a file and offers it to ben', async () => {
    await ana.goto(`${A.url}/files`)
    await ana.getByLabel('Add files').setInputFiles({ name: 'minutes.bin', mimeType: 'application/octet-stream', buffer: bytes })
    await button(ana, 'Options for the file minutes.bin').click(SEEN)
    await ana.getByRole('menuitem', { name: 'Send to somebody' }).click()
    await ana.getByRole('checkbox', { name: /Ben Okafor/ }).check()
    await button(ana.getByRole('dialog'), 'Offer').click()
    await ana.getByText('offered to Ben Okafor').waitFor(SEEN)
  })
  await step('ben fetches and saves it: every byte is the same', async () => {
    await ben.goto(`${B.url}/files?list=offers`)
    await button(ben, 'Récupérer minutes.bin').click(SEEN)
    const save = ben.getByRole('link', { name: 'Enregistrer minutes.bin' })
    await save.waitFor({ timeout: 60_000 })
    const [download] = await Promise.all([ben.waitForEvent('download'), save.click()])
    assert.equal(download.suggestedFilename(), 'minutes.bin')
    assert.ok(bytes.equals(await readFile(await download.path())))
  })
  await step('a link opens the file for who has it, until it is taken back', async () => {
    await button(ana, 'Options for the file minutes.bin').click()
    await ana.getByRole('menuitem', { name: 'Links' }).click()
    await button(ana, 'Create link').click()
    const link = await ana.getByLabel('Link to the file').inputValue()
    const context = await browser.newContext({ locale: 'en-GB' })
    const stranger = await context.newPage()
    await stranger.goto(link)
    await stranger.getByText('minutes.bin').waitFor(SEEN)
    await button(ana, 'Revoke').click()
    await ana.getByText(/^revoked/).waitFor(SEEN)
    await context.close()
    await ana.keyboard.press('Escape')
  })
  await step('an upload that the node\'s rest interrupts goes on by itself', async () => {
    await A.stop()
    await ana.getByLabel('Add files').setInputFiles({ name: 'later.bin', mimeType: 'application/octet-stream', buffer: bytes.subarray(0, 700_000) })
    await ana.getByText(/Not added/).waitFor(SEEN)
    await A.restart()
    await ana.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE, SEEN)
    await button(ana, 'Unlock').click()
    await button(ana, 'Try again').click(SEEN)
    await button(ana, 'Options for the file later.bin').waitFor(SEEN)
  })
}

async function circling(ana, ben, A, B, C) {
  const post = (page, text) => page.getByRole('article').filter({ hasText: text })
  await step('ana makes a circle of ben, by keyboard', async () => {
    await ana.goto(`${A.url}/people`)
    await ana.getByRole('link', { name: 'Circles' }).click()
    await button(ana, 'New circle').click()
    await ana.getByLabel('Name of the circle').fill('Family')
    await ana.getByRole('dialog').getByRole('searchbox').fill('ben')
    await ana.getByRole('checkbox', { name: /Ben Okafor/ }).focus()
    await ana.keyboard.press('Space')
    await button(ana, 'Make it with 1 person').press('Enter')
    await button(ana, /^Family/).waitFor(SEEN)
  })
  await step('she posts to it: the choice names the circle and how many it is, the post names it to her', async () => {
    await ana.goto(A.url)
    await ana.getByLabel('Your post').fill('Aunt Iris comes on Sunday.')
    await button(ana, /Who can read this/).first().click()
    await ana.getByRole('menuitemradio', { name: /Family.*1 friend, nobody else/ }).click()
    await button(ana, /Who can read this: Family/).first().waitFor(SEEN)
    await button(ana, 'Post').and(ana.getByText('Post', { exact: true })).click()
    await post(ana, 'Aunt Iris comes on Sunday.').getByText('Circle Family').waitFor(SEEN)
  })
  await step('ben reads that it is for some friends, and not the name; he comments, and ana sees it', async () => {
    await ben.goto(B.url)
    await post(ben, 'Aunt Iris comes on Sunday.').getByText('Quelques amis').waitFor({ timeout: 60_000 })
    assert.equal(await ben.getByText('Family').count(), 0)
    const { items } = await B.call('GET', '/feed')
    const { id } = items.find((one) => one.text === 'Aunt Iris comes on Sunday.')
    await B.call('POST', `/posts/${id}/comments`, { text: 'I bake.' })
    await ana.goto(`${A.url}/post/${id}`)
    await ana.getByText('I bake.').waitFor(SEEN)
    await ana.getByText('Circle Family').waitFor(SEEN)
  })
  await step('chloé is a friend too, and has nothing of it', async () => {
    await A.call('POST', '/posts', { text: 'Bread is ready.', visibility: 'friends' })
    const texts = async () => (await C.call('GET', '/feed')).items.map((one) => one.text)
    await until('chloé reads what is for friends', async () => (await texts()).includes('Bread is ready.'))
    assert.ok(!(await texts()).includes('Aunt Iris comes on Sunday.'))
  })
  await step('ana adds chloé, removes ben, and deletes the circle', async () => {
    await ana.goto(`${A.url}/circles`)
    await button(ana, /^Family/).click()
    const dialog = ana.getByRole('dialog')
    await button(dialog, 'Add people').click()
    await dialog.getByRole('checkbox', { name: /Chloé Martin/ }).check()
    await button(dialog, 'Add 1 person').click()
    await dialog.getByText('2 people').waitFor(SEEN)
    await button(dialog, 'Remove Ben Okafor from the circle').click()
    await dialog.getByText('1 person').waitFor(SEEN)
    await button(dialog, 'Delete the circle').click()
    await dialog.getByText('Nobody gets anything newer of Family.').waitFor(SEEN)
    await button(dialog, 'Delete the circle').click()
    await ana.getByText('No circles yet').waitFor(SEEN)
  })
}

async function accessible(ana, A, B) {
  const bad = []
  for (const size of [DESKTOP, { width: 360, height: 740 }]) {
    await ana.setViewportSize(size)
    for (const path of ['/chats', '/circles', `/chats/${B.id}`, '/files', '/files?list=offers', '/settings/privacy']) {
      await ana.goto(A.url + path)
      await ana.locator('h1').first().waitFor(SEEN)
      await ana.waitForLoadState('networkidle').catch(() => undefined)
      for (const colorScheme of ['light', 'dark']) {
        await inTheme(ana, colorScheme)
        bad.push(...(await accessFaults(ana)))
      }
      const wide = await ana.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      if (wide > 0) bad.push(`${path} is ${wide} px wider than ${size.width}`)
    }
  }
  return bad
}

const play = await stage(openred)
const pages = []
await tell('chats', { browser, play, pages, faults }, async () => {
  const directory = await play.directory()
  const [A, B, C] = [await arrive(play, 'ana', 'Ana Ríos', directory), await arrive(play, 'ben', 'Ben Okafor', directory), await arrive(play, 'chloe', 'Chloé Martin', directory)]
  await befriend(A, B)
  await befriend(A, C)
  for (const one of [A, B, C]) await one.call('PATCH', '/settings', { undo_send_s: 0 })
  const [ana, ben] = [await sit(A, 'en-GB'), await sit(B, 'fr-FR')]
  pages.push(ana, ben)
  await talking(ana, ben, A, B)
  await listing(ana, A, B)
  await longOne(ana, A, C)
  await circling(ana, ben, A, B, C)
  await filing(ana, ben, A, B)
  await ben.goto(`${B.url}/chats/${A.id}`)
  await away(ana, ben, A, B)
  await step('chats and files have no serious accessibility finding, light and dark, wide and narrow', async () => assert.deepEqual(await accessible(ana, A, B), []))
  await step('chats and files: no script error, no policy violation, no foreign request', () => assert.deepEqual([...new Set(faults)], []))
})
