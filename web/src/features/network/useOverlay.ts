/** The neighbours as the node sees them, fresh every few seconds while the page is looked at. */
import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import { overlay } from '@/api/client'
import { useEvents } from '@/api/events'
import type { NetworkState } from '@/api/model'
import { errorText } from '@/ui/errorText'
import { inOrder } from './peerWords'

const EVERY_MS = 5_000

export function useOverlay() {
  const view = shallowRef<NetworkState | null>(null)
  const error = ref('')
  let order: string[] = []
  let asking = false

  async function load() {
    if (asking) return
    asking = true
    try {
      view.value = await overlay.read()
      error.value = ''
    } catch (cause) {
      error.value = errorText(cause)
    } finally {
      asking = false
    }
  }
  const groups = computed(() => {
    const found = inOrder(order, view.value?.peers ?? [])
    order = [...found.active, ...found.connecting, ...found.known].map((peer) => peer.node_id)
    return found
  })
  void load()
  useEvents(['person', 'status', 'resync'], () => void load())
  const timer = setInterval(() => document.visibilityState === 'visible' && void load(), EVERY_MS)
  onScopeDispose(() => clearInterval(timer))
  return { view, groups, error, load }
}
