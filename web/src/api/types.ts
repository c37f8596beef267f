/** The owner API as the app reads it. Times are unix milliseconds and end in `_at`; ids are hex or base64url text. */

export type Visibility = 'public' | 'friends' | 'private'
export type Relationship = 'self' | 'none' | 'friend' | 'follower' | 'following' | 'blocked'
export type RequestStatus = 'none' | 'pending_out' | 'pending_in' | 'accepted' | 'rejected'
export type Page<T> = { items: T[]; next?: string | null }

export interface Session {
  phase: 'setup' | 'locked' | 'ready'
  logged_in: boolean
  display_name?: string
  node_id?: string
  version: string
}
export interface SetupRequest { key: string; display_name: string; passphrase: string; invitation?: string }
export interface SetupAnswer {
  node_id: string
  username: string
  invitation?: { state: 'sent' | 'waiting' | 'failed'; detail?: string }
}
export interface Device { id: string; name: string; created_at: number; last_seen_at: number; current: boolean }
export interface Link { label: string; url: string }
export interface Profile {
  node_id: string
  username: string
  display_name: string
  bio: string
  avatar_url: string | null
  links: Link[]
  email: string | null
  created_at: number
}
export interface ProfileChange { display_name?: string; bio?: string; links?: Link[]; email?: string | null }

/** What is needed to show somebody's name and picture. */
export interface Face { node_id: string; display_name: string; username?: string; avatar_url?: string | null }
export interface Person extends Face {
  username: string
  bio: string
  avatar_url: string | null
  links: Link[]
  relationship: Relationship
  status: RequestStatus
  name_state: 'confirmed' | 'unconfirmed' | 'conflict'
  introduced_by: { node_id: string; display_name: string } | null
  verified: boolean
  last_seen_at: number | null
  reachable: 'now' | 'recently' | 'waiting' | 'unknown'
  note: string | null
  identity_changed_at: number | null
}
export interface SafetyNumber { digits: string[]; emoji: string[]; head: string }
export interface PersonDetail extends Person { safety_number: SafetyNumber | null }
export type PeopleList = 'friends' | 'requests' | 'following' | 'followers' | 'blocked' | 'suggestions'
export interface DirectoryHit { url: string; state: 'ok' | 'down' | 'slow'; found: number }
export interface SearchAnswer { items: Person[]; directories: DirectoryHit[] }

export interface Invitation {
  id: string
  link: string
  web_link: string | null
  created_at: number
  expires_at: number
  used_by: { node_id: string; display_name: string } | null
  state: 'open' | 'used' | 'expired' | 'revoked'
}
export interface Redeemed { node_id: string; state: 'sent' | 'waiting'; display_name: string }

export interface Reaction { reaction: string; count: number; mine: boolean }
export interface DeliveryProblem { node_id: string; display_name: string; reason: string }
export interface Delivery { total: number; delivered: number; waiting: DeliveryProblem[]; failed: DeliveryProblem[] }
export interface Author extends Face { username: string; avatar_url: string | null; relationship: Relationship }
export interface Can { edit: boolean; delete: boolean; comment: boolean; react: boolean }
export interface Post {
  id: string
  author: Author
  text: string
  more: boolean
  visibility: Visibility
  created_at: number
  received_at: number
  edited_at: number | null
  deleted: boolean
  reactions: Reaction[]
  comments: { known: number; missing: number }
  access: 'open' | 'asked' | 'refused' | 'gone'
  delivery: Delivery | null
  can: Can
}
export interface Comment {
  id: string
  post: string
  parents: string[]
  depth: number
  author: Author
  text: string
  created_at: number
  edited_at: number | null
  deleted: boolean
  reactions: Reaction[]
  can: Can
  delivery: Delivery | null
}
export interface Thread {
  post: Post
  comments: Comment[]
  known: number
  missing: { id: string; asked_at: number | null }[]
}
export type FeedFilter = 'everyone' | 'friends' | 'mine'
export interface FeedPage extends Page<Post> { newest?: string | null }
export interface AccessRequest { id: string; post: string | Post; from: Person; note: string | null; created_at: number }

export type NotificationKind =
  | 'friend_request' | 'friend_accepted' | 'comment' | 'reaction' | 'introduction' | 'access_request'
  | 'invitation_used' | 'identity_changed' | 'identity_fork' | 'met_again' | 'delivery_failed'
export interface Notification {
  id: string
  kind: NotificationKind
  actor: Face | null
  post: string | null
  text: string
  created_at: number
  read: boolean
}
export interface NotificationPage extends Page<Notification> { unread: number }

export interface OutboxItem {
  id: string
  to: { node_id: string; display_name: string }
  what: string
  state: 'waiting' | 'queued' | 'delivered' | 'failed'
  reason: string
  since_at: number
  next_try_at: number | null
}
export interface Outbox extends Page<OutboxItem> { waiting: number; failed: number }

export interface DirectoryStatus {
  url: string
  node_id: string | null
  state: 'ok' | 'down' | 'lying' | 'slow' | 'off'
  since_at: number
  detail: string
}
export interface Note { code: string; level: 'ok' | 'warn' | 'error'; text: string }
export interface Status {
  node_id: string
  version: string
  uptime_s: number
  phase: string
  clock: { skew_s: number | null; ok: boolean; text: string }
  keeper: { state: string; sandbox: string }
  directories: DirectoryStatus[]
  friends: { total: number; reachable: number }
  sessions: number
  outbox: { waiting: number; failed: number }
  storage: { bytes: number; free_bytes: number; synchronous: string }
  notes: Note[]
}

export type Language = 'en' | 'fr' | 'es' | 'zh'
export interface Settings {
  language: Language | ''
  theme: 'system' | 'light' | 'dark'
  default_visibility: Visibility
  discoverable: { name: boolean; text: boolean; recent: boolean }
  directories: string[]
  allow_requests: boolean
}
export interface Identity {
  node_id: string
  log_seq: number
  head: string
  created_at: number
  recovery: 'unsaved' | 'saved'
  incarnation: string
  entries: { seq: number; kind: string; at: number; hash: string }[]
  api_url: string | null
}
export interface AuditEntry { at: number; kind: string; subject: string; detail: string }
export interface Audit extends Page<AuditEntry> { ok: boolean; problems: string[] }
export interface ServiceState { state: 'installed' | 'running' | 'absent' | 'unsupported'; detail: string }

export type EventType = 'post' | 'comment' | 'reaction' | 'person' | 'notification' | 'status' | 'outbox' | 'profile'
export interface NodeEvent { id?: string; ids?: string[]; node_id?: string; post?: string; newest?: string }
