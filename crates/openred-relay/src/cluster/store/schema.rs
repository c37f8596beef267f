//! The tables: those that S4 names, and what else is needed. Steps are numbered; one that was released never changes.

use deadpool_postgres::Object;
use tokio_postgres::{Client, Error};

/// The newest step.
pub(in crate::cluster) const VERSION: i32 = STEPS.len() as i32;

/// Several processes may start at once: one of them does the work. Any number that nobody else uses.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7308324467)";
const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY)";
const FOUND: &str = "SELECT COALESCE(MAX(version), 0) FROM schema_version";
const DONE: &str = "INSERT INTO schema_version (version) VALUES ($1)";

const STEPS: &[&str] = &[FIRST];

const FIRST: &str = r#"
-- S4's peers: a queue is a peer without a name.
CREATE TABLE peers (
    address VARCHAR(255) COLLATE "C" PRIMARY KEY,  -- the deposit address, base64url
    public_key TEXT NOT NULL,                      -- the owner's key of this queue alone, base64url
    last_seen TIMESTAMP NOT NULL,                  -- UTC, a whole hour
    is_online BOOLEAN NOT NULL DEFAULT FALSE,      -- always FALSE: who is here is known to Redis, for minutes, and never written
    connection_info JSONB,                         -- always NULL: a relay does not learn where anybody is
    no BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE, -- never used again
    queue_id BYTEA NOT NULL UNIQUE,                -- where the owner fetches, 16 bytes
    cap BYTEA NOT NULL,                            -- what depositors hold, 32 bytes
    last_seq BIGINT NOT NULL DEFAULT 0,
    total BIGINT NOT NULL DEFAULT 0,               -- bytes of contents of all mail up to last_seq
    acked BIGINT NOT NULL DEFAULT 0,               -- mail up to this seq is gone
    acked_total BIGINT NOT NULL DEFAULT 0,         -- total as it was after the mail acked
    since TIMESTAMP NOT NULL DEFAULT 'epoch',      -- no mail that waits came before
    received TIMESTAMP NOT NULL DEFAULT 'epoch',   -- when the last mail came
    of_day INTEGER NOT NULL DEFAULT 0              -- deposits on the day of received
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05);

-- S4's messages, a partition per day: what is too old goes with its partition. PostgreSQL wants the partition's column in
-- the key, so the key is (id, timestamp); ids are unique all the same: an id is made of queue and seq.
CREATE TABLE messages (
    id UUID NOT NULL,                              -- queue and seq as a UUID of version 8: fetching goes by this index
    sender_address VARCHAR(255),                   -- always NULL: the sender is sealed in the content
    receiver_address VARCHAR(255) NOT NULL,        -- the deposit address, base64url
    encrypted_content BYTEA NOT NULL,              -- sealed mail; bytes, where S4 has text: a quarter less
    message_type VARCHAR(50) NOT NULL,             -- always sealed
    timestamp TIMESTAMP NOT NULL,                  -- when it came, UTC
    delivered BOOLEAN NOT NULL DEFAULT FALSE,      -- always FALSE: what its owner has acknowledged is deleted
    blockchain_txid VARCHAR(255),
    queue BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    total BIGINT NOT NULL,                         -- bytes of contents of the queue's mail up to this one
    PRIMARY KEY (id, timestamp)
) PARTITION BY RANGE (timestamp);
-- What is encrypted does not get smaller.
ALTER TABLE messages ALTER COLUMN encrypted_content SET STORAGE EXTERNAL;

-- Deposits that are known again, a partition per eight days: every look-up asks all of them, so they are few.
CREATE TABLE deposits (
    queue BIGINT NOT NULL,
    client_id UUID NOT NULL,                       -- the depositor's name of it
    digest BYTEA NOT NULL,                         -- SHA-256 of the content, the first 16 bytes
    seq BIGINT NOT NULL,
    received TIMESTAMP NOT NULL,
    PRIMARY KEY (queue, client_id, received)
) PARTITION BY RANGE (received);

-- Mail that was acknowledged and is to be deleted.
CREATE TABLE sweeps (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue BIGINT NOT NULL,
    after BIGINT NOT NULL,
    upto BIGINT NOT NULL,
    since TIMESTAMP NOT NULL
);

-- What is true of the relay as a whole; one row.
CREATE TABLE relay (
    one BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (one),
    peers BIGINT NOT NULL DEFAULT 0,               -- rows of peers
    mail_before TIMESTAMP NOT NULL DEFAULT 'epoch', -- mail before is expired
    ids_before TIMESTAMP NOT NULL DEFAULT 'epoch'  -- deposits before are forgotten
);
INSERT INTO relay DEFAULT VALUES;

CREATE TABLE api_keys (
    name TEXT COLLATE "C" PRIMARY KEY,             -- what the owner of the relay calls it
    hash BYTEA NOT NULL UNIQUE CHECK (octet_length(hash) = 32), -- SHA-256 of the key
    created TIMESTAMP NOT NULL
);

CREATE FUNCTION make_partition(parent TEXT, begins TIMESTAMP, days INTEGER) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7308324466);
    EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
        parent || '_' || to_char(begins, 'YYYYMMDD'), parent, begins, begins + days * INTERVAL '1 day');
END $$;

CREATE FUNCTION drop_partitions(parent TEXT, before TIMESTAMP, days INTEGER) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE old TEXT;
BEGIN
    PERFORM pg_advisory_xact_lock(7308324466);
    FOR old IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = parent::regclass
            AND to_timestamp(right(c.relname, 8), 'YYYYMMDD') AT TIME ZONE 'UTC' + days * INTERVAL '1 day' <= before
    LOOP
        EXECUTE format('DROP TABLE %I', old);
    END LOOP;
END $$;
"#;

/// Takes the steps that are missing; the version that then stands.
pub(in crate::cluster) async fn migrate(connection: &mut Object) -> Result<i32, Error> {
    let transaction = connection.transaction().await?;
    transaction.batch_execute(LOCK).await?;
    transaction.batch_execute(VERSIONS).await?;
    let found: i32 = transaction.query_one(FOUND, &[]).await?.get(0);
    for (version, step) in (1..).zip(STEPS) {
        if version > found {
            transaction.batch_execute(step).await?;
            transaction.execute(DONE, &[&version]).await?;
        }
    }
    transaction.commit().await?;
    Ok(found.max(VERSION))
}

const PROMISES: &str = "SELECT current_setting('synchronous_commit'), current_setting('fsync'), \
                        current_setting('full_page_writes')";

/// Which setting of the server, in this session, lets it answer a COMMIT that a power cut may take back; `None` for none.
pub(in crate::cluster) async fn weak_promise(client: &Client) -> Result<Option<String>, Error> {
    let row = client.query_one(PROMISES, &[]).await?;
    let [commit, fsync, pages]: [String; 3] = [row.get(0), row.get(1), row.get(2)];
    let weak = if !matches!(commit.as_str(), "on" | "remote_apply") {
        Some(("synchronous_commit", commit, "on (or remote_apply)"))
    } else if fsync != "on" {
        Some(("fsync", fsync, "on"))
    } else if pages != "on" {
        Some(("full_page_writes", pages, "on"))
    } else {
        None
    };
    Ok(weak.map(|(name, found, wanted)| format!("its setting {name} is {found} and must be {wanted}")))
}
