/** What was typed and not yet sent, per account and place; survives reload, crash and a closed tab. */
import { effectScope, ref, watch, type Ref } from 'vue'
import { me } from '@/features/session/useSession'

const SAVE_MS = 250
const drafts = new Map<string, Ref<string>>()

export function draftKey(nodeId: string, place: string) {
  return `draft:${nodeId}:${place}`
}

/** One shared text per place ("post", or the id answered to): two composers of one place show the same. */
export function useDraft(place: string): Ref<string> {
  const key = draftKey(me.value?.node_id ?? '', place)
  const held = drafts.get(key)
  if (held) return held
  const text = ref(localStorage.getItem(key) ?? '')
  let timer: number | undefined
  const save = () => {
    if (text.value) localStorage.setItem(key, text.value)
    else localStorage.removeItem(key)
  }
  // Detached: the draft outlives the composer that asked for it first.
  effectScope(true).run(() =>
    watch(text, () => {
      clearTimeout(timer)
      timer = window.setTimeout(save, SAVE_MS)
    }),
  )
  window.addEventListener('pagehide', save)
  drafts.set(key, text)
  return text
}
