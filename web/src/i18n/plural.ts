/** Plural forms by Intl: a message "one | other" is chosen by the language's own rule; one form serves all counts. */
const rules = new Map<string, Intl.PluralRules>()

export function pluralIndex(locale: string, count: number, forms: number): number {
  if (forms < 2) return 0
  let rule = rules.get(locale)
  if (!rule) rules.set(locale, (rule = new Intl.PluralRules(locale)))
  return rule.select(count) === 'one' ? 0 : forms - 1
}

export const pluralRules = Object.fromEntries(
  ['en', 'fr', 'es', 'zh'].map((locale) => [locale, (count: number, forms: number) => pluralIndex(locale, count, forms)]),
)
