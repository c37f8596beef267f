/** Settings of the node, applied to this page: language, theme, default visibility. */
import { shallowRef } from 'vue'
import { node } from '@/api/client'
import type { Language, Settings } from '@/api/model'
import { chooseLanguage } from '@/i18n'

export const settings = shallowRef<Settings | null>(null)
const THEME = 'theme'

export function applyTheme(theme: Settings['theme']) {
  localStorage.setItem(THEME, theme)
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}

export function applyStoredTheme() {
  const theme = localStorage.getItem(THEME)
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
}

export async function loadSettings() {
  settings.value = await node.settings().catch(() => null)
  if (!settings.value) return
  applyTheme(settings.value.theme)
  if (settings.value.language) await chooseLanguage(settings.value.language as Language)
}

export async function changeSettings(change: Partial<Settings>) {
  settings.value = await node.change(change)
  if (change.theme) applyTheme(change.theme)
  if (change.language !== undefined) await chooseLanguage(change.language as Language | '')
}
