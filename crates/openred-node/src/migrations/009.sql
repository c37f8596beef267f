-- Message requests: people who are no friends write, and wait for an answer. Groups that people come into by a link.

ALTER TABLE chats ADD COLUMN request {int} NOT NULL DEFAULT 0;      -- 1: theirs, the owner has not answered; 2: the owner's, they have not; 3: accepted
ALTER TABLE chats ADD COLUMN request_at {int} NOT NULL DEFAULT 0;   -- since when, unix ms
ALTER TABLE chats ADD COLUMN requested {int} NOT NULL DEFAULT 0;    -- messages that came before the owner answered
ALTER TABLE chats ADD COLUMN key_asked_at {int} NOT NULL DEFAULT 0; -- when their node was last asked for a key, unix ms
CREATE INDEX chats_requests ON chats (request_at) WHERE request = 1;

-- Links of the owner into groups.
CREATE TABLE group_links (
  link_id {blob} PRIMARY KEY,           -- 16 bytes, drawn
  mls_group {int} NOT NULL,             -- mls_groups.id
  link {blob} NOT NULL,                 -- sealed JSON {link, web_link, secret}
  expires_at {int} NOT NULL,
  uses {int} NOT NULL,                  -- how many people may come in by it
  used {int} NOT NULL DEFAULT 0,
  approval {int} NOT NULL,              -- 1: the owner is asked about each
  revoked {int} NOT NULL DEFAULT 0,
  created_at {int} NOT NULL
);
CREATE INDEX group_links_group ON group_links (mls_group, created_at);

-- Who came by one of them.
CREATE TABLE group_asking (
  mls_group {int} NOT NULL,
  person {int} NOT NULL,                -- connections.id
  link_id {blob} NOT NULL,
  state {int} NOT NULL,                 -- 0: the owner is to say; 1: comes in; 2: refused
  at {int} NOT NULL,
  PRIMARY KEY (mls_group, person)
);

-- Groups of others that the owner asked to come into.
CREATE TABLE group_joins (
  group_id {blob} PRIMARY KEY,          -- 16 bytes
  person {int} NOT NULL,                -- connections.id: who made the link
  name {blob} NOT NULL,                 -- sealed: the group's name as the link says it
  state {int} NOT NULL,                 -- 0: asked; 1: the owner of the link is to say; 2: refused
  at {int} NOT NULL
);
CREATE INDEX group_joins_person ON group_joins (person);
