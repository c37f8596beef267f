/** Words for a refused request: what happened, what it means, what to do. */
import { ApiError } from '@/api/http'
import { has, t } from '@/i18n'

/** Where the node's own words, which are English, say more than ours can. */
const TELLING = new Set(['refused', 'conflict', 'invalid', 'insecure_transport'])

export function errorText(error: unknown): string {
  if (!(error instanceof ApiError)) return t('error.other', { code: error instanceof Error ? error.name : '?' })
  if (error.code === 'slow_down') {
    const seconds = Math.ceil(error.retryAfter ?? 1)
    return t('error.slow_down', { s: seconds }, seconds)
  }
  if (error.status === 413) return t('error.too_large')
  if (!has(`error.${error.code}`)) return t('error.other', { code: error.code })
  const words = t(`error.${error.code}`)
  return TELLING.has(error.code) && error.detail ? `${words} (${error.detail})` : words
}
