import { createApp } from 'vue'
import App from './App.vue'
import { i18n, preferredLanguage, useLanguage } from './i18n'
import { applyStoredTheme } from './features/settings/useSettings'
import { router } from './router'
import { registerWorker } from './sw/register'
import './ui/tokens.css'
import './ui/base.css'

applyStoredTheme()
async function start() {
  await useLanguage(preferredLanguage())
  const app = createApp(App).use(i18n).use(router)
  await router.isReady().catch(() => undefined)
  app.mount('#app')
  registerWorker()
}
void start()
