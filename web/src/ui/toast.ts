/** Short words at the foot of the page, and the polite live region. */
import { ref } from 'vue'

export interface Toast { id: number; text: string; bad: boolean }
export const toasts = ref<Toast[]>([])
export const announcement = ref('')
let last = 0

export function announce(text: string) {
  announcement.value = ''
  requestAnimationFrame(() => (announcement.value = text))
}

export function toast(text: string, bad = false) {
  const id = ++last
  toasts.value = [...toasts.value.slice(-2), { id, text, bad }]
  announce(text)
  setTimeout(() => dismiss(id), bad ? 8_000 : 4_000)
}

export function dismiss(id: number) {
  toasts.value = toasts.value.filter((one) => one.id !== id)
}
