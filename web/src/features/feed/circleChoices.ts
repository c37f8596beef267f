/** The owner's circles for the menu of who reads a post: read before it opens, so that nothing in it moves. */
import { shallowRef } from 'vue'
import { circles } from '@/api/circles'
import type { Circle } from '@/api/model'
import { allWords } from '@/i18n'

export const held = shallowRef<Circle[]>([])
/** The menu waits no longer; without an answer the other choices stay. */
const WAIT_MS = 1_000

export function readCircles(): Promise<unknown> {
  const read = Promise.all([circles.list(), allWords()]).then(([list]) => (held.value = list), () => undefined)
  return Promise.race([read, new Promise((done) => setTimeout(done, WAIT_MS))])
}
