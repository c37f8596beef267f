import { ref, watch, type Ref, onScopeDispose } from 'vue'

/** True once `source` has been true for `ms`: keeps skeletons away from fast answers. */
export function useDelayed(source: Ref<boolean>, ms = 300): Ref<boolean> {
  const late = ref(false)
  let timer: number | undefined
  watch(source, (on) => {
    clearTimeout(timer)
    if (!on) late.value = false
    else timer = window.setTimeout(() => (late.value = true), ms)
  }, { immediate: true })
  onScopeDispose(() => clearTimeout(timer))
  return late
}
