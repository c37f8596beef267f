-- Private conversations (PROTOCOL §8).

-- State of MLS. Keys name groups by their random ids.
CREATE TABLE mls_state (
  key {blob} PRIMARY KEY,
  value {blob} NOT NULL                 -- sealed
);

-- Conversations of the owner. A pair has one for as long as both know each other, whatever groups it had.
CREATE TABLE chats (
  id {id},
  person {int} NOT NULL UNIQUE,         -- connections.id
  group_id {blob},                      -- 16 bytes: where the owner speaks; null until there is one
  last_at {int} NOT NULL,               -- of the newest message
  read_upto {int} NOT NULL DEFAULT 0,   -- chat_messages.id up to which the owner has read
  told_upto {int} NOT NULL DEFAULT 0,   -- the same, as far as the other was told
  pinned {int} NOT NULL DEFAULT 0,
  muted {int} NOT NULL DEFAULT 0,
  archived {int} NOT NULL DEFAULT 0,
  draft {blob}                          -- sealed text that was begun
);
CREATE INDEX chats_list ON chats (archived, pinned, last_at);

-- Groups of MLS and whose they are: what still comes in an earlier group of a pair is read.
CREATE TABLE chat_groups (
  group_id {blob} PRIMARY KEY,
  chat {int} NOT NULL
);

CREATE TABLE chat_messages (
  id {id},
  chat {int} NOT NULL,
  message_id {blob} NOT NULL,           -- 16 bytes, drawn by who wrote it
  author {int} NOT NULL,                -- 0 the owner, else connections.id
  body {blob},                          -- sealed JSON {text, reply_to?}; null for deleted
  at {int} NOT NULL,                    -- when it was written, by its author's clock
  edited_at {int},
  state {int} NOT NULL,                 -- the owner's: 0 may be taken back, 1 waits for a key, 2 on its way, 3 delivered, 4 read
  due_at {int},                         -- until when it may be taken back
  UNIQUE (chat, author, message_id)
);
CREATE INDEX chat_messages_page ON chat_messages (chat, id);
CREATE INDEX chat_messages_waiting ON chat_messages (chat, id) WHERE author = 0 AND state < 2;
CREATE INDEX chat_messages_unread ON chat_messages (chat, id) WHERE author = 0 AND state < 4;
CREATE INDEX chat_messages_due ON chat_messages (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE chat_reactions (
  message {int} NOT NULL,               -- chat_messages.id
  author {int} NOT NULL,
  reaction {blob} NOT NULL,             -- sealed
  at {int} NOT NULL,
  PRIMARY KEY (message, author)
);

-- The message that a thing in the outbox carries: its delivery is the message's.
ALTER TABLE drafts ADD COLUMN chat_message {int};  -- chat_messages.id
ALTER TABLE outbox ADD COLUMN chat_message {int};

-- Key packages of others, each for the owner alone.
CREATE TABLE key_packages (
  person {int} NOT NULL,
  suite {int} NOT NULL,
  package {blob} NOT NULL,              -- sealed
  received_at {int} NOT NULL,
  PRIMARY KEY (person, suite)
);

-- Own ones that were given to somebody.
CREATE TABLE key_packages_given (
  person {int} PRIMARY KEY,
  given_at {int} NOT NULL
);
CREATE INDEX outbox_chat ON outbox (chat_message) WHERE chat_message IS NOT NULL;
