/** How reachable a person is, in words. */
import type { Person } from '@/api/model'
import { t } from '@/i18n'

export function reachWords(person: Person, relative: (at: number) => string): { text: string; tone: 'ok' | 'warn' | '' } {
  if (person.reachable === 'now') return { text: t('people.reach_now'), tone: 'ok' }
  if (person.last_seen_at) return { text: t('people.seen', { when: relative(person.last_seen_at) }), tone: '' }
  return { text: t(`people.reach_${person.reachable}`), tone: person.reachable === 'waiting' ? 'warn' : '' }
}
