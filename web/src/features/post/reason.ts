/** Why something was not delivered: the node's stable codes in words. */
import { t } from '@/i18n'

const KNOWN = new Set(['refused', 'expired', 'too_large'])
export const reasonWords = (code: string) => (KNOWN.has(code) ? t(`delivery.reason_${code}`) : code)
