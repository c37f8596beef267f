/** Counts beside the navigation: unread notifications and messages, waiting requests. */
import { computed, ref, shallowRef } from 'vue'
import { chats, notifications, people } from '@/api/client'
import { useEvents } from '@/api/events'
import type { Chat, NodeEvent, Person } from '@/api/model'

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

/** Conversations that were not put away, as many as one looks at: the list and the count beside its name. */
export const CHATS_PAGE = 100
export const openChats = shallowRef<Chat[] | null>(null)
/** People who wrote without being friends: they are told of nowhere else. */
export const messageRequests = ref(0)
export const unreadMessages = computed(() => (openChats.value ?? []).reduce((sum, one) => sum + (one.muted ? 0 : one.unread), 0))
export async function refreshChats() {
  const page = await chats.list(false, 0, CHATS_PAGE).catch(() => null)
  if (!page) return
  openChats.value = page.items
  messageRequests.value = page.requests
}

/** Conversations speak in bursts: one reading for all of them. */
const GATHER_MS = 150
let gathering: number | undefined
function gatherChats(event: NodeEvent) {
  if (event.typing) return
  clearTimeout(gathering)
  gathering = window.setTimeout(() => void refreshChats(), GATHER_MS)
}

export function useBadges() {
  void refreshChats()
  useEvents(['chat', 'resync'], gatherChats)
  void refreshUnread()
  void refreshRequests()
  useEvents(['notification', 'resync'], () => void refreshUnread())
  useEvents(['person', 'resync'], () => void refreshRequests())
}
