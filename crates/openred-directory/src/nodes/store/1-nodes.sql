-- Times are unix seconds, flags 0 or 1, ids and hashes 32 bytes.

CREATE TABLE nodes (
    node_id {blob} NOT NULL PRIMARY KEY,
    descriptor {blob},                    -- signed object, verbatim; NULL after removal
    desc_hash {blob} NOT NULL,
    log_seq {int} NOT NULL,
    seq {int} NOT NULL,
    expires {int} NOT NULL,           -- end of the registration; 0 after removal
    flags {int} NOT NULL,             -- as signed
    time {int} NOT NULL,              -- as signed: the newest wins
    username {text},                      -- NULL unless the node lets it be shown
    display_name {text},
    by_name {int} NOT NULL,
    api_url {text},
    last_seen {int} NOT NULL,         -- cut to the hour
    recent {int} NOT NULL,
    keep_until {int} NOT NULL         -- the trimming job deletes the row afterwards
) {strict};
CREATE INDEX nodes_by_name ON nodes (username, node_id) WHERE by_name = 1;
CREATE INDEX nodes_recent ON nodes (last_seen DESC, node_id) WHERE recent = 1;
CREATE INDEX nodes_keep_until ON nodes (keep_until, node_id);

-- Search words of nodes that want to be found by them; bytes, so that both engines compare alike.
CREATE TABLE words (
    word {blob} NOT NULL,
    node_id {blob} NOT NULL,
    PRIMARY KEY (word, node_id)
) {strict};
CREATE INDEX words_by_node ON words (node_id);

-- Newest identity log known of an id, also after its registration ended: only keys, no name, no address.
-- Without it a stolen key that its owner has replaced could register again.
CREATE TABLE logs (
    node_id {blob} NOT NULL PRIMARY KEY,
    entries {blob} NOT NULL,              -- MessagePack array of entries
    seen {int} NOT NULL
) {strict};
CREATE INDEX logs_by_seen ON logs (seen);

-- Two valid entries for one place of a log: who holds both can show that a key was used twice.
CREATE TABLE forks (
    node_id {blob} NOT NULL,
    seq {int} NOT NULL,
    entry_hash {blob} NOT NULL,
    entry {blob} NOT NULL,
    held {blob} NOT NULL,
    at {int} NOT NULL,
    PRIMARY KEY (node_id, seq, entry_hash)
) {strict};
