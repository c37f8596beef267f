// Screenshots of every screen at two widths in two themes: NAME-{desktop,phone}-{light,dark}.png, as palette images.
//   node e2e/shots.mjs --base http://localhost:7390 [--login LINK] [--setup LINK] [--out DIR] [--only feed,post] [--language fr] [--size phone] [--theme dark]
// --login: a one-time log-in link of a node with people and posts. --setup: a fresh node's set-up link (its first screen is shown, nothing is sent).
import { mkdir, writeFile } from 'node:fs/promises'
import UPNG from 'upng-js'
import { fromDist, launch, option, watch } from './browser.mjs'

const base = option('base')?.replace(/\/$/, '')
const only = option('only')?.split(',')
const language = option('language')
const out = option('out', new URL('../../docs/screenshots', import.meta.url).pathname)
if (!base) throw new Error('--base URL is needed')
const SIZES = { desktop: { viewport: { width: 1280, height: 900 } }, phone: { viewport: { width: 360, height: 780 }, isMobile: true, hasTouch: true } }
const COLOURS = 128
const faults = []
let total = 0

const api = (page, path) => page.evaluate((url) => fetch(url).then((answer) => answer.json()), `/api/v1${path}`)
const button = (page, name) => page.getByRole('button', { name }).first()
async function postWithComments(page) {
  const { items } = await api(page, '/feed?limit=50')
  return items.find((one) => one.comments.known > 2) ?? items.find((one) => one.comments.known > 0) ?? items[0]
}
const friend = async (page) => (await api(page, '/people?list=friends')).items[0]

const firstChatPath = async (page) => `/chats/${(await api(page, '/chats')).items[0].person.node_id}`
const groupPath = async (page) => `/chats/${(await api(page, '/chats')).items.find((one) => one.kind === 'group').id}`

const screens = [
  { name: 'feed', path: '/' },
  { name: 'compose', path: '/search', act: async (page) => { await page.locator('h1').first().click(); await page.keyboard.press('Escape'); await page.getByRole('button', { name: 'New post' }).last().click(); await page.getByRole('dialog').getByRole('textbox').fill('A walk by the river after work? I start at the second bridge at six.'); await page.getByRole('dialog').getByRole('button', { name: /Who can read/ }).click() } },
  { name: 'post', path: async (page) => `/post/${(await postWithComments(page)).id}` },
  { name: 'delivery', path: '/', act: async (page) => { await page.getByRole('tab', { name: 'Mine' }).click(); await page.getByRole('button', { name: /elivered/ }).first().click() }, after: (page) => page.getByRole('tab', { name: 'Everyone' }).click() },
  { name: 'chats', path: '/chats' },
  { name: 'conversation', path: firstChatPath, act: (page) => page.getByRole('log').waitFor() },
  { name: 'message-menu', path: firstChatPath, act: async (page) => { await page.getByRole('article').last().hover(); await page.getByRole('article').last().locator('[data-menu]').click(); await page.getByRole('menu').waitFor() } },
  { name: 'message-story', path: firstChatPath, act: async (page) => { await page.locator('.message.mine .state').last().click(); await page.getByRole('dialog').waitFor() } },
  { name: 'group', path: groupPath, act: (page) => page.getByRole('slider').last().waitFor() },
  { name: 'group-people', path: groupPath, act: async (page) => { await page.getByTitle('Group').click(); await page.getByRole('dialog').getByRole('listitem').first().waitFor() } },
  { name: 'group-link', path: groupPath, act: async (page) => { await page.getByTitle('Group').click(); await button(page, 'Invite by link').click(); await button(page, 'Make a link').click(); await page.getByAltText(/QR/).waitFor() } },
  { name: 'message-requests', path: '/chats/requests', act: (page) => page.getByRole('listitem').first().waitFor() },
  { name: 'message-request', path: '/chats/requests', act: async (page) => { await page.locator('.requests').getByRole('link').last().click(); await page.getByRole('button', { name: 'Accept' }).waitFor() } },
  { name: 'new-chat', path: '/chats', act: async (page) => { await page.getByRole('button', { name: 'New', exact: true }).click(); await page.getByRole('dialog').getByRole('listitem').first().waitFor() } },
  { name: 'files', path: '/files' },
  { name: 'file-offers', path: '/files?list=offers' },
  { name: 'file-send', path: '/files', act: async (page) => { await page.locator('.file-row .icon-btn').first().click(); await page.getByRole('menuitem', { name: 'Send to somebody' }).click(); await page.getByRole('dialog').getByRole('checkbox').first().waitFor() } },
  { name: 'storage', path: '/files', act: (page) => page.getByRole('tab').nth(2).click() },
  { name: 'people', path: '/people', act: (page) => page.getByRole('tab').first().click() },
  { name: 'requests', path: '/people?list=requests' },
  { name: 'invite', path: '/people?invite=1', act: async (page) => { await button(page, 'Create invitation').click(); await page.getByRole('img', { name: /QR/ }).waitFor() } },
  { name: 'circles', path: '/circles' },
  { name: 'circle', path: '/circles', act: async (page) => { await page.locator('.circle').first().click(); await page.getByRole('dialog').getByRole('listitem').first().waitFor() } },
  { name: 'new-circle', path: '/circles', act: async (page) => { await button(page, 'New circle').click(); await page.getByRole('dialog').getByRole('listitem').first().waitFor() } },
  { name: 'person', path: async (page) => `/people/${(await friend(page)).node_id}` },
  { name: 'safety', path: async (page) => `/people/${(await friend(page)).node_id}`, act: (page) => page.locator('.safety .toggle').click() },
  { name: 'compare', path: async (page) => `/people/${(await friend(page)).node_id}`, act: async (page) => { await page.locator('.safety .toggle').click(); await page.locator('.safety .acts .btn').first().click(); await page.locator('.compare img').evaluate((one) => one.decode()); await page.locator('.compare').scrollIntoViewIfNeeded() } },
  { name: 'introduce', path: async (page) => `/people/${(await friend(page)).node_id}`, act: (page) => button(page, 'Introduce').click() },
  { name: 'search', path: '/search?q=a', act: (page) => page.waitForTimeout(400) },
  { name: 'notifications', path: '/notifications' },
  { name: 'you', path: '/you' },
  { name: 'profile', path: '/you', act: (page) => button(page, 'Edit').click() },
  { name: 'network', path: '/network' },
  { name: 'neighbours', path: '/settings/network', act: async (page) => { await page.locator('.group .row').first().click(); await page.locator('.group summary').first().click() } },
  { name: 'hashtag', path: '/tag/bread' },
  { name: 'settings', path: '/settings' },
  { name: 'identity', path: '/settings/identity' },
  { name: 'devices', path: '/settings/devices' },
  { name: 'directories', path: '/settings/directories' },
  { name: 'relays', path: '/settings/relays' },
  { name: 'look', path: '/settings/look' },
  { name: 'privacy', path: '/settings/privacy' },
  { name: 'service', path: '/settings/service' },
  { name: 'audit', path: '/settings/audit' },
  { name: 'shortcuts', path: '/', desktop: true, act: (page) => page.keyboard.press('?') },
  { name: 'not-found', path: '/nowhere' },
  { name: 'invitation', path: `/i#${'A'.repeat(96)}` },
  { name: 'offline', path: '/', act: async (page) => { await page.context().setOffline(true); await page.getByRole('button', { name: 'Post', exact: true }).first().waitFor(); await page.getByRole('textbox').first().fill('Written while the node was away.'); await page.getByRole('button', { name: 'Post', exact: true }).first().click(); await page.getByText('goes out when your node answers').waitFor() }, after: async (page) => { await page.context().setOffline(false); await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('queue:')).forEach((key) => localStorage.removeItem(key))) } },
]
const guest = [
  { name: 'login', path: '/login' },
  { name: 'recover', path: '/recover' },
]

async function save(page, name) {
  const shot = await page.screenshot({ animations: 'disabled', caret: 'hide' })
  const image = UPNG.decode(shot)
  const small = Buffer.from(UPNG.encode([UPNG.toRGBA8(image)[0]], image.width, image.height, COLOURS))
  const best = small.length < shot.length ? small : shot
  total += best.length
  await writeFile(`${out}/${name}.png`, best)
}
async function take(page, screen, size, theme) {
  const label = [screen.name, size, theme, language].filter(Boolean).join('-')
  try {
    const path = typeof screen.path === 'function' ? await screen.path(page) : screen.path
    await page.goto(base + path)
    await page.locator('h1').first().waitFor()
    await page.waitForLoadState('load')
    await page.waitForTimeout(350)
    await screen.act?.(page)
    await page.waitForTimeout(250)
    await save(page, label)
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    if (wide > 0) faults.push(`${label}: ${wide} px wider than the screen`)
    await screen.after?.(page)
  } catch (error) {
    faults.push(`${label}: ${error.message.split('\n')[0]}`)
    await page.context().setOffline(false)
  }
}

await mkdir(out, { recursive: true })
const browser = await launch()
const seed = await browser.newContext({ locale: 'en-GB', serviceWorkers: 'block' })
await fromDist(seed)
const first = await seed.newPage()
await first.goto(option('login') ?? base)
await first.waitForURL((url) => url.hash === '')
await first.waitForTimeout(800)
const storageState = await seed.storageState()
await seed.close()

for (const [size, shape] of Object.entries(SIZES)) {
  for (const theme of ['light', 'dark']) {
    if ((option('size') ?? size) !== size || (option('theme') ?? theme) !== theme) continue
    const open = async (state) => {
      const context = await browser.newContext({ ...shape, locale: 'en-GB', colorScheme: theme, reducedMotion: 'reduce', serviceWorkers: 'block', ...(state ? { storageState: state } : {}) })
      await fromDist(context)
      const page = await context.newPage()
      if (language) await page.addInitScript((name) => localStorage.setItem('language', name), language)
      page.setDefaultTimeout(5_000)
      watch(page, faults)
      return page
    }
    const wanted = (list) => list.filter((one) => (!only || only.includes(one.name)) && (!one.desktop || size === 'desktop'))
    const member = await open(storageState)
    // The first screen may have to ask the API where it is.
    await member.goto(base)
    for (const screen of wanted(screens)) await take(member, screen, size, theme)
    await member.context().close()
    const stranger = await open()
    for (const screen of wanted(guest)) await take(stranger, screen, size, theme)
    await stranger.context().close()
    const link = option('setup')
    if (link && (!only || only.includes('setup'))) {
      const fresh = await open()
      await fresh.goto(link)
      await fresh.getByRole('textbox').first().fill('Ana Ríos')
      await fresh.locator('input[type=password]').fill('anchor velvet quartz lantern')
      await fresh.waitForTimeout(200)
      await save(fresh, ['setup', size, theme, language].filter(Boolean).join('-'))
      await fresh.context().close()
    }
  }
}
await browser.close()
console.log(`${(total / 1e6).toFixed(2)} MB in ${out}`)
for (const fault of new Set(faults)) console.error(`! ${fault}`)
process.exitCode = faults.length ? 1 : 0
