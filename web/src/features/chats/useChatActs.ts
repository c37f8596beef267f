/** What the owner sets for a conversation, from the list and from its head. */
import { shallowRef } from 'vue'
import { chats } from '@/api/client'
import { nudge } from '@/api/events'
import type { Chat } from '@/api/model'
import { refreshChats } from '@/features/shell/badges'
import { t } from '@/i18n'
import { announce, dismiss, toast } from '@/ui/toast'
import { useTask } from '@/ui/useTask'
import { idOf, titleOf } from './chatOf'
import { forgetTalk } from './talkStore'

export type Flag = 'pinned' | 'muted' | 'archived'
const UNDO_MS = 6_000

export function useChatActs() {
  const { busy, run } = useTask({ toast: true })
  const removing = shallowRef<Chat | null>(null)

  async function toggle(chat: Chat, flag: Flag) {
    const on = !chat[flag]
    const done = await run(() => chats.change(idOf(chat), { [flag]: on }))
    if (!done) return
    nudge('chat', { id: idOf(chat), node_id: idOf(chat) })
    await refreshChats()
    const words = t(`chats.did_${flag}_${on ? 'on' : 'off'}`, { name: titleOf(chat) })
    if (flag !== 'archived') return announce(words)
    const id = toast(words, false, { label: t('act.undo'), ms: UNDO_MS, run: () => (dismiss(id), void toggle({ ...chat, archived: on }, 'archived')) })
  }
  async function remove(): Promise<boolean> {
    const chat = removing.value
    if (!chat) return false
    const done = await run(async () => (await chats.remove(idOf(chat)), true))
    if (!done) return false
    removing.value = null
    forgetTalk(idOf(chat))
    await refreshChats()
    toast(t('chats.removed'))
    return true
  }
  return { busy, toggle, removing, remove }
}
