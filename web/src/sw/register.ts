/** The page's half of the service worker: registration under Trusted Types, and forgetting everything on log-out. */
interface Policy { createScriptURL(url: string): string }
type Factory = { createPolicy(name: string, rules: { createScriptURL(url: string): string }): Policy }

function scriptUrl(url: string): string {
  const factory = (window as unknown as { trustedTypes?: Factory }).trustedTypes
  return factory ? factory.createPolicy('openred-worker', { createScriptURL: (asked) => (asked === '/sw.js' ? asked : '') }).createScriptURL(url) : url
}

export function registerWorker() {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  const register = () =>
    navigator.serviceWorker.register(scriptUrl('/sw.js'), { scope: '/' }).catch(() => {
      // without a worker the app works, only not offline
    })
  if (document.readyState === 'complete') void register()
  else window.addEventListener('load', () => void register(), { once: true })
}

/** Removes what was kept for reading offline: at log-out, and when the node is locked. The shell itself stays. */
export async function dropCaches() {
  if (!('caches' in window)) return
  await caches.delete('reads').catch(() => false)
}
