/** How loud a recording is from its beginning to its end, in few bytes. Knows no browser sound. */
export interface Voice { ms: number; levels: string }
const MOST = 64

/** Loudest of each stretch; `levels` from 0 to 1, as many as were measured. */
export function gathered(levels: number[], most = MOST): number[] {
  const parts = Math.min(most, levels.length)
  return Array.from({ length: parts }, (_, n) => {
    const stretch = levels.slice(Math.floor((n * levels.length) / parts), Math.floor(((n + 1) * levels.length) / parts))
    return Math.round(Math.min(1, Math.max(0, ...stretch)) * 255)
  })
}
export const packed = (levels: number[]) => btoa(String.fromCharCode(...gathered(levels))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
/** As bars from 0 to 1; what cannot be read is a flat line. */
export function unpacked(levels: string): number[] {
  try {
    return [...atob(levels.replaceAll('-', '+').replaceAll('_', '/'))].map((one) => one.charCodeAt(0) / 255)
  } catch {
    return []
  }
}
/** Minutes and seconds, as a clock shows them. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
