/** How long messages live, in words. */
import { currentLanguage, t } from '@/i18n'

export const TIMERS_S = [0, 3_600, 86_400, 7 * 86_400, 28 * 86_400]
const UNITS = [['week', 7 * 86_400], ['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1]] as const

export function timerWords(seconds: number): string {
  if (!seconds) return t('timer.off')
  const [unit, size] = UNITS.find(([, length]) => seconds >= length && seconds % length === 0) ?? ['second', 1]
  return new Intl.NumberFormat(currentLanguage(), { style: 'unit', unit, unitDisplay: 'long' }).format(seconds / size)
}
