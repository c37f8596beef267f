/** Words for a refused request: what happened, what it means, what to do. */
import { ApiError } from '@/api/http'
import { has, i18n, t } from '@/i18n'
import { DETAILS } from './details'

/** The node's own English words, where they say more than ours: only to who reads English. */
const TELLING = new Set(['refused', 'conflict', 'invalid', 'insecure_transport'])

/** The node's word about this very case in ours, when we have it. */
export const detailText = (detail: string) => (DETAILS[detail] ? t(`detail.${DETAILS[detail]}`) : detail)

export function errorText(error: unknown): string {
  if (!(error instanceof ApiError)) return t('error.other', { code: error instanceof Error ? error.name : '?' })
  if (error.code === 'slow_down') {
    const seconds = Math.ceil(error.retryAfter ?? 1)
    return t('error.slow_down', { s: seconds }, seconds)
  }
  if (DETAILS[error.detail]) return detailText(error.detail)
  if (error.status === 413) return t('error.too_large')
  if (!has(`error.${error.code}`)) return t('error.other', { code: error.code })
  const words = t(`error.${error.code}`)
  return TELLING.has(error.code) && error.detail && i18n.global.locale.value === 'en' ? `${words} (${error.detail})` : words
}
