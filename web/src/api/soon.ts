/** What the node will say of groups, files in messages, timers and search. The parts that the description has by now are taken from it. */
import type * as T from './types'

type Face = Pick<T.PartnerView, 'node_id' | 'display_name'> & { avatar_url?: string | null }
interface Named { node_id: string; display_name: string; me: boolean }

export interface ChatSoon {
  /** What stands in the path: the id of the person, or of the group. */
  id?: string
  kind?: 'person' | 'group'
  title?: string
  person?: T.PartnerView
  members?: number
  timer_s?: number
}
export interface MessageNote { what: string; people?: Named[]; name?: string; seconds?: number }
export interface FileInMessage {
  name: string
  size: number
  media_type: string
  alt?: string
  state: 'here' | 'offered' | 'waiting' | 'failed' | 'gone'
  reason?: string
  have: number
  id?: string
  thumbnail_url?: string
  offer?: number
}
export interface MessageSoon {
  kind?: 'message' | 'note'
  author?: Face
  note?: MessageNote
  receipts?: { of: number; delivered: number; read: number }
  reply_to?: (T.AnsweredView & { author?: Face }) | null
  reactions?: (T.ChatReaction & { author?: Face })[]
  file?: FileInMessage
  expires_s?: number
  expires_at?: number
}
export interface SettingsSoon { fetch_pictures_max: number; typing_signs: boolean }

export interface Member extends Face {
  username: string
  role: 'admin' | 'member'
  me: boolean
  friend: boolean
  added_by?: { node_id: string; display_name: string }
  added_at?: number
  state: 'member' | 'adding' | 'removing'
}
export interface GroupChange { what: 'add' | 'remove' | 'rename' | 'role'; people?: Named[]; name?: string; since: number }
export interface Group {
  id: string
  name: string
  role: 'admin' | 'member' | 'none'
  may_change: boolean
  everybody_changes: boolean
  members: Member[]
  sequencers: Named[]
  waiting: GroupChange[]
  joined_at?: number
}
export interface Hit {
  kind: 'message'
  chat: string
  title: string
  id: string
  number: number
  mine: boolean
  by?: Face
  at: number
  snippet: { text: string; hit: boolean }[]
  file?: string
}
