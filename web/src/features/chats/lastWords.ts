/** What was said last, in one line of the list. */
import type { Message } from '@/api/model'
import { plain } from '@/features/text/markup'
import { clock } from '@/features/voice/levels'
import { t } from '@/i18n'

export function lastWords(last: Message, group: boolean, name: string): string {
  if (last.kind === 'note') return t(last.note?.what === 'timer' ? 'chats.last_timer' : 'chats.last_note')
  if (typeof last.text !== 'string') return t(last.mine ? 'chats.deleted_own' : 'chats.deleted')
  const { file } = last
  const text = last.text ? plain(last.text, '▒▒▒', last.mentions) : file?.voice ? t('voice.message_of', { length: clock(file.voice.ms) }) : (file?.name ?? '')
  if (last.mine) return t('chats.last_you', { text })
  return group ? t('chats.last_of', { name: last.author?.display_name ?? name, text }) : text
}
