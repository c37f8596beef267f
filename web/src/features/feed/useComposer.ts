/** The rules of writing a post: draft, length, who may read it, sending. */
import { computed, ref } from 'vue'
import type { Visibility } from '@/api/model'
import { sendPost } from '@/features/queue/outgoing'
import { settings } from '@/features/settings/useSettings'
import { useDraft } from './useDraft'

export const LONGEST = 20_000
const HINT_FROM = 500
const chosen = ref<Visibility | null>(null)

export function useComposer() {
  const text = useDraft('post')
  const visibility = computed({ get: () => chosen.value ?? settings.value?.default_visibility ?? 'friends', set: (value) => (chosen.value = value) })
  const left = computed(() => LONGEST - [...text.value.trim()].length)
  const hint = computed(() => left.value <= HINT_FROM)
  const ready = computed(() => text.value.trim() !== '' && left.value >= 0)
  function send(): boolean {
    if (!ready.value) return false
    void sendPost(text.value.trim(), visibility.value)
    text.value = ''
    return true
  }
  return { text, visibility, left, hint, ready, send }
}
