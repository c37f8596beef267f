/** One-time keys from the part of a link behind "#": taken out of the address bar at once, kept for this tab only. */
const SETUP = 'setup-key'

/** Reads `#k=` (set-up) and `#l=` (log-in) and cleans the address. The log-in key is returned, not kept. */
export function takeKeys(hash: string): { setup?: string; login?: string } {
  const value = hash.slice(3)
  if (hash.startsWith('#k=') && value) {
    sessionStorage.setItem(SETUP, value)
    return { setup: value }
  }
  if (hash.startsWith('#l=') && value) return { login: value }
  return {}
}

export const setupKey = () => sessionStorage.getItem(SETUP)
export const forgetSetupKey = () => sessionStorage.removeItem(SETUP)
