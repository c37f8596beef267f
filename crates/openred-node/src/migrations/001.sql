-- A node's tables. {int} {blob} {id} stand for the engine's types (openred_service::database).
-- Times are unix milliseconds unless a name says otherwise; `_at` ends them. BLOB columns marked "sealed" hold
-- AES-256-GCM-SIV under the column key that the keeper derives: they are closed while the node is locked.

-- S1: the owner. What the node publishes about itself stands in clear, e-mail is sealed and never leaves.
CREATE TABLE user_profile (
  id {int} PRIMARY KEY,                 -- always 1
  username TEXT NOT NULL UNIQUE,
  email {blob},                         -- sealed, optional
  display_name TEXT NOT NULL,
  bio TEXT NOT NULL DEFAULT '',
  avatar_url TEXT,                      -- /api/v1/avatars/CONTENT_ID or null
  node_id TEXT NOT NULL UNIQUE,
  created_at {int} NOT NULL,
  links TEXT NOT NULL DEFAULT '[]',     -- JSON [{label,url}]
  avatar TEXT,                          -- JSON of payload content {content_id,key,size,media_type} or null
  updated_at {int} NOT NULL
);

-- S1: people this node knows: friends, followers, requests, blocked, and those merely met.
CREATE TABLE connections (
  id {id},
  target_key {blob} NOT NULL UNIQUE,    -- keyed hash of the node id
  target_node_id {blob} NOT NULL,       -- sealed
  target_username {blob} NOT NULL,      -- sealed
  target_server_url {blob} NOT NULL,    -- sealed
  relationship_type TEXT NOT NULL,      -- none friend follower blocked
  status TEXT NOT NULL,                 -- none pending_out pending_in accepted rejected
  following TEXT NOT NULL DEFAULT 'none', -- none pending accepted: this node follows them
  created_at {int} NOT NULL,
  updated_at {int} NOT NULL,
  details {blob} NOT NULL,              -- sealed JSON: names, bio, links, avatar, note, introduced_by, verified, routes ...
  log {blob},                           -- sealed: identity log, MessagePack array of entries; first seen wins
  descriptor {blob},                    -- sealed: newest descriptor, pinned
  last_seen_at {int},
  avatar {blob},                        -- keyed hash of their picture's content id
  kept {int} NOT NULL DEFAULT 0         -- 1 for who was ever more than met: such a row is never trimmed
);
CREATE INDEX connections_avatar ON connections (avatar) WHERE avatar IS NOT NULL;
CREATE INDEX connections_list ON connections (relationship_type, status, id);

-- Second valid entries for held numbers of people's identity logs: proof, shown; nothing switches.
CREATE TABLE identity_forks (
  person {int} NOT NULL,
  seq {int} NOT NULL,                   -- number of the entry, from 0
  entry {blob} NOT NULL,                -- sealed, verbatim
  seen_at {int} NOT NULL,
  PRIMARY KEY (person, seq)
);

-- S1: posts of the owner (author 0) and of others (author = connections.id).
CREATE TABLE posts (
  id {id},
  content {blob} NOT NULL,              -- text; sealed but for the owner's public posts
  media_urls TEXT NOT NULL DEFAULT '[]',
  visibility TEXT NOT NULL,             -- public friends private
  created_at {int} NOT NULL,
  updated_at {int} NOT NULL,
  message_id {blob} NOT NULL UNIQUE,    -- 32 bytes; of private posts random
  author {int} NOT NULL,
  envelope {blob},                      -- canonical envelope; sealed but for the owner's public posts; null for private and deleted
  details {blob} NOT NULL,              -- JSON {content?: {content_id,key,size,media_type}, asked?}; sealed likewise
  received_at {int} NOT NULL,
  edited_at {int},                      -- timestamp of the newest edit, or of the deletion
  change_id {blob},                     -- its message id
  change {blob},                        -- its envelope; sealed likewise
  deleted {int} NOT NULL DEFAULT 0,     -- 1: a tombstone, so that it does not come back
  access {int} NOT NULL DEFAULT 0,      -- 0 open, 1 asked for, 2 refused, 3 gone
  expires_at {int},
  comments_known {int} NOT NULL DEFAULT 0,
  comments_missing {int} NOT NULL DEFAULT 0,
  reactions {blob}                      -- sealed JSON {counts, mine}; null when there are none
);
CREATE INDEX posts_feed ON posts (created_at, id);
CREATE INDEX posts_author ON posts (author, created_at, id);
CREATE INDEX posts_changed ON posts (author, edited_at) WHERE edited_at IS NOT NULL;
CREATE INDEX posts_expire ON posts (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX posts_access ON posts (author) WHERE access <> 0;

-- Idempotency keys of the owner's posts and comments, 24 hours.
CREATE TABLE post_keys (
  key_hash {blob} PRIMARY KEY,
  request_hash {blob} NOT NULL,
  message_id {blob} NOT NULL,
  until_at {int} NOT NULL
);

CREATE TABLE comments (
  id {id},
  message_id {blob} NOT NULL UNIQUE,
  post_id {blob} NOT NULL,              -- message id of the post
  wall {int} NOT NULL,                  -- author of the post
  author {int} NOT NULL,
  content {blob} NOT NULL,              -- sealed
  envelope {blob},                      -- sealed; null for deleted
  parents {blob} NOT NULL,              -- 32-byte message ids, concatenated; the first is what it answers
  created_at {int} NOT NULL,
  received_at {int} NOT NULL,
  edited_at {int},                      -- timestamp of the newest edit, or of the deletion
  change_id {blob},
  change {blob},                        -- sealed
  deleted {int} NOT NULL DEFAULT 0,
  reactions {blob}                      -- sealed, as of posts
);
CREATE INDEX comments_post ON comments (post_id, created_at, id);
CREATE INDEX comments_wall ON comments (wall, created_at);
CREATE INDEX comments_changed ON comments (wall, edited_at) WHERE edited_at IS NOT NULL;

CREATE TABLE reactions (
  id {id},
  target {blob} NOT NULL,               -- message id of a post or comment
  author {int} NOT NULL,
  wall {int} NOT NULL,                  -- author of the post
  post_id {blob},                       -- the post; null while the comment is not known
  reaction {blob} NOT NULL,             -- sealed; empty text withdraws
  at {int} NOT NULL,                    -- the latest per (target, author) counts
  message_id {blob} NOT NULL,
  envelope {blob} NOT NULL,             -- sealed
  UNIQUE (target, author)
);
CREATE INDEX reactions_wall ON reactions (wall, at);
CREATE INDEX reactions_post ON reactions (post_id);

-- Edits and deletions that arrived before what they change: applied when it comes; 30 days, 10,000 rows.
CREATE TABLE waiting_changes (
  target {blob} NOT NULL,
  author {int} NOT NULL,
  at {int} NOT NULL,
  envelope {blob} NOT NULL,             -- sealed
  PRIMARY KEY (target, author)
);

-- Replies that somebody referred to and this node lacks.
CREATE TABLE missing_replies (
  message_id {blob} PRIMARY KEY,
  post_id {blob} NOT NULL,
  seen_at {int} NOT NULL,
  asked_at {int}
);
CREATE INDEX missing_post ON missing_replies (post_id);

CREATE TABLE access_requests (
  id {id},
  post_id {blob} NOT NULL,
  person {int} NOT NULL,
  note {blob} NOT NULL,                 -- sealed
  message_id {blob} NOT NULL,           -- of the request, to answer it
  created_at {int} NOT NULL,
  decided TEXT,                         -- grant refuse or null
  UNIQUE (post_id, person)
);

-- Long texts and avatars, as ciphertext (AES-256-GCM, key in the post or profile that names them).
CREATE TABLE contents (
  content_id TEXT PRIMARY KEY,
  bytes {blob} NOT NULL,
  own {int} NOT NULL,                   -- 1: made here, served to those allowed
  audience TEXT NOT NULL,               -- public friends
  post_id {blob},                       -- whose access rule counts
  created_at {int} NOT NULL,
  used_at {int} NOT NULL
);
CREATE INDEX contents_post ON contents (post_id);
CREATE INDEX contents_used ON contents (own, used_at);

CREATE TABLE notifications (
  id {id},
  kind TEXT NOT NULL,
  actor {int},
  post_id {blob},
  params {blob} NOT NULL,               -- sealed JSON: words, by, seq
  created_at {int} NOT NULL,
  read {int} NOT NULL DEFAULT 0
);
CREATE INDEX notifications_unread ON notifications (read, id);

-- Delivery. outbox: one row per thing to say; deliveries: one row per recipient, made in chunks. The bytes of what
-- stands on a wall are read where it stands; the outbox holds only what nothing else does.
CREATE TABLE outbox (
  id {id},
  message_id {blob} NOT NULL,
  what TEXT NOT NULL,                   -- message type, for the owner's eyes
  audience TEXT NOT NULL,               -- person friends public
  person {int},                         -- for audience person
  except_person {int},                  -- who sent what is forwarded
  held {int} NOT NULL,                  -- where its envelope stands: 0 body, 1 posts.envelope, 2 posts.change,
                                        -- 3 comments.envelope, 4 comments.change, 5 reactions.envelope
  thing {int},                          -- id of that row
  body {blob},                          -- sealed canonical envelope
  created_at {int} NOT NULL,
  expanded_to {int} NOT NULL DEFAULT 0, -- connections.id up to which deliveries exist
  expanded {int} NOT NULL DEFAULT 0,
  recipients {int} NOT NULL DEFAULT 0   -- deliveries made and not taken back
);
CREATE INDEX outbox_unexpanded ON outbox (created_at, id) WHERE expanded = 0;
CREATE INDEX outbox_thing ON outbox (thing, held) WHERE thing IS NOT NULL;

-- Things to say that are not signed yet: written with what caused them, signed by the delivery job.
CREATE TABLE drafts (
  id {id},
  person {int} NOT NULL,
  what TEXT NOT NULL,
  payload {blob} NOT NULL,              -- sealed JSON
  created_at {int} NOT NULL
);

CREATE TABLE deliveries (
  person {int} NOT NULL,
  n {int} NOT NULL,                     -- place in the stream of (person, lane)
  outbox_id {int} NOT NULL,
  state {int} NOT NULL,                 -- 0 waiting, 1 failed, 2 withdrawn, 3 delivered
  reason TEXT NOT NULL DEFAULT '',      -- stable code of what failed
  since_at {int} NOT NULL,
  PRIMARY KEY (person, n)
) {clustered};
CREATE INDEX deliveries_open ON deliveries (outbox_id, person, state) WHERE state < 2;

CREATE TABLE streams (
  person {int} PRIMARY KEY,             -- lane social; chats and files bring their own lanes
  stream {blob} NOT NULL,
  next_n {int} NOT NULL,
  done {int} NOT NULL DEFAULT 0,        -- all n up to here are acknowledged
  next_at {int},                        -- when what waits is tried again; null when nothing waits
  tries {int} NOT NULL DEFAULT 0,       -- attempts in vain since the person was reached
  reason TEXT NOT NULL DEFAULT ''       -- stable code of the last of them
);
CREATE INDEX streams_due ON streams (next_at) WHERE next_at IS NOT NULL;

CREATE TABLE inbound_streams (
  person {int} NOT NULL,
  stream {blob} NOT NULL,
  upto {int} NOT NULL,                  -- all n up to here are applied
  touched_at {int} NOT NULL,
  PRIMARY KEY (person, stream)
);
-- Items that came ahead of their turn: at most 24 hours.
CREATE TABLE inbound_gaps (
  person {int} NOT NULL,
  stream {blob} NOT NULL,
  n {int} NOT NULL,
  kind {int} NOT NULL,                  -- 1 envelope, 2 tombstone, 3 refused: body is the code
  body {blob} NOT NULL,                 -- sealed
  received_at {int} NOT NULL,
  PRIMARY KEY (person, stream, n)
);
-- Envelopes more than ten minutes ahead of this clock: acknowledged, acted on when their time has come.
CREATE TABLE held_back (
  message_id {blob} PRIMARY KEY,
  person {int} NOT NULL,                -- who brought it
  request_lane {int} NOT NULL,
  stream {blob} NOT NULL,
  n {int} NOT NULL,
  body {blob} NOT NULL,                 -- sealed canonical envelope
  due_at {int} NOT NULL,
  received_at {int} NOT NULL
);
CREATE INDEX held_back_due ON held_back (due_at, person, n);
CREATE INDEX held_back_person ON held_back (person);
-- Ids acted on: nothing is applied twice.
CREATE TABLE applied (
  message_id {blob} PRIMARY KEY,
  until_at {int} NOT NULL
);
CREATE INDEX applied_until ON applied (until_at);

-- Meeting.
CREATE TABLE pair_secrets (
  pair_id {blob} PRIMARY KEY,
  person {int} NOT NULL,
  ticket {blob} NOT NULL,               -- sealed by the keeper
  created_at {int} NOT NULL
);
CREATE INDEX pair_person ON pair_secrets (person, created_at);

CREATE TABLE used_grants (
  grant_id {blob} PRIMARY KEY,
  until_at {int} NOT NULL
);

CREATE TABLE invitations (
  invite_id {blob} PRIMARY KEY,
  ticket {blob} NOT NULL,               -- the secret, sealed by the keeper
  link {blob} NOT NULL,                 -- sealed: to show it again
  expires_at {int} NOT NULL,
  auto_accept {int} NOT NULL,
  created_at {int} NOT NULL,
  revoked {int} NOT NULL DEFAULT 0,
  bound_person {int}                    -- the first who redeemed it; may come again until it expires
);

-- Links of others that this node redeems; gone when the person was met.
CREATE TABLE redeemed_invitations (
  person {int} PRIMARY KEY,
  invite_id {blob} NOT NULL,
  ticket {blob} NOT NULL,               -- sealed by the keeper
  expires_at {int} NOT NULL
);

CREATE TABLE directories (
  url TEXT PRIMARY KEY,
  node_id TEXT,                         -- pinned at first answer unless configured as URL#node_id
  descriptor {blob},                    -- pinned
  added_at {int} NOT NULL
);

-- S3: state of the network, and what is newer here: small values by name.
CREATE TABLE network_state (
  key TEXT PRIMARY KEY,
  value {blob} NOT NULL,
  updated_at {int} NOT NULL
);

-- S3: the overlay. Who is one of the owner's people must not be readable here, so whatever names a node is sealed,
-- strangers' rows like all others; what finds a row is a keyed hash. Times are unix seconds.
CREATE TABLE peers (
  node_id {blob} PRIMARY KEY,           -- keyed hash
  address {blob},                       -- sealed: id, addresses, transport key, relay, group, introducer; null when not known
  last_seen {int} NOT NULL,             -- of the address; 0 never
  trust_score {blob},                   -- sealed: id, direct trust and what it is reckoned from; null when none
  trust_at {int} NOT NULL               -- up to when decay is in it
);
CREATE INDEX peers_seen ON peers (last_seen, trust_at);

-- S3: ids that came by and are not taken again.
CREATE TABLE messages_seen (
  message_id {blob} PRIMARY KEY,
  timestamp {int} NOT NULL,
  sender_id {blob} NOT NULL,            -- sealed
  not_after {int} NOT NULL
);
CREATE INDEX messages_seen_at ON messages_seen (timestamp);

-- S3: why somebody is trusted as they are.
CREATE TABLE trust_events (
  id {id},
  node_id {blob} NOT NULL,              -- keyed hash
  event_type TEXT NOT NULL,             -- valid invalid timeout
  trust_delta {int} NOT NULL,           -- millionths
  timestamp {int} NOT NULL,
  detail TEXT NOT NULL                  -- what the bytes proved
);
CREATE INDEX trust_events_of ON trust_events (node_id, id);
CREATE INDEX trust_events_at ON trust_events (timestamp);

-- Messages of the overlay that are still alive, to serve them to neighbours.
CREATE TABLE messages_held (
  message_id {blob} PRIMARY KEY,
  not_after {int} NOT NULL,
  frame {blob} NOT NULL                 -- sealed
);
CREATE INDEX messages_held_until ON messages_held (not_after);

-- Identity logs of those whose messages came by.
CREATE TABLE origin_logs (
  node_id {blob} PRIMARY KEY,           -- keyed hash
  log {blob} NOT NULL                   -- sealed: id and entries
);

-- Own public things on their way to the overlay; gone once they are published.
CREATE TABLE publications (
  id {id},
  message_id {blob} NOT NULL UNIQUE,
  envelope {blob} NOT NULL,             -- sealed: comments of others on the owner's wall are among them
  created_at {int} NOT NULL             -- unix ms
);

-- Hashtags that the owner follows.
CREATE TABLE hashtags (
  tag_key {blob} PRIMARY KEY,           -- keyed hash
  tag {blob} NOT NULL,                  -- sealed
  since_at {int} NOT NULL               -- unix ms
);
-- Hashtags in the texts of posts.
CREATE TABLE post_tags (
  tag_key {blob} NOT NULL,
  post {int} NOT NULL,                  -- posts.id
  PRIMARY KEY (tag_key, post)
);
CREATE INDEX post_tags_post ON post_tags (post);

-- The owner's browsers and API clients.
CREATE TABLE devices (
  id {id},
  token_hash {blob} NOT NULL UNIQUE,
  kind TEXT NOT NULL,                   -- browser api
  name TEXT NOT NULL,
  created_at {int} NOT NULL,
  last_seen_at {int} NOT NULL,
  expires_at {int} NOT NULL
);

CREATE TABLE audit_log (
  seq {int} PRIMARY KEY,
  entry {blob} NOT NULL                 -- sealed, chained and signed by the keeper
);
