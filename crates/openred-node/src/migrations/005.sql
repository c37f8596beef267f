-- Groups (PROTOCOL §8). The conversation of a group is the row of `chats` whose person is the negative number of the group.

CREATE TABLE mls_groups (
  id {id},
  group_id {blob} NOT NULL UNIQUE,      -- 16 bytes
  state {blob} NOT NULL,                -- sealed: the order of its commits (openred_proto::order)
  facts {blob} NOT NULL,                -- sealed JSON: name, administrators, sequencers, whether the owner leaves
  wake_at {int}                         -- when the order is to be asked again, unix ms
);
CREATE INDEX mls_groups_wake ON mls_groups (wake_at) WHERE wake_at IS NOT NULL;

-- Who is in a group in its present epoch, the owner as 0.
CREATE TABLE mls_members (
  mls_group {int} NOT NULL,
  person {int} NOT NULL,                -- connections.id
  added_by {int},                       -- connections.id, 0 the owner; null: nobody here knows
  added_at {int},
  PRIMARY KEY (mls_group, person)
);
CREATE INDEX mls_members_person ON mls_members (person);

-- What the owner wants changed, until it is in the group for good.
CREATE TABLE mls_changes (
  id {id},
  mls_group {int} NOT NULL,
  change {blob} NOT NULL,               -- sealed JSON
  waits {int} NOT NULL,                 -- 1: for a key package; the order does not know it yet
  not_before {int} NOT NULL,            -- unix ms: others may do it first
  since_at {int} NOT NULL
);
CREATE INDEX mls_changes_group ON mls_changes (mls_group, id);

-- Commits that may still be applied or given to others.
CREATE TABLE mls_commits (
  mls_group {int} NOT NULL,
  hash {blob} NOT NULL,                 -- SHA-256 of the MLSMessage
  commit_bytes {blob} NOT NULL,         -- sealed
  own {blob},                           -- sealed JSON: of an own one whom it adds, and the welcome until it was sent
  sent_at {int} NOT NULL,               -- by its envelope, unix ms
  PRIMARY KEY (mls_group, hash)
);

-- Countersignatures of sequencers.
CREATE TABLE mls_countersigned (
  mls_group {int} NOT NULL,
  epoch {int} NOT NULL,
  hash {blob} NOT NULL,
  signed {blob} NOT NULL,               -- sealed JSON [{by, sig}]
  PRIMARY KEY (mls_group, hash)
);

-- Messages whose epoch is not at hand, and invitations that may be needed.
CREATE TABLE mls_kept (
  mls_group {int} NOT NULL,
  hash {blob} NOT NULL,
  person {int} NOT NULL,                -- who brought it
  message {blob} NOT NULL,              -- sealed
  sent_at {int} NOT NULL,
  kept_at {int} NOT NULL,
  PRIMARY KEY (mls_group, hash)
);

-- Ways back from epochs that may still be left.
CREATE TABLE mls_snapshots (
  mls_group {int} NOT NULL,
  epoch {int} NOT NULL,
  snapshot {blob} NOT NULL,             -- sealed
  PRIMARY KEY (mls_group, epoch)
);

-- Keys of the own ratchet that were used in an epoch.
CREATE TABLE mls_used (
  mls_group {int} NOT NULL,
  tag {blob} NOT NULL,                  -- 8 bytes
  epoch {int} NOT NULL,
  used {int} NOT NULL,
  PRIMARY KEY (mls_group, tag)
);

-- Groups in which this node puts commits in order, also such that the owner is no member of.
CREATE TABLE mls_sequenced (
  group_id {blob} PRIMARY KEY,
  state {blob} NOT NULL,                -- sealed
  heard_at {int} NOT NULL
);

-- What was said in groups beside messages, to be said again if its branch is lost.
CREATE TABLE chat_said (
  id {id},
  chat {int} NOT NULL,
  talk {blob} NOT NULL,                 -- sealed
  epoch {int} NOT NULL,
  at {int} NOT NULL
);
CREATE INDEX chat_said_chat ON chat_said (chat, epoch);

-- How far a message of the owner is with each member of a group.
CREATE TABLE chat_receipts (
  message {int} NOT NULL,               -- chat_messages.id
  person {int} NOT NULL,
  state {int} NOT NULL,                 -- 2 on its way, 3 delivered, 4 read
  PRIMARY KEY (message, person)
);

CREATE INDEX chat_receipts_open ON chat_receipts (message, person) WHERE state = 2;

ALTER TABLE chat_messages ADD COLUMN kind {int} NOT NULL DEFAULT 0;   -- 1: a note of the system
ALTER TABLE chat_messages ADD COLUMN epoch {int};                     -- of its group: of the newest encryption; of notes the epoch they tell of
CREATE INDEX chat_messages_author ON chat_messages (author) WHERE author <> 0;
