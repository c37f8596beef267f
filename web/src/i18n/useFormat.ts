/** The formats of format.ts bound to the current language and to a clock that ticks each half minute. */
import { computed, ref } from 'vue'
import { useI18n } from 'vue-i18n'
import * as format from './format'

const now = ref(Date.now())
setInterval(() => (now.value = Date.now()), 30_000)

/** "en-GB" for English when the browser asks for it: the words follow the app, the order of a date follows the region. */
export function regional(language: string, wanted: readonly string[]): string {
  return wanted.find((tag) => tag === language || tag.startsWith(`${language}-`)) ?? language
}

export function useFormat() {
  const { locale: language } = useI18n()
  const locale = computed(() => regional(language.value, navigator.languages))
  return {
    shortAgo: (at: number) => format.shortAgo(at, now.value, locale.value),
    relative: (at: number) => format.relative(at, now.value, locale.value),
    fullTime: (at: number) => format.fullTime(at, locale.value),
    dayOf: (at: number) => format.dayOf(at, locale.value),
    clockOf: (at: number) => format.clockOf(at, locale.value),
    dayName: (at: number) => format.dayName(at, now.value, locale.value),
    clockOrDay: (at: number) => format.clockOrDay(at, now.value, locale.value),
    sinceOf: (at: number) => format.sinceOf(at, now.value, locale.value),
    bytes: (count: number) => format.bytes(count, locale.value),
    millis: (value: number) => format.millis(value, locale.value),
    percent: (share: number) => format.percent(share, locale.value),
    points: (share: number) => format.points(share, locale.value),
    number: (value: number) => format.number(value, locale.value),
  }
}
