/** Short words at the foot of the page, and the polite live region. */
import { ref } from 'vue'

export interface Action { label: string; run: () => void; ms: number }
export interface Toast { id: number; text: string; bad: boolean; action?: Action }
export const toasts = ref<Toast[]>([])
export const announcement = ref('')
let last = 0

export function announce(text: string) {
  announcement.value = ''
  requestAnimationFrame(() => (announcement.value = text))
}

/** `action`: one thing to do about it, for as long as it says. */
export function toast(text: string, bad = false, action?: Action): number {
  const id = ++last
  toasts.value = [...toasts.value.slice(-2), { id, text, bad, action }]
  announce(action ? `${text}. ${action.label}?` : text)
  setTimeout(() => dismiss(id), action?.ms ?? (bad ? 8_000 : 4_000))
  return id
}

export function dismiss(id: number) {
  toasts.value = toasts.value.filter((one) => one.id !== id)
}
