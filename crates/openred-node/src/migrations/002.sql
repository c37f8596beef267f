-- Mail by relays (PROTOCOL §5, §9).

-- Relays of the owner, in the order they were added.
CREATE TABLE relays (
  url TEXT PRIMARY KEY,                 -- without #
  node_id TEXT,                         -- pinned
  added_at {int} NOT NULL
);

-- Queues of the owner: each contact has one of its own at each relay, strangers share one.
CREATE TABLE relay_queues (
  id {id},
  relay TEXT NOT NULL,                  -- relays.url
  person {int} NOT NULL,                -- connections.id; 0: the lane of strangers
  queue {blob} NOT NULL,                -- sealed: relay_id, queue_id, deposit_id, cap, seed of the fetch key
  ended {int} NOT NULL DEFAULT 0        -- 1: to be ended at the relay, then forgotten
);
CREATE INDEX relay_queues_person ON relay_queues (person, relay);

-- Queues of others, where mail for them is laid.
CREATE TABLE relay_routes (
  person {int} NOT NULL,
  place {int} NOT NULL,                 -- from 0, the one to prefer first
  lane {int} NOT NULL,                  -- 1: told to everybody by their descriptor; 0: to this node alone
  route {blob} NOT NULL,                -- sealed: relay_id, deposit_id, cap, url
  PRIMARY KEY (person, place)
);

-- Receipts owed for what came by mail.
CREATE TABLE mail_receipts (
  person {int} NOT NULL,
  stream {blob} NOT NULL,
  since_at {int} NOT NULL,
  PRIMARY KEY (person, stream)
);

ALTER TABLE streams ADD COLUMN mailed_to {int} NOT NULL DEFAULT 0; -- all n up to here lie at a relay
ALTER TABLE streams ADD COLUMN mailed_at {int};                    -- since when
