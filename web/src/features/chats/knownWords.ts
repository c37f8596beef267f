/** Why somebody who writes without being a friend is not quite unknown. */
import type { Chat } from '@/api/model'
import { t } from '@/i18n'

type Request = NonNullable<Chat['request']>

export function knownWords(request: Request, list: (names: string[]) => string): string {
  if (request.introduced_by) return t('requests.introduced_by', { name: request.introduced_by.display_name })
  if (request.groups.length) return t('requests.groups', { groups: list(request.groups) })
  return t(request.follows ? 'requests.follows' : 'requests.unknown')
}
