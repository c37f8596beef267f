/** The owner's circles, read again when one changes. */
import { ref, shallowRef } from 'vue'
import { circles as calls } from '@/api/circles'
import { useEvents } from '@/api/events'
import type { Circle } from '@/api/model'
import { errorText } from '@/ui/errorText'

export function useCircles() {
  const items = shallowRef<Circle[] | null>(null)
  const error = ref('')
  async function load() {
    try {
      items.value = await calls.list()
      error.value = ''
    } catch (cause) {
      error.value = errorText(cause)
    }
  }
  void load()
  useEvents(['circle', 'resync'], () => void load())
  return { items, error, load }
}
