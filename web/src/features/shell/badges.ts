/** Counts beside the navigation: unread notifications and waiting requests. */
import { ref, shallowRef } from 'vue'
import { notifications, people } from '@/api/client'
import { useEvents } from '@/api/events'
import type { Person } from '@/api/model'

export const unread = ref(0)
export const requests = shallowRef<Person[]>([])
export const suggestions = shallowRef<Person[]>([])

export async function refreshUnread() {
  unread.value = (await notifications.list().catch(() => null))?.unread ?? unread.value
}
export async function refreshRequests() {
  const page = await people.list('requests').catch(() => null)
  if (page) requests.value = page.items.filter((one) => one.status === 'pending_in')
}
export async function refreshSuggestions() {
  suggestions.value = (await people.list('suggestions').catch(() => null))?.items ?? suggestions.value
}

export function useBadges() {
  void refreshUnread()
  void refreshRequests()
  useEvents(['notification', 'resync'], () => void refreshUnread())
  useEvents(['person', 'resync'], () => void refreshRequests())
}
