/** The time, each half second, while somebody counts down. */
import { onScopeDispose, ref, watch, type Ref } from 'vue'

const TICK_MS = 500
export function useSecond(wanted: Ref<boolean>): Ref<number> {
  const now = ref(Date.now())
  let timer: number | undefined
  watch(wanted, (on) => {
    clearInterval(timer)
    now.value = Date.now()
    if (on) timer = window.setInterval(() => (now.value = Date.now()), TICK_MS)
  }, { immediate: true })
  onScopeDispose(() => clearInterval(timer))
  return now
}
