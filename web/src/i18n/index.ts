/** Languages of the app: loaded when wanted, kept in step with <html lang dir>. */
import { createI18n } from 'vue-i18n'
import type { Language } from '@/api/model'
import { pluralRules } from './plural'

export const LANGUAGES: Record<Language, string> = { en: 'English', fr: 'Français', es: 'Español', zh: '中文' }
const loaders: Record<Language, () => Promise<{ default: unknown }>> = {
  en: () => import('./locales/en.json'),
  fr: () => import('./locales/fr.json'),
  es: () => import('./locales/es.json'),
  zh: () => import('./locales/zh.json'),
}

/** Words of screens that are not the first one. */
const later: typeof loaders = {
  en: () => import('./locales/later/en.json'),
  fr: () => import('./locales/later/fr.json'),
  es: () => import('./locales/later/es.json'),
  zh: () => import('./locales/later/zh.json'),
}

export const i18n = createI18n({ legacy: false, locale: 'en', fallbackLocale: 'en', messages: {}, pluralRules, missingWarn: false, fallbackWarn: false })
export const t = i18n.global.t as (key: string, named?: Record<string, unknown> | number, plural?: number) => string
/** Whether there are words for a key that was built from a code of the node. */
export const has = (key: string) => i18n.global.te(key)

const KEY = 'language'

/** The language asked for on this device, else the browser's, else English. */
export function preferredLanguage(): Language {
  const wanted = [localStorage.getItem(KEY) ?? '', ...navigator.languages]
  const found = wanted.map((tag) => tag.slice(0, 2)).find((tag) => tag in LANGUAGES)
  return (found ?? 'en') as Language
}

type Words = Record<string, unknown>
const known = new Map<Language, Words>()
let all = false

async function learn(language: Language, from: typeof loaders) {
  const global = i18n.global as unknown as { setLocaleMessage: (locale: string, messages: Words) => void }
  const learned = (await from[language]()).default as Words
  const words = { ...known.get(language), ...learned }
  known.set(language, words)
  global.setLocaleMessage(language, words)
}
const isWhole = new Set<Language>()
async function wholeOf(language: Language) {
  if (isWhole.has(language)) return
  await learn(language, later)
  isWhole.add(language)
}

/** Before a screen that says more than the first one. */
export async function allWords() {
  all = true
  await wholeOf(currentLanguage() as Language)
}

export async function useLanguage(language: Language) {
  const global = i18n.global as unknown as { locale: { value: string } }
  if (!known.has(language)) await learn(language, loaders)
  if (all) await wholeOf(language)
  global.locale.value = language
  document.documentElement.lang = language
  document.documentElement.dir = (new Intl.Locale(language) as { textInfo?: { direction?: string } }).textInfo?.direction ?? 'ltr'
}

/** Remembers the choice on this device; the empty string follows the browser. */
export async function chooseLanguage(language: Language | '') {
  if (language) localStorage.setItem(KEY, language)
  else localStorage.removeItem(KEY)
  await useLanguage(language || preferredLanguage())
}

export const currentLanguage = () => (i18n.global.locale as unknown as { value: string }).value
