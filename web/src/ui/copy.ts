import { t } from '@/i18n'
import { toast } from './toast'

export async function copyText(text: string) {
  try {
    await navigator.clipboard.writeText(text)
    toast(t('act.copied'))
  } catch {
    toast(t('error.title'), true)
  }
}
