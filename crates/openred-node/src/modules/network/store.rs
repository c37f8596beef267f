//! Rows of the overlay: `peers messages_seen trust_events messages_held origin_logs publications`, and its values in
//! `network_state`. The only SQL of this module; [`crate::modules::network::tags`] has its own.
//!
//! Whatever names a node is sealed or a keyed hash: the owner's people are among them, and a stolen disk must not tell
//! them from strangers. So nothing can be read while the node is locked, when the overlay rests anyway.

mod halves;

use openred_core::{
    codec::{Reader, Writer},
    ids::{Hash, NodeId},
};
use openred_proto::overlay::store::{
    Change, Counts, LOG_ROWS_MAX, MESSAGE_ROWS_MAX, MessageRow, PEER_AGE_S, PEER_ROWS_MAX, Restored,
    SEEN_AGE_S, SEEN_ROWS_MAX, SeenRow, TRUST_EVENT_AGE_S, TRUST_EVENT_ROWS_MAX, TrustEvent, TrustEventRow,
};
use openred_service::database::{DbError, Row, Tx, Value};

use crate::seal::Sealer;

const ADDRESS: &str = "peers.address";
const TRUST: &str = "peers.trust_score";
const SENDER: &str = "messages_seen.sender_id";
const FRAME: &str = "messages_held.frame";
const LOG: &str = "origin_logs.log";
const ENVELOPE: &str = "publications.envelope";
const STATE: &str = "network_state.value";
/// Names in `network_state`.
const ANCHORS: &str = "anchors";
const SECRET: &str = "bucket_secret";

fn corrupt(column: &'static str) -> DbError {
    DbError::Corrupt(format!("{column} does not read"))
}

fn key(seal: &Sealer, id: &NodeId) -> Value {
    Value::Blob(seal.key_of(id))
}

fn id_of(hash: &Hash) -> Value {
    Value::Blob(hash.0.to_vec())
}

/// Everything, as it was left.
pub fn load(tx: &Tx<'_>, seal: &Sealer) -> Result<Restored, DbError> {
    let mut restored = Restored {
        seen: seen(tx, seal)?,
        messages: messages(tx, seal)?,
        logs: logs(tx, seal)?,
        anchors: anchors(tx, seal)?,
        secret: state(tx, seal, SECRET)?
            .map(|bytes| bytes.try_into().map_err(|_| corrupt(STATE)))
            .transpose()?,
        ..Restored::default()
    };
    for row in tx.all("SELECT address, last_seen, trust_score, trust_at FROM peers", &[])? {
        if let Some(sealed) = row.opt_blob(0)? {
            let half = halves::read_peer(&seal.open(ADDRESS, sealed)?, row.uint(1)?);
            restored.peers.push(half.ok_or_else(|| corrupt(ADDRESS))?);
        }
        if let Some(sealed) = row.opt_blob(2)? {
            let half = halves::read_trust(&seal.open(TRUST, sealed)?, row.uint(3)?);
            restored.trust.push(half.ok_or_else(|| corrupt(TRUST))?);
        }
    }
    restored.peers.sort_by_key(|row| row.entry.node_id);
    restored.trust.sort_by_key(|row| row.node_id);
    Ok(restored)
}

fn seen(tx: &Tx<'_>, seal: &Sealer) -> Result<Vec<SeenRow>, DbError> {
    let sql = "SELECT message_id, timestamp, sender_id, not_after FROM messages_seen ORDER BY message_id";
    let read = |row: &Row| {
        let sender = seal.open(SENDER, row.blob(2)?)?.try_into().map_err(|_| corrupt(SENDER))?;
        Ok(SeenRow {
            message_id: Hash(row.bytes(0)?),
            not_after: row.uint(3)?,
            timestamp: row.uint(1)?,
            sender_id: NodeId(sender),
        })
    };
    tx.all(sql, &[])?.iter().map(read).collect()
}

fn messages(tx: &Tx<'_>, seal: &Sealer) -> Result<Vec<MessageRow>, DbError> {
    let sql = "SELECT message_id, not_after, frame FROM messages_held ORDER BY message_id";
    let read = |row: &Row| {
        let frame = seal.open(FRAME, row.blob(2)?)?.into();
        Ok(MessageRow { id: Hash(row.bytes(0)?), not_after: row.uint(1)?, frame })
    };
    tx.all(sql, &[])?.iter().map(read).collect()
}

/// An identity log, entry by entry, with whose it is.
type Log = (NodeId, Vec<Vec<u8>>);

fn logs(tx: &Tx<'_>, seal: &Sealer) -> Result<Vec<Log>, DbError> {
    let read = |row: &Row| {
        let plain = seal.open(LOG, row.blob(0)?)?;
        let mut parts = read_parts(&plain).ok_or_else(|| corrupt(LOG))?.into_iter();
        let id = parts.next().and_then(|id| id.try_into().ok()).ok_or_else(|| corrupt(LOG))?;
        Ok((NodeId(id), parts.collect()))
    };
    let mut logs: Vec<Log> =
        tx.all("SELECT log FROM origin_logs", &[])?.iter().map(read).collect::<Result<_, DbError>>()?;
    logs.sort_by_key(|(id, _)| *id);
    Ok(logs)
}

fn anchors(tx: &Tx<'_>, seal: &Sealer) -> Result<Vec<NodeId>, DbError> {
    let Some(bytes) = state(tx, seal, ANCHORS)? else { return Ok(Vec::new()) };
    let (ids, rest) = bytes.as_chunks::<32>();
    if rest.is_empty() { Ok(ids.iter().copied().map(NodeId).collect()) } else { Err(corrupt(STATE)) }
}

fn state(tx: &Tx<'_>, seal: &Sealer, name: &'static str) -> Result<Option<Vec<u8>>, DbError> {
    let row = tx.one("SELECT value FROM network_state WHERE key = $1", &[name.into()])?;
    row.map(|row| Ok(seal.open(STATE, row.blob(0)?)?)).transpose()
}

/// Parts in a row: the first bytes of an array of byte strings.
fn parts<'a>(all: impl ExactSizeIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.array(all.len());
    all.for_each(|part| {
        writer.bin(part);
    });
    writer.into_vec()
}

fn read_parts(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut reader = Reader::new(bytes);
    let count = reader.array().ok()?;
    (0..count).map(|_| Some(reader.bin().ok()?.to_vec())).collect()
}

/// Makes one change last. Doing it twice is the same as once, but for events.
pub fn apply(tx: &Tx<'_>, seal: &Sealer, change: &Change) -> Result<(), DbError> {
    match change {
        Change::Peer(row) => {
            let sql = "INSERT INTO peers (node_id, address, last_seen, trust_at) VALUES ($1, $2, $3, 0) ON CONFLICT (node_id) DO UPDATE SET address = $2, last_seen = $3";
            let half = Value::Blob(seal.seal(ADDRESS, &halves::peer(row)));
            tx.execute(sql, &[key(seal, &row.entry.node_id), half, row.last_seen.into()])?;
        }
        Change::ForgetPeer { node_id } => {
            let sql = "UPDATE peers SET address = NULL, last_seen = 0 WHERE node_id = $1";
            tx.execute(sql, &[key(seal, node_id)])?;
            drop_empty(tx, seal, node_id)?;
        }
        Change::Trust(row) => {
            let sql = "INSERT INTO peers (node_id, last_seen, trust_score, trust_at) VALUES ($1, 0, $2, $3) ON CONFLICT (node_id) DO UPDATE SET trust_score = $2, trust_at = $3";
            let half = Value::Blob(seal.seal(TRUST, &halves::trust(row)));
            tx.execute(sql, &[key(seal, &row.node_id), half, row.decayed_at.into()])?;
        }
        Change::ForgetTrust { node_id } => {
            let sql = "UPDATE peers SET trust_score = NULL, trust_at = 0 WHERE node_id = $1";
            tx.execute(sql, &[key(seal, node_id)])?;
            drop_empty(tx, seal, node_id)?;
        }
        Change::TrustEvent(event) => add_event(tx, seal, event)?,
        Change::Seen(row) => {
            let sql = "INSERT INTO messages_seen (message_id, timestamp, sender_id, not_after) VALUES ($1, $2, $3, $4) ON CONFLICT (message_id) DO NOTHING";
            let sender = Value::Blob(seal.seal(SENDER, &row.sender_id.0));
            tx.execute(sql, &[id_of(&row.message_id), row.timestamp.into(), sender, row.not_after.into()])?;
        }
        Change::Message(row) => {
            let sql = "INSERT INTO messages_held (message_id, not_after, frame) VALUES ($1, $2, $3) ON CONFLICT (message_id) DO UPDATE SET not_after = $2, frame = $3";
            let frame = Value::Blob(seal.seal(FRAME, &row.frame));
            tx.execute(sql, &[id_of(&row.id), row.not_after.into(), frame])?;
        }
        Change::ForgetMessage { id } => {
            tx.execute("DELETE FROM messages_held WHERE message_id = $1", &[id_of(id)])?;
        }
        Change::Log { node_id, entries } => {
            let sql = "INSERT INTO origin_logs (node_id, log) VALUES ($1, $2) ON CONFLICT (node_id) DO UPDATE SET log = $2";
            let mut all: Vec<&[u8]> = vec![&node_id.0];
            all.extend(entries.iter().map(Vec::as_slice));
            let log = seal.seal(LOG, &parts(all.into_iter()));
            tx.execute(sql, &[key(seal, node_id), Value::Blob(log)])?;
        }
        Change::ForgetLog { node_id } => {
            tx.execute("DELETE FROM origin_logs WHERE node_id = $1", &[key(seal, node_id)])?;
        }
        Change::Anchors { nodes, at } => {
            let sql = "INSERT INTO network_state (key, value, updated_at) VALUES ($1, $2, $3) ON CONFLICT (key) DO UPDATE SET value = $2, updated_at = $3";
            let plain: Vec<u8> = nodes.iter().flat_map(|id| id.0).collect();
            tx.execute(sql, &[ANCHORS.into(), Value::Blob(seal.seal(STATE, &plain)), (*at * 1_000).into()])?;
        }
        Change::Secret { secret, at } => {
            let sql = "INSERT INTO network_state (key, value, updated_at) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING";
            tx.execute(sql, &[SECRET.into(), Value::Blob(seal.seal(STATE, secret)), (*at * 1_000).into()])?;
        }
    }
    Ok(())
}

fn drop_empty(tx: &Tx<'_>, seal: &Sealer, id: &NodeId) -> Result<(), DbError> {
    let sql = "DELETE FROM peers WHERE node_id = $1 AND address IS NULL AND trust_score IS NULL";
    tx.execute(sql, &[key(seal, id)])?;
    Ok(())
}

fn add_event(tx: &Tx<'_>, seal: &Sealer, event: &TrustEventRow) -> Result<(), DbError> {
    let sql = "INSERT INTO trust_events (node_id, event_type, trust_delta, timestamp, detail) VALUES ($1, $2, $3, $4, $5)";
    let values = [
        key(seal, &event.node_id),
        event.event_type.as_str().into(),
        Value::Int(event.trust_delta),
        event.timestamp.into(),
        Value::Text(event.detail.clone().into_owned()),
    ];
    tx.execute(sql, &values)?;
    Ok(())
}

/// Enforces the limits of `openred_proto::overlay::store`: what is too old at `now_s` goes, then the oldest rows beyond
/// the limit of each table.
pub fn trim(tx: &Tx<'_>, now_s: u64) -> Result<(), DbError> {
    let before = |age: u64| Value::from(now_s.saturating_sub(age));
    let beyond = |rows: usize| [Value::Int(rows as i64), Value::Int(i64::MAX)];
    tx.execute("DELETE FROM peers WHERE last_seen < $1 AND trust_at < $1", &[before(PEER_AGE_S)])?;
    tx.execute(
        "DELETE FROM peers WHERE node_id IN (SELECT node_id FROM peers ORDER BY CASE WHEN last_seen > trust_at THEN last_seen ELSE trust_at END DESC, node_id DESC LIMIT $2 OFFSET $1)",
        &beyond(PEER_ROWS_MAX),
    )?;
    tx.execute("DELETE FROM messages_seen WHERE timestamp < $1", &[before(SEEN_AGE_S)])?;
    tx.execute(
        "DELETE FROM messages_seen WHERE message_id IN (SELECT message_id FROM messages_seen ORDER BY timestamp DESC, message_id DESC LIMIT $2 OFFSET $1)",
        &beyond(SEEN_ROWS_MAX),
    )?;
    tx.execute("DELETE FROM messages_held WHERE not_after < $1", &[before(0)])?;
    tx.execute(
        "DELETE FROM messages_held WHERE message_id IN (SELECT message_id FROM messages_held ORDER BY not_after DESC, message_id DESC LIMIT $2 OFFSET $1)",
        &beyond(MESSAGE_ROWS_MAX),
    )?;
    tx.execute("DELETE FROM trust_events WHERE timestamp < $1", &[before(TRUST_EVENT_AGE_S)])?;
    tx.execute(
        "DELETE FROM trust_events WHERE id IN (SELECT id FROM trust_events ORDER BY id DESC LIMIT $2 OFFSET $1)",
        &beyond(TRUST_EVENT_ROWS_MAX),
    )?;
    tx.execute(
        "DELETE FROM origin_logs WHERE node_id IN (SELECT node_id FROM origin_logs ORDER BY node_id DESC LIMIT $2 OFFSET $1)",
        &beyond(LOG_ROWS_MAX),
    )?;
    Ok(())
}

/// Rows per table.
pub fn counts(tx: &Tx<'_>) -> Result<Counts, DbError> {
    let sql = "SELECT (SELECT count(*) FROM peers), (SELECT count(*) FROM messages_seen), (SELECT count(*) FROM trust_events), (SELECT count(*) FROM messages_held), (SELECT count(*) FROM origin_logs)";
    let row = tx.one(sql, &[])?.ok_or(DbError::Gone)?;
    let count = |column| row.uint(column).map(|count| count as usize);
    Ok(Counts {
        peers: count(0)?,
        seen: count(1)?,
        trust_events: count(2)?,
        messages: count(3)?,
        logs: count(4)?,
    })
}

/// The newest `max` events about a node, newest first.
pub fn trust_events(
    tx: &Tx<'_>,
    seal: &Sealer,
    node_id: &NodeId,
    max: usize,
) -> Result<Vec<TrustEventRow>, DbError> {
    let sql = "SELECT event_type, trust_delta, timestamp, detail FROM trust_events WHERE node_id = $1 ORDER BY id DESC LIMIT $2";
    let read = |row: &Row| {
        Ok(TrustEventRow {
            node_id: *node_id,
            event_type: TrustEvent::from_text(row.text(0)?)
                .ok_or_else(|| corrupt("trust_events.event_type"))?,
            detail: row.text(3)?.to_owned().into(),
            trust_delta: row.int(1)?,
            timestamp: row.uint(2)?,
        })
    };
    tx.all(sql, &[key(seal, node_id), Value::Int(max as i64)])?.iter().map(read).collect()
}

/// Something of the owner's that the overlay is to carry.
#[derive(Debug, Clone)]
pub struct Publication {
    /// `publications.id`.
    pub id: i64,
    /// Canonical envelope.
    pub envelope: Vec<u8>,
}

/// Notes an own public thing to be published, in the transaction of the thing itself. The same again
/// under a newer signature takes the place of what waits.
pub fn publish(
    tx: &Tx<'_>,
    seal: &Sealer,
    message_id: &Hash,
    envelope: &[u8],
    now: u64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO publications (message_id, envelope, created_at) VALUES ($1, $2, $3) ON CONFLICT (message_id) DO UPDATE SET envelope = $2";
    tx.execute(sql, &[id_of(message_id), Value::Blob(seal.seal(ENVELOPE, envelope)), now.into()])?;
    Ok(())
}

/// The oldest things to publish, at most `max`, after the one with number `after`.
pub fn to_publish(tx: &Tx<'_>, seal: &Sealer, after: i64, max: i64) -> Result<Vec<Publication>, DbError> {
    let sql = "SELECT id, envelope FROM publications WHERE id > $1 ORDER BY id LIMIT $2";
    let read = |row: &Row| Ok(Publication { id: row.int(0)?, envelope: seal.open(ENVELOPE, row.blob(1)?)? });
    tx.all(sql, &[after.into(), max.into()])?.iter().map(read).collect()
}

/// It is under way, and held as a message of the overlay.
pub fn published(tx: &Tx<'_>, message_id: &Hash) -> Result<(), DbError> {
    tx.execute("DELETE FROM publications WHERE message_id = $1", &[id_of(message_id)])?;
    Ok(())
}

/// It cannot be published.
pub fn give_up(tx: &Tx<'_>, id: i64) -> Result<(), DbError> {
    tx.execute("DELETE FROM publications WHERE id = $1", &[id.into()])?;
    Ok(())
}
