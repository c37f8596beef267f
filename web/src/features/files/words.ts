/** Why a copy of somebody's file is not here yet: the node's stable codes in words. */
import { has, t } from '@/i18n'

export function copyWords(reason: string, failed = false): string {
  const key = `files.reason_${reason}`
  if (reason && has(key)) return t(key)
  return t(failed ? 'files.failed' : 'files.coming')
}
