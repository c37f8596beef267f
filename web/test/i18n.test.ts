import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const HERE = new URL('.', import.meta.url).pathname
type Messages = Record<string, Record<string, string>>
/** Read as written: an import would give them already compiled. */
const part = (path: string) => JSON.parse(readFileSync(join(HERE, `../src/i18n/locales/${path}.json`), 'utf8')) as Messages
const read = (locale: string): Messages => ({ ...part(locale), ...part(`later/${locale}`) })
const languages: Record<string, Messages> = { en: read('en'), fr: read('fr'), es: read('es'), zh: read('zh') }
const en = read('en')
const flat = (messages: Messages) => new Map(Object.entries(messages).flatMap(([space, keys]) => Object.entries(keys).map(([key, text]) => [`${space}.${key}` as string, text] as const)))
const english = flat(en)

/** Words that are the same in two languages, or names. Nothing else may equal the English text. */
const SAME = new Set(['nav.notifications fr', 'settings.version fr', 'settings.version es', 'settings.version zh', 'network.what_other fr'])

/** Forms of a message: as many as the language has for ordinary counts ("many" of French and Spanish is for millions). */
const formsOf = (locale: string) => new Intl.PluralRules(locale).resolvedOptions().pluralCategories.filter((one) => one !== 'many').length
const named = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]))].sort()

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) return name === 'locales' ? [] : sources(path)
    return /\.(vue|ts)$/.test(name) ? [readFileSync(path, 'utf8')] : []
  })
}
const code = sources(join(HERE, '../src')).join('\n')
const spaces = Object.keys(en).join('|')
const used = new Set([...code.matchAll(new RegExp(`['\`]((?:${spaces})\\.[a-z0-9_]+)['\`]`, 'g'))].map((match) => match[1] as string))
const built = [...code.matchAll(new RegExp(`\`((?:${spaces})\\.[a-z0-9_]*)\\$\\{`, 'g'))].map((match) => match[1] as string)
describe.each(Object.keys(languages).filter((one) => one !== 'en'))('language %s', (locale) => {
  const texts = flat(languages[locale] as Messages)
  it('has the same keys as English', () => expect([...texts.keys()].sort()).toEqual([...english.keys()].sort()))
  it('is translated', () => {
    const same = [...texts].filter(([key, text]) => text === english.get(key) && /\p{L}/u.test(text.replace(/\{\w+\}/g, '')) && !SAME.has(`${key} ${locale}`))
    expect(same).toEqual([])
  })
  it('names the same values', () => {
    for (const [key, text] of texts) expect([key, named(text)]).toEqual([key, named(english.get(key) ?? '')])
  })
  it('has one form per plural category', () => {
    for (const [key, text] of texts) if (english.get(key)?.includes(' | ')) expect([key, text.split(' | ').length]).toEqual([key, formsOf(locale)])
  })
})

describe('keys', () => {
  it.each(Object.keys(languages))('of the first screen and of later ones are in different spaces: %s', (locale) => expect(Object.keys(part(locale)).filter((space) => space in part(`later/${locale}`))).toEqual([]))
  it('used in the code exist', () => expect([...used].filter((key) => !english.has(key))).toEqual([]))
  it('built in the code have at least one message', () => {
    for (const start of built) expect([start, [...english.keys()].some((key) => key.startsWith(start))]).toEqual([start, true])
  })
  it('that exist are used', () => {
    const idle = [...english.keys()].filter((key) => !used.has(key) && !built.some((start) => start !== '' && key.startsWith(start)))
    expect(idle).toEqual([])
  })
  it('keep their list of equals short and true', () => {
    for (const one of SAME) {
      const [key, locale] = one.split(' ') as [string, string]
      if (english.has(key)) expect([one, flat(languages[locale] as Messages).get(key)]).toEqual([one, english.get(key)])
    }
    expect(SAME.size).toBeLessThan(12)
  })
})
