import { ref, shallowRef, watch, type Ref } from 'vue'
import { people } from '@/api/client'
import { useEvents } from '@/api/events'
import type { PeopleList, Person } from '@/api/model'
import { errorText } from '@/ui/errorText'

/** One list of people with further pages; read again when somebody changes. */
export function usePeopleList(list: Ref<PeopleList>) {
  const items = shallowRef<Person[]>([])
  const next = ref<string | null>(null)
  const loading = ref(false)
  const error = ref('')

  async function load(after?: string) {
    const asked = list.value
    loading.value = true
    error.value = ''
    try {
      const page = await people.list(asked, after)
      if (asked !== list.value) return
      items.value = after ? [...items.value, ...page.items] : page.items
      next.value = page.next ?? null
    } catch (cause) {
      error.value = errorText(cause)
    } finally {
      loading.value = false
    }
  }
  watch(list, () => {
    items.value = []
    void load()
  }, { immediate: true })
  useEvents(['person', 'resync'], () => void load())
  return { items, next, loading, error, load: () => load(), more: () => load(next.value ?? undefined) }
}
