/** Questions of contacts' nodes that wait for the owner's word; each waits less than a minute. */
import { computed, ref, shallowRef } from 'vue'
import { challenges as api } from '@/api/client'
import { useEvents } from '@/api/events'
import type { Challenge } from '@/api/model'

const waiting = shallowRef<Challenge[]>([])
const closed = ref(new Set<string>())
/** The oldest question that was not put aside. */
export const asked = computed(() => waiting.value.find((one) => !closed.value.has(one.id)))

async function load() {
  waiting.value = (await api.list().catch(() => null))?.items ?? []
}
export function putAside(id: string) {
  closed.value = new Set([...closed.value, id])
}
export function useChallenges() {
  void load()
  useEvents(['challenge', 'resync'], () => void load())
}
