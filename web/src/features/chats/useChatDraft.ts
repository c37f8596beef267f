/** What is begun in a conversation: kept in this browser at once, and on the node so that other devices have it. */
import { onScopeDispose, watch, type Ref } from 'vue'
import { chats } from '@/api/client'
import { online } from '@/api/http'
import { useDraft } from '@/features/feed/useDraft'
import { LONGEST } from './messages'

const SAVE_MS = 1_200
/** What the node says of the draft meanwhile may be older than what is typed. */
const QUIET_MS = 5_000

/** `remote`: the text that the node holds. */
export function useChatDraft(id: string, remote: Ref<string | undefined>) {
  const text = useDraft(`chat:${id}`)
  let held: string | undefined
  let touchedAt = 0
  let timer: number | undefined

  async function save() {
    clearTimeout(timer)
    const mine = text.value
    if (held === undefined || mine === held || [...mine].length > LONGEST) return
    const before = held
    held = mine
    await chats.change(id, { draft: mine }).catch(() => (held = before))
  }
  watch(remote, (theirs) => {
    if (theirs === undefined || theirs === held || Date.now() - touchedAt < QUIET_MS) return
    const untouched = text.value === (held ?? '')
    held = theirs
    // Written on another device, and not touched here since.
    if (untouched) text.value = theirs
    else void save()
  }, { immediate: true })
  watch(text, () => {
    touchedAt = Date.now()
    clearTimeout(timer)
    timer = window.setTimeout(() => void save(), SAVE_MS)
  })
  watch(online, (now) => now && void save())
  onScopeDispose(() => void save())
  return text
}
