/** The words of the app for what the owner API answers. The shapes are the generated ones; nothing is described twice. Times are unix milliseconds and end in `_at`. */
import type * as T from './types'

export type { Author, Can, ChallengeOutcome, KeyEntry, OutboxItem, PersonDetail, Redeemed, Session, ServerTest, SetupAnswer, Status, TrustDetail, Visibility } from './types'
export type Audience = T.ForWhom
export type Circle = T.CircleView
export type CircleName = Pick<T.CircleName, 'id' | 'name'>
export type AccessRequest = T.RequestView
export type AuditEntry = T.EntryView
export type Challenge = T.ChallengeView
export type Message = T.MessageView
export type MessageNote = T.NoteView
export type FileInMessage = T.MessageFile
export type Group = T.GroupView
export type GroupLink = T.GroupLinkView
export type GroupLook = T.GroupLook
export type GroupJoin = T.GroupJoinView
export type GroupChange = T.WaitingView
export type Member = T.MemberView
export type Hit = T.SearchHit
export type Chat = T.ChatView
export type Partner = T.PartnerView
export type Comment = T.CommentView
export type Delivery = T.DeliveryView
export type Device = T.DeviceView
export type FileItem = T.FileView
export type FileLink = T.LinkToFile
export type FileOffer = T.OfferView
export type DirectoryHit = T.DirectoryAnswer
export type Hashtag = T.HashtagView
export type Identity = T.IdentityView
export type Invitation = T.InvitationView
export type Link = T.LinkView
export type NetworkState = T.NetworkView
export type Peer = T.PeerOut
export type Notification = T.NotificationView
export type Person = T.PersonView
export type Post = T.PostView
export type Profile = T.ProfileView
export type Reaction = T.ReactionView
export type SearchAnswer = T.Search
export type ServiceState = T.Service
export type Settings = T.SettingsView
export type StorageUse = T.StorageView
export type Thread = T.ThreadView

/** The languages the app speaks; settings may also say "as in the browser". */
export type Language = 'en' | 'fr' | 'es' | 'zh'

/** Peers of the node by the state of the link. */
export interface PeerGroups { active: Peer[]; connecting: Peer[]; known: Peer[] }

/** What is needed to show somebody's name and picture. */
export type Face = Pick<T.Actor, 'node_id' | 'display_name'> & Partial<T.Actor>
export type PeopleList = NonNullable<T.paths['/api/v1/people']['get']['parameters']['query']>['list']
export type FeedQuery = NonNullable<T.paths['/api/v1/feed']['get']['parameters']['query']>
export type FeedFilter = NonNullable<FeedQuery['filter']>

/** The stream of events is no call, so the description does not name them. */
export type EventType = 'post' | 'comment' | 'reaction' | 'person' | 'notification' | 'status' | 'outbox' | 'profile' | 'challenge' | 'chat' | 'circle' | 'file'
export interface NodeEvent { id?: string; ids?: string[]; node_id?: string; post?: string; newest?: string; have?: number; size?: number; typing?: boolean }
