//! The tables of the directory: registered nodes, search words, identity logs, proofs of forks.
//!
//! No grant, token, address of a caller or time of a request is ever written here. Must not know: HTTP,
//! memory, signatures.

mod list;
mod trim;

use openred_core::ids::{Hash, NodeId};
use openred_service::database::{DbError, Migration, Tx, Value};

pub(crate) use self::list::list;
pub(crate) use self::trim::{count, trim_forks, trim_logs, trim_nodes};

/// The step that makes these tables.
pub(crate) const NODES: Migration = Migration { version: 1, name: "nodes", sql: include_str!("1-nodes.sql") };

/// A row of `nodes` with everything that a registration says.
#[derive(Clone, Debug)]
pub(crate) struct NodeRow {
    /// Id of the node.
    pub(crate) node_id: NodeId,
    /// Signed descriptor, verbatim; `None` when the node was removed.
    pub(crate) descriptor: Option<Vec<u8>>,
    /// Its hash.
    pub(crate) desc_hash: Hash,
    /// First part of the descriptor's order.
    pub(crate) log_seq: u32,
    /// Second part.
    pub(crate) seq: u64,
    /// End of the registration, unix seconds.
    pub(crate) expires: u64,
    /// Signed flags.
    pub(crate) flags: u8,
    /// Time of the registration as signed, unix seconds.
    pub(crate) time: u64,
    /// User name, when it may be shown.
    pub(crate) username: Option<String>,
    /// Display name, when it may be shown.
    pub(crate) display_name: Option<String>,
    /// Whether `username` finds it.
    pub(crate) by_name: bool,
    /// API URL of the descriptor.
    pub(crate) api_url: Option<String>,
    /// Last signed call, unix seconds, cut to the hour.
    pub(crate) last_seen: u64,
    /// Whether it is listed among the recently seen.
    pub(crate) recent: bool,
    /// When the row may go, unix seconds.
    pub(crate) keep_until: u64,
}

/// What is held of a node: enough to say whether a registration is newer.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    /// Signed descriptor; `None` when the node was removed.
    pub(crate) descriptor: Option<Vec<u8>>,
    /// Flags.
    pub(crate) flags: u8,
    /// Time of the registration.
    pub(crate) time: u64,
    /// Last signed call, unix seconds, cut to the hour.
    pub(crate) last_seen: u64,
}

/// The row of `id`.
pub(crate) fn held(tx: &Tx<'_>, id: &NodeId) -> Result<Option<Held>, DbError> {
    let sql = "SELECT descriptor, flags, time, last_seen FROM nodes WHERE node_id = $1";
    let Some(row) = tx.one(sql, &[id.0.into()])? else { return Ok(None) };
    Ok(Some(Held {
        descriptor: row.opt_blob(0)?.map(<[u8]>::to_vec),
        flags: u8::try_from(row.int(1)?).map_err(|_| DbError::Corrupt("nodes.flags".to_owned()))?,
        time: row.uint(2)?,
        last_seen: row.uint(3)?,
    }))
}

/// Writes a registration or removal if it is newer in time and its descriptor not older; `false` if not.
/// A rotated key wins whatever the time: else a thief could date a registration ahead and keep the owner out.
pub(crate) fn register(tx: &Tx<'_>, node: &NodeRow, words: &[String]) -> Result<bool, DbError> {
    let changed = tx.execute(
        "INSERT INTO nodes (node_id, descriptor, desc_hash, log_seq, seq, expires, flags, time, username, \
           display_name, by_name, api_url, last_seen, recent, keep_until) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
         ON CONFLICT (node_id) DO UPDATE SET descriptor = excluded.descriptor, \
           desc_hash = excluded.desc_hash, log_seq = excluded.log_seq, seq = excluded.seq, \
           expires = excluded.expires, flags = excluded.flags, time = excluded.time, \
           username = excluded.username, display_name = excluded.display_name, by_name = excluded.by_name, \
           api_url = excluded.api_url, last_seen = excluded.last_seen, recent = excluded.recent, \
           keep_until = excluded.keep_until \
         WHERE nodes.log_seq < excluded.log_seq \
           OR (nodes.time < excluded.time AND (nodes.desc_hash = excluded.desc_hash \
             OR (nodes.log_seq = excluded.log_seq AND nodes.seq < excluded.seq)))",
        &[
            node.node_id.0.into(),
            node.descriptor.clone().into(),
            node.desc_hash.0.into(),
            node.log_seq.into(),
            node.seq.into(),
            node.expires.into(),
            Value::Int(node.flags.into()),
            node.time.into(),
            node.username.clone().into(),
            node.display_name.clone().into(),
            node.by_name.into(),
            node.api_url.clone().into(),
            node.last_seen.into(),
            node.recent.into(),
            node.keep_until.into(),
        ],
    )?;
    if changed == 0 {
        return Ok(false);
    }
    tx.execute("DELETE FROM words WHERE node_id = $1", &[node.node_id.0.into()])?;
    for word in words {
        let sql = "INSERT INTO words (word, node_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        tx.execute(sql, &[word.as_bytes().into(), node.node_id.0.into()])?;
    }
    Ok(true)
}

/// The newest identity log known of `id`, as stored by [`put_log`].
pub(crate) fn log(tx: &Tx<'_>, id: &NodeId) -> Result<Option<Vec<u8>>, DbError> {
    let row = tx.one("SELECT entries FROM logs WHERE node_id = $1", &[id.0.into()])?;
    row.map(|row| row.blob(0).map(<[u8]>::to_vec)).transpose()
}

/// Keeps a log that grew from `before` (`None`: the first one seen). `false`: another call was faster.
pub(crate) fn put_log(
    tx: &Tx<'_>,
    id: &NodeId,
    before: Option<&[u8]>,
    entries: &[u8],
    seen: u64,
) -> Result<bool, DbError> {
    let id = Value::from(id.0);
    let changed = match before {
        None => tx.execute(
            "INSERT INTO logs (node_id, entries, seen) VALUES ($1, $2, $3) ON CONFLICT (node_id) DO NOTHING",
            &[id, entries.into(), seen.into()],
        )?,
        Some(before) => tx.execute(
            "UPDATE logs SET entries = $2, seen = $3 WHERE node_id = $1 AND entries = $4",
            &[id, entries.into(), seen.into(), before.into()],
        )?,
    };
    Ok(changed == 1)
}

/// Keeps the proof that `id` signed two entries for one place of its log.
pub(crate) fn put_fork(
    tx: &Tx<'_>,
    id: &NodeId,
    seq: u32,
    entry: &[u8],
    held: &[u8],
    at: u64,
) -> Result<(), DbError> {
    let hash = Hash::of(&[entry]);
    tx.execute(
        "INSERT INTO forks (node_id, seq, entry_hash, entry, held, at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT DO NOTHING",
        &[id.0.into(), seq.into(), hash.0.into(), entry.into(), held.into(), at.into()],
    )?;
    Ok(())
}

/// Whether there is a proof that `id` signed two entries for one place of its log.
pub(crate) fn is_forked(tx: &Tx<'_>, id: &NodeId) -> Result<bool, DbError> {
    Ok(tx.one("SELECT seq FROM forks WHERE node_id = $1 LIMIT 1", &[id.0.into()])?.is_some())
}

/// Moves `last_seen` of a node forward; `hour` is unix seconds cut to the hour.
pub(crate) fn seen(tx: &Tx<'_>, id: &NodeId, hour: u64) -> Result<(), DbError> {
    tx.execute(
        "UPDATE nodes SET last_seen = $2 WHERE node_id = $1 AND last_seen < $2",
        &[id.0.into(), hour.into()],
    )?;
    Ok(())
}

/// A query that costs nothing.
pub(crate) fn answers(tx: &Tx<'_>) -> Result<(), DbError> {
    tx.one("SELECT CAST(1 AS BIGINT)", &[]).map(drop)
}
