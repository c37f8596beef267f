/** Invitation links: recognised here, understood by the node. */
const HELD = 'invitation'

/** `openred:i#…` or `https://HOST/i#…`, with a payload. */
export function isInvitation(text: string): boolean {
  return /^(openred:i#|https?:\/\/[^\s/]+\/i#)[A-Za-z0-9_-]{20,}$/.test(text.trim())
}

/** `openred:g#…` or `https://HOST/g#…`: into a group. */
export const isGroupLink = (text: string) => /^(openred:g#|https?:\/\/[^\s/]+\/g#)[A-Za-z0-9_-]{20,}$/.test(text.trim())
export const groupFromHash = (hash: string) => `openred:g${hash}`

/** The form every node accepts, from what stands behind "#" on the landing page. */
export const fromHash = (hash: string) => `openred:i${hash}`

/** An invitation opened before the node was set up or logged in waits in this tab. */
export const holdInvitation = (link: string) => sessionStorage.setItem(HELD, link)
export const heldInvitation = () => sessionStorage.getItem(HELD)
export const dropInvitation = () => sessionStorage.removeItem(HELD)
