/** Dates, times, sizes and lists by Intl; every function takes the locale so that it can be tested. */
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** "now", "12 min", "3 hr", "2 days", then the date: short enough for the head of a post. */
export function shortAgo(at: number, now: number, locale: string): string {
  const age = Math.max(0, now - at)
  const unit = (value: number, name: 'minute' | 'hour' | 'day') =>
    new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'short' }).format(value)
  if (age < MINUTE) return new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' }).format(0, 'second')
  if (age < HOUR) return unit(Math.floor(age / MINUTE), 'minute')
  if (age < DAY) return unit(Math.floor(age / HOUR), 'hour')
  if (age < 7 * DAY) return unit(Math.floor(age / DAY), 'day')
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear()
  return new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', ...(sameYear ? {} : { year: 'numeric' }) }).format(at)
}

/** "5 minutes ago", "in 2 hours": for sentences. */
export function relative(at: number, now: number, locale: string): string {
  const distance = at - now
  const size = Math.abs(distance)
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  if (size < MINUTE) return format.format(Math.trunc(distance / 1000), 'second')
  if (size < HOUR) return format.format(Math.trunc(distance / MINUTE), 'minute')
  if (size < DAY) return format.format(Math.trunc(distance / HOUR), 'hour')
  return format.format(Math.trunc(distance / DAY), 'day')
}

export const fullTime = (at: number, locale: string) => new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short' }).format(at)
export const dayOf = (at: number, locale: string) => new Intl.DateTimeFormat(locale, { dateStyle: 'long' }).format(at)
export const clockOf = (at: number, locale: string) => new Intl.DateTimeFormat(locale, { timeStyle: 'short' }).format(at)

/** The time of today, else date and time. */
export function sinceOf(at: number, now: number, locale: string): string {
  if (new Date(at).toDateString() === new Date(now).toDateString()) return clockOf(at, locale)
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(at)
}

const daysBetween = (at: number, now: number) => Math.round((new Date(now).setHours(12, 0, 0, 0) - new Date(at).setHours(12, 0, 0, 0)) / DAY)
const capital = (text: string, locale: string) => text.charAt(0).toLocaleUpperCase(locale) + text.slice(1)

/** "Today", "Yesterday", "Monday", then the date: a line between messages. */
export function dayName(at: number, now: number, locale: string): string {
  const days = daysBetween(at, now)
  if (days === 0 || days === 1) return capital(new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-days, 'day'), locale)
  if (days > 1 && days < 7) return capital(new Intl.DateTimeFormat(locale, { weekday: 'long' }).format(at), locale)
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear()
  return capital(new Intl.DateTimeFormat(locale, { weekday: 'short', day: 'numeric', month: 'long', ...(sameYear ? {} : { year: 'numeric' }) }).format(at), locale)
}
/** The time of today, else the day: in a list. */
export function clockOrDay(at: number, now: number, locale: string): string {
  const days = daysBetween(at, now)
  if (days <= 0) return clockOf(at, locale)
  if (days < 7) return new Intl.DateTimeFormat(locale, { weekday: 'short' }).format(at)
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear()
  return new Intl.DateTimeFormat(locale, sameYear ? { day: 'numeric', month: 'short' } : { dateStyle: 'short' }).format(at)
}

const SIZES = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const
export function bytes(count: number, locale: string): string {
  let step = 0
  let value = count
  while (value >= 1000 && step < SIZES.length - 1) {
    value /= 1000
    step += 1
  }
  return new Intl.NumberFormat(locale, { style: 'unit', unit: SIZES[step], unitDisplay: 'short', maximumFractionDigits: value < 10 && step > 0 ? 1 : 0 }).format(value)
}

export const number = (value: number, locale: string) => new Intl.NumberFormat(locale, { notation: value >= 10_000 ? 'compact' : 'standard' }).format(value)

/** "34 ms". */
export const millis = (value: number, locale: string) => new Intl.NumberFormat(locale, { style: 'unit', unit: 'millisecond', unitDisplay: 'short', maximumFractionDigits: 0 }).format(value)
/** A share of 1 as "62 %". */
export const percent = (share: number, locale: string) => new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }).format(share)
/** What is added to a share, with its sign: "+0.25 %". */
export const points = (share: number, locale: string) => new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 2, signDisplay: 'exceptZero' }).format(share)
