/** How a message stands: an icon, words, and the way it takes. */
import { Check, CheckCheck, CircleAlert, Clock, CloudOff, Eye, Hourglass, KeyRound, Mailbox, Send, Undo2 } from 'lucide-vue-next'

const ICONS: Record<string, typeof Check> = { sending: Clock, kept: CloudOff, refused: CircleAlert, held: Undo2, no_key: KeyRound, sent: Send, at_relay: Mailbox, delivered: Check, read: CheckCheck, failed: CircleAlert, requested: Hourglass }
export const iconOf = (state: string) => ICONS[state] ?? Clock
export const isBad = (state: string) => state === 'failed' || state === 'refused'
/** States that say more than that it is on its way: their words stand beside the message. */
export const isTelling = (state: string) => !['sent', 'delivered', 'read', 'sending'].includes(state)
/** Nothing of it has left: it can be taken back without a trace. */
export const canUndo = (state: string | null | undefined) => state === 'held' || state === 'no_key'

/** The stations of a message that goes well; what stands still takes the place of the station it is before. */
export const STATIONS = ['written', 'sent', 'at_relay', 'delivered', 'read'] as const
export type Station = (typeof STATIONS)[number]
const REACHED: Record<string, number> = { sending: 0, kept: 0, refused: 0, held: 0, no_key: 0, sent: 1, failed: 1, requested: 1, at_relay: 2, delivered: 3, read: 4 }
export const reached = (state: string) => REACHED[state] ?? 0
export const STATION_ICONS: Record<Station, typeof Check> = { written: Check, sent: Send, at_relay: Mailbox, delivered: CheckCheck, read: Eye }
