/** The node's own account of itself, fresh on each event and every 30 seconds while the page is seen. */
import { onScopeDispose, shallowRef } from 'vue'
import { node } from '@/api/client'
import { useEvents } from '@/api/events'
import type { Status } from '@/api/model'

export const status = shallowRef<Status | null>(null)
const EVERY_MS = 30_000

export async function refreshStatus() {
  status.value = (await node.status().catch(() => null)) ?? status.value
}

export function useStatusUpdates() {
  void refreshStatus()
  useEvents(['status', 'outbox', 'person', 'resync'], () => void refreshStatus())
  const timer = setInterval(() => document.visibilityState === 'visible' && void refreshStatus(), EVERY_MS)
  onScopeDispose(() => clearInterval(timer))
}
