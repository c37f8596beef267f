/** The rules of writing a post: draft, length, who may read it, sending. */
import { computed, ref } from 'vue'
import type { Audience, CircleName } from '@/api/model'
import { sendPost } from '@/features/queue/outgoing'
import { settings } from '@/features/settings/useSettings'
import { useDraft } from './useDraft'

export const LONGEST = 20_000
const HINT_FROM = 500
const chosen = ref<Audience | null>(null)
/** Of the owner's circles, where one is chosen. */
const circle = ref<CircleName | null>(null)

export function useComposer() {
  const text = useDraft('post')
  const visibility = computed<Audience>({ get: () => chosen.value ?? settings.value?.default_visibility ?? 'friends', set: (value) => (chosen.value = value) })
  const left = computed(() => LONGEST - [...text.value.trim()].length)
  const hint = computed(() => left.value <= HINT_FROM)
  const ready = computed(() => text.value.trim() !== '' && left.value >= 0)
  function send(): boolean {
    if (!ready.value) return false
    void sendPost(text.value.trim(), visibility.value, visibility.value === 'circle' ? circle.value : null)
    text.value = ''
    return true
  }
  return { text, visibility, circle, left, hint, ready, send }
}
