/** Why something has not arrived: the node's stable codes in words. */
import type { OutboxItem } from '@/api/model'
import { has, t } from '@/i18n'

/** `code` of a delivery that is tried again by itself; empty when nothing was tried yet. */
export function waitingWords(code: string, name: string): string {
  const key = `delivery.wait_${code}`
  return t(has(key) ? key : 'delivery.wait_any', { name })
}
/** `code` of a delivery that the other node refused for good. */
export function failedWords(code: string, name: string): string {
  const key = `delivery.reason_${code}`
  return t('delivery.failed_one', { name, reason: has(key) ? t(key) : t('delivery.reason_other', { code }) })
}
/** How one thing stands that has not arrived. */
export function outboxWords({ state, reason, to }: Pick<OutboxItem, 'state' | 'reason' | 'to'>): string {
  if (state === 'failed') return failedWords(reason, to.display_name)
  return waitingWords(state === 'at_relay' ? state : reason, to.display_name)
}
