/** The formats of format.ts bound to the current language and to a clock that ticks each half minute. */
import { ref } from 'vue'
import { useI18n } from 'vue-i18n'
import * as format from './format'

const now = ref(Date.now())
setInterval(() => (now.value = Date.now()), 30_000)

export function useFormat() {
  const { locale } = useI18n()
  return {
    shortAgo: (at: number) => format.shortAgo(at, now.value, locale.value),
    relative: (at: number) => format.relative(at, now.value, locale.value),
    fullTime: (at: number) => format.fullTime(at, locale.value),
    dayOf: (at: number) => format.dayOf(at, locale.value),
    clockOf: (at: number) => format.clockOf(at, locale.value),
    sinceOf: (at: number) => format.sinceOf(at, now.value, locale.value),
    bytes: (count: number) => format.bytes(count, locale.value),
    number: (value: number) => format.number(value, locale.value),
  }
}
