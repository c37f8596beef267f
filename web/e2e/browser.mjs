// The browser for screenshots and the story: the system's Chromium, nothing downloaded, nothing sent home.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium } from 'playwright-core'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const ARGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

/** `more`: switches of Chromium for this story alone. */
export const launch = (...more) => chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: [...ARGS, ...more] })

const TYPES = { html: 'text/html', js: 'text/javascript', css: 'text/css', json: 'application/json', svg: 'image/svg+xml', png: 'image/png', webmanifest: 'application/manifest+json' }
/** With APP_DIST=dist: the app as last built instead of the one inside the program, under the program's own headers. */
export async function fromDist(context) {
  const dist = process.env.APP_DIST
  if (!dist) return
  await context.route((url) => !url.pathname.startsWith('/api/'), async (route) => {
    const { pathname } = new URL(route.request().url())
    const path = /\.\w+$/.test(pathname) ? pathname : '/index.html'
    const ask = () => route.fetch({ url: new URL('/', route.request().url()).href })
    // A connection that was kept may be closed the moment it is used again; a node may be stopped.
    const answer = await ask().catch(ask).catch(() => null)
    if (!answer) return route.abort().catch(() => undefined)
    await route.fulfill({ status: 200, headers: { ...answer.headers(), 'content-type': TYPES[path.split('.').at(-1)] ?? 'text/plain', 'content-encoding': 'identity' }, body: readFileSync(`${dist}${path}`) })
  })
}

/** Collects what must not happen on any page: script errors, policy violations, requests to another origin. */
export function watch(page, faults) {
  page.on('pageerror', (error) => faults.push(`script: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy|Trusted|Refused to/i.test(message.text())) faults.push(`policy: ${message.text()}`)
  })
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (/^https?:$/.test(url.protocol) && !['localhost', '127.0.0.1'].includes(url.hostname)) faults.push(`foreign request: ${url.href}`)
  })
}

/** The theme, once the page is painted in it: styles measured before that are of the theme it had. */
export async function inTheme(page, colorScheme) {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
  await page.waitForLoadState('load')
  await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => undefined))))
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done)))))
}

/** Findings of axe on the page as it is now: WCAG 2.2 A and AA, best practice; serious and critical ones. */
export async function accessFaults(page) {
  await page.evaluate(AXE)
  const found = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }))
  const bad = found.violations.filter((one) => one.impact === 'serious' || one.impact === 'critical')
  return bad.flatMap((one) => one.nodes.map((node) => `${new URL(page.url()).pathname} ${one.id}: ${node.html.slice(0, 120)}`))
}

export function option(name, otherwise) {
  const at = process.argv.lastIndexOf(`--${name}`)
  return at < 0 ? otherwise : process.argv[at + 1]
}
