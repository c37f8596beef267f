// What stories of conversations do on their pages: somebody who is logged in, and what is written and read there.
import { fromDist, watch } from './browser.mjs'

export const WAIT_MS = 20_000
export const SEEN = { timeout: WAIT_MS }
export const DESKTOP = { width: 1280, height: 900 }

/** Browsers of people who are logged in; what must not happen on their pages is added to `faults`. */
export const seats = (browser, faults) => async (who, locale, viewport = DESKTOP, more = {}) => {
  const context = await browser.newContext({ viewport, locale, serviceWorkers: process.env.APP_DIST ? 'block' : 'allow', reducedMotion: 'reduce', permissions: ['clipboard-read', 'clipboard-write'], ...more })
  const [name, value] = who.cookie().split(/=(.*)/)
  await context.addCookies([{ name, value, url: who.url }])
  await fromDist(context)
  const page = await context.newPage()
  page.setDefaultTimeout(WAIT_MS)
  watch(page, faults)
  return page
}
export const button = (page, name) => page.getByRole('button', { name })
/** By its own words, not those that it answers. */
export const bubble = (page, text) => page.getByRole('article').filter({ has: page.locator('.bubble > .text, .bubble > .was').filter({ hasText: text }) })
export const log = (page) => page.getByRole('log')
export const field = (page) => page.locator('.composer textarea')
export const focused = (page, what) => page.waitForFunction((selector) => document.activeElement?.matches(selector), what)
/** A message of one's own in a state, which is part of its name. */
export const stands = (page, text, words) => page.getByRole('article', { name: new RegExp(`(You|Vous),.*${words}`) }).and(bubble(page, text)).waitFor(SEEN)
export async function write(page, text) {
  await field(page).fill(text)
  await page.keyboard.press('Enter')
  await bubble(page, text).waitFor(SEEN)
}
