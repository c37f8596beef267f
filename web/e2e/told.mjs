// The end of every story: what broke is reported and kept, what was started is ended, and the sums decide.
import { broken, summary } from './tap.mjs'

/** Tells a story. `pages` are photographed into $STORY_SHOTS when it breaks; `play` is the stage, if the story has one of its own. */
export async function tell(name, { browser, play, pages, faults }, story) {
  let wrong = false
  try {
    await story()
  } catch (error) {
    wrong = true
    broken(error)
    const folder = process.env.STORY_SHOTS
    if (folder) for (const [index, page] of pages.entries()) await page.screenshot({ path: `${folder}/${name}-${index}.png` }).catch(() => undefined)
    for (const fault of new Set(faults)) console.log(`# ${fault}`)
  } finally {
    await browser.close()
    await play?.end(wrong)
  }
  process.exitCode = summary() ? 0 : 1
}
