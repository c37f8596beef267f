/** The list of conversations: the open ones are shared with the count beside the name of the page. */
import { computed, ref, shallowRef, watch, type Ref } from 'vue'
import { chats } from '@/api/client'
import { useEvents } from '@/api/events'
import type { Chat } from '@/api/model'
import { CHATS_PAGE, openChats, refreshChats } from '@/features/shell/badges'
import { errorText } from '@/ui/errorText'

export function useChats(list: Ref<'open' | 'archived'>) {
  const archived = shallowRef<Chat[] | null>(null)
  const further = shallowRef<Chat[]>([])
  const next = ref(false)
  const error = ref('')
  const first = computed(() => (list.value === 'open' ? openChats.value : archived.value))
  const items = computed(() => [...(first.value ?? []), ...further.value])

  async function load() {
    try {
      const page = await chats.list(list.value === 'archived', 0, CHATS_PAGE)
      if (list.value === 'archived') archived.value = page.items
      else openChats.value = page.items
      next.value = page.items.length === CHATS_PAGE
      further.value = []
      error.value = ''
    } catch (cause) {
      error.value = errorText(cause)
    }
  }
  async function more() {
    const page = await chats.list(list.value === 'archived', items.value.length, CHATS_PAGE).catch(() => null)
    if (!page) return
    further.value = [...further.value, ...page.items]
    next.value = page.items.length === CHATS_PAGE
  }
  let timer: number | undefined
  useEvents(['chat', 'person', 'resync'], (event) => {
    if (event.typing || list.value === 'open') return
    clearTimeout(timer)
    timer = window.setTimeout(() => void load(), 150)
  })
  useEvents(['person'], () => void refreshChats())
  watch(list, () => void load(), { immediate: true })
  return { items, loaded: computed(() => first.value !== null), error, next, load, more }
}
