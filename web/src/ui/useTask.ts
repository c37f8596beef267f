/** One button, one call: busy while it runs, the error in words when it is refused. */
import { ref } from 'vue'
import { errorText } from './errorText'
import { toast } from './toast'

export function useTask(options: { toast?: boolean } = {}) {
  const busy = ref(false)
  const error = ref('')
  async function run<T>(work: () => Promise<T>, explain?: (cause: unknown) => string | undefined): Promise<T | undefined> {
    if (busy.value) return undefined
    busy.value = true
    error.value = ''
    try {
      return await work()
    } catch (cause) {
      error.value = explain?.(cause) ?? errorText(cause)
      if (options.toast) toast(error.value, true)
      return undefined
    } finally {
      busy.value = false
    }
  }
  return { busy, error, run }
}
