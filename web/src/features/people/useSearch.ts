/** Search for people while typing: one question at a time, the older one dropped. */
import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import { people } from '@/api/client'
import type { SearchAnswer } from '@/api/model'
import { errorText } from '@/ui/errorText'

const PAUSE_MS = 250
export function useSearch(first: string) {
  const query = ref(first)
  const answer = shallowRef<(SearchAnswer & { query: string }) | null>(null)
  const busy = ref(false)
  const error = ref('')
  let timer: number | undefined
  let running: AbortController | undefined

  async function ask(text: string) {
    running?.abort()
    const mine = (running = new AbortController())
    busy.value = true
    error.value = ''
    try {
      answer.value = { ...(await people.search(text, mine.signal)), query: text }
    } catch (cause) {
      if (!mine.signal.aborted) error.value = errorText(cause)
    } finally {
      if (running === mine) busy.value = false
    }
  }
  watch(query, (text) => {
    clearTimeout(timer)
    const wanted = text.trim()
    if (!wanted) answer.value = null
    else timer = window.setTimeout(() => void ask(wanted), PAUSE_MS)
  }, { immediate: true })
  onScopeDispose(() => {
    clearTimeout(timer)
    running?.abort()
  })
  return { query, answer, busy, error }
}
