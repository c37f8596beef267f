/** What a conversation is called and by what it is found, whether it is with a person or a group. */
import type { Chat, Face } from '@/api/model'

export const idOf = (chat: Chat) => chat.id ?? chat.person?.node_id ?? ''
export const titleOf = (chat: Chat) => chat.title ?? chat.person?.display_name ?? ''
export const isGroup = (chat: Chat | null | undefined) => chat?.kind === 'group'
/** A group has no picture: its first letter, on a colour of its own. */
export const faceOf = (chat: Chat): Face => chat.person ?? { node_id: colourOf(idOf(chat)), display_name: titleOf(chat) }
/** A face is coloured by the digits that its id begins with; the id of a group has letters. */
const colourOf = (id: string) => [...id].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) & 0xffffff, 7).toString(16).padStart(6, '0')
