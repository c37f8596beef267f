import { computed, ref, shallowRef } from 'vue'
import { notifications as api } from '@/api/client'
import { useEvents } from '@/api/events'
import type { Notification } from '@/api/model'
import { unread } from '@/features/shell/badges'
import { errorText } from '@/ui/errorText'
import { grouped } from './group'

/** The list, newest first, in groups of today and earlier; seen ones are marked on the node. */
export function useNotifications() {
  const items = shallowRef<Notification[]>([])
  const next = ref<string | null>(null)
  const loaded = ref(false)
  const error = ref('')

  async function load(after?: string) {
    try {
      const page = await api.list(after)
      items.value = after ? [...items.value, ...page.items] : page.items
      next.value = page.next ?? null
      unread.value = page.unread
      loaded.value = true
      error.value = ''
    } catch (cause) {
      error.value = errorText(cause)
    }
  }
  async function markRead() {
    const newest = items.value[0]
    if (!newest) return
    await api.read(newest.id).catch(() => undefined)
    items.value = items.value.map((one) => ({ ...one, read: true }))
    unread.value = 0
  }
  const groups = computed(() => {
    const today = new Date().toDateString()
    const all = grouped(items.value)
    const isToday = (at: number) => new Date(at).toDateString() === today
    return { today: all.filter((one) => isToday(one.created_at)), earlier: all.filter((one) => !isToday(one.created_at)) }
  })
  useEvents(['notification', 'resync'], () => void load())
  void load()
  return { items, groups, next, loaded, error, load: () => load(), more: () => load(next.value ?? undefined), markRead }
}
