-- Files (docs/decisions/0024-files.md). The bytes lie beside the database, encrypted, each file under a key of its own.

-- Files of the owner, and copies of what others offered.
CREATE TABLE files (
  id {id},
  file_id {blob} NOT NULL UNIQUE,       -- 16 random bytes: its name in the owner's API
  person {int} NOT NULL,                -- 0: the owner's; else connections.id of who offered it: a copy
  about {blob} NOT NULL,                -- sealed JSON: key, name, media_type, size, whether pictures are cleaned
  bytes {int} NOT NULL,                 -- of ciphertext, when whole
  hash {blob},                          -- SHA-256 of the ciphertext, which lies in files/HASH; null while an own one comes
  whole {int} NOT NULL DEFAULT 0,       -- 0: it is on its way, in files/FILE_ID.part
  thumbnail {blob},                     -- sealed JPEG
  created_at {int} NOT NULL,
  used_at {int} NOT NULL
);
CREATE INDEX files_hash ON files (hash);
CREATE INDEX files_used ON files (used_at) WHERE person <> 0;

-- Files offered to people, and by people.
CREATE TABLE file_offers (
  id {id},
  offer_id {blob} NOT NULL,             -- 16 bytes: its name between the two nodes
  person {int} NOT NULL,                -- to whom, or by whom
  own {int} NOT NULL,                   -- 1: the owner offers it
  file {int},                           -- files.id: what is offered, or the copy once the owner wanted it
  offer {blob} NOT NULL,                -- sealed JSON: payload of file_offer
  state {int} NOT NULL DEFAULT 0,       -- 0 open, 1 taken back or declined
  expires_at {int},
  created_at {int} NOT NULL,
  UNIQUE (person, own, offer_id)
);
CREATE INDEX file_offers_file ON file_offers (file) WHERE file IS NOT NULL;

-- Copies on their way.
CREATE TABLE downloads (
  file {int} PRIMARY KEY,               -- files.id
  offer {int} NOT NULL,                 -- file_offers.id
  tries {int} NOT NULL DEFAULT 0,       -- attempts in vain since something came
  next_at {int},                        -- null: failed for good
  reason TEXT NOT NULL DEFAULT ''       -- stable code of the last attempt
);

-- Links by which anybody who has them fetches a file for a while. Readable while the node is locked.
CREATE TABLE file_links (
  link_id {blob} PRIMARY KEY,           -- 16 random bytes, in the address; the key is not here
  file {int} NOT NULL,
  head {blob} NOT NULL,                 -- name, type and size, encrypted with the file's key
  uses_max {int},                       -- null: no bound
  used {int} NOT NULL DEFAULT 0,
  expires_at {int} NOT NULL,
  revoked {int} NOT NULL DEFAULT 0,
  created_at {int} NOT NULL
);
CREATE INDEX file_links_file ON file_links (file);
-- Downloads begun by a link: each counted once.
CREATE TABLE file_link_uses (
  token {blob} PRIMARY KEY,             -- SHA-256
  link_id {blob} NOT NULL,
  until_at {int} NOT NULL
);
