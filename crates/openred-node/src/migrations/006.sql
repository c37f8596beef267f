-- What people expect of conversations: one notification each, files, search, messages that go by themselves.

-- What a notification is about, a number of whoever wrote it: the newest of each kind and subject counts.
ALTER TABLE notifications ADD COLUMN subject {int};
CREATE UNIQUE INDEX notifications_subject ON notifications (kind, subject) WHERE subject IS NOT NULL;

-- Files of conversations: what was brought for one goes with the last message that carries it; an offer in one is shown by
-- that one alone.
ALTER TABLE files ADD COLUMN for_chat {int} NOT NULL DEFAULT 0;
ALTER TABLE file_offers ADD COLUMN chat {int};            -- chats.id
ALTER TABLE file_offers ADD COLUMN wanted {int} NOT NULL DEFAULT 0; -- 1: is yet to be fetched, without the owner asking
CREATE INDEX file_offers_wanted ON file_offers (id) WHERE wanted = 1;
CREATE TABLE chat_files (
  message {int} PRIMARY KEY,            -- chat_messages.id
  file {int},                           -- files.id: of the owner's
  offer {int}                           -- file_offers.id: of another's
);
CREATE INDEX chat_files_file ON chat_files (file) WHERE file IS NOT NULL;

-- Search: which words a message has, as keyed hashes; rows lie in the order in which they are looked for.
CREATE TABLE search_words (
  token {int} NOT NULL,                 -- first 8 bytes of HMAC(search key, word or its beginning)
  message {int} NOT NULL,               -- chat_messages.id
  PRIMARY KEY (token, message)
) {clustered};

-- Which message a thing of the outbox carries, by its name.
CREATE INDEX outbox_chat_named ON outbox (message_id) WHERE chat_message IS NOT NULL;

-- What the owner has not read: not looked for among what the owner wrote.
CREATE INDEX chat_messages_new ON chat_messages (chat, id) WHERE author <> 0 AND state < 4;

-- Messages that go by themselves.
ALTER TABLE chats ADD COLUMN timer_s {int} NOT NULL DEFAULT 0;  -- how long new messages stay; 0: for ever
ALTER TABLE chats ADD COLUMN timer_at {int} NOT NULL DEFAULT 0; -- when that was said, by the clock of who said it
ALTER TABLE chat_messages ADD COLUMN lives_s {int};             -- from sending where it was written, from reading elsewhere
ALTER TABLE chat_messages ADD COLUMN expires_at {int};
CREATE INDEX chat_messages_expire ON chat_messages (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX chat_messages_unbegun ON chat_messages (chat, id) WHERE lives_s IS NOT NULL AND expires_at IS NULL;
