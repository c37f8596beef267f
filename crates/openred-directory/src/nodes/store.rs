//! The tables of the directory: registered nodes, search words, identity logs, proofs of forks.
//!
//! No grant, token, address of a caller or time of a request is ever written here. Must not know: HTTP,
//! memory, signatures.

use openred_core::ids::{Hash, NodeId};
use openred_service::database::{DbError, Migration, Row, Tx, Value};

use super::listing::{Cursor, Listed, Search};
use crate::bounds::MAX_FORKS;

/// Schema steps, forward only.
pub(crate) const MIGRATIONS: &[Migration] =
    &[Migration { version: 1, name: "nodes", sql: include_str!("1-nodes.sql") }];

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

/// Moves `last_seen` of a node forward; `hour` is unix seconds cut to the hour.
pub(crate) fn seen(tx: &Tx<'_>, id: &NodeId, hour: u64) -> Result<(), DbError> {
    tx.execute(
        "UPDATE nodes SET last_seen = $2 WHERE node_id = $1 AND last_seen < $2",
        &[id.0.into(), hour.into()],
    )?;
    Ok(())
}

/// One page of registered nodes, at most `limit` + 1 rows (the last one says that there is more).
pub(crate) fn list(
    tx: &Tx<'_>,
    search: &Search,
    after: Option<&Cursor>,
    limit: u32,
    now: u64,
) -> Result<Vec<Listed>, DbError> {
    let rows = match search {
        Search::Id(id) => by_id(tx, id, now)?,
        Search::Name(name) => by_name(tx, name, after, limit, now)?,
        Search::Text(words) => by_text(tx, words, after, limit, now)?,
        Search::Recent => recent(tx, after, limit, now)?,
    };
    rows.iter().map(listed).collect()
}

fn by_id(tx: &Tx<'_>, id: &NodeId, now: u64) -> Result<Vec<Row>, DbError> {
    tx.all(
        "SELECT node_id, username, display_name, api_url, last_seen, desc_hash FROM nodes \
         WHERE node_id = $1 AND expires > $2",
        &[id.0.into(), now.into()],
    )
}

fn by_name(
    tx: &Tx<'_>,
    name: &str,
    after: Option<&Cursor>,
    limit: u32,
    now: u64,
) -> Result<Vec<Row>, DbError> {
    tx.all(
        "SELECT node_id, username, display_name, api_url, last_seen, desc_hash FROM nodes \
         WHERE username = $1 AND by_name = 1 AND expires > $2 AND node_id > $3 ORDER BY node_id LIMIT $4",
        &[name.into(), now.into(), after_id(after), (limit + 1).into()],
    )
}

/// The first word leads over its index, up to three more filter; an unused place matches every word.
fn by_text(
    tx: &Tx<'_>,
    words: &[String],
    after: Option<&Cursor>,
    limit: u32,
    now: u64,
) -> Result<Vec<Row>, DbError> {
    let from = |place: usize| words.get(place).map_or(Vec::new(), |word| word.as_bytes().to_vec());
    let to = |place: usize| {
        let mut bytes = from(place);
        bytes.push(0xff); // above every continuation of the word: UTF-8 has no byte 0xff
        bytes
    };
    tx.all(
        "SELECT node_id, username, display_name, api_url, last_seen, desc_hash FROM nodes \
         WHERE node_id IN (SELECT node_id FROM words WHERE word >= $1 AND word < $2 AND node_id > $3) \
           AND expires > $4 \
           AND EXISTS (SELECT 1 FROM words w WHERE w.node_id = nodes.node_id AND w.word >= $5 AND w.word < $6) \
           AND EXISTS (SELECT 1 FROM words w WHERE w.node_id = nodes.node_id AND w.word >= $7 AND w.word < $8) \
           AND EXISTS (SELECT 1 FROM words w WHERE w.node_id = nodes.node_id AND w.word >= $9 AND w.word < $10) \
         ORDER BY node_id LIMIT $11",
        &[
            from(0).into(),
            to(0).into(),
            after_id(after),
            now.into(),
            from(1).into(),
            to(1).into(),
            from(2).into(),
            to(2).into(),
            from(3).into(),
            to(3).into(),
            (limit + 1).into(),
        ],
    )
}

fn recent(tx: &Tx<'_>, after: Option<&Cursor>, limit: u32, now: u64) -> Result<Vec<Row>, DbError> {
    let hour = after.map_or(u64::MAX, |cursor| cursor.hour);
    tx.all(
        "SELECT node_id, username, display_name, api_url, last_seen, desc_hash FROM nodes \
         WHERE recent = 1 AND expires > $1 AND (last_seen < $2 OR (last_seen = $2 AND node_id > $3)) \
         ORDER BY last_seen DESC, node_id LIMIT $4",
        &[now.into(), hour.into(), after_id(after), (limit + 1).into()],
    )
}

fn after_id(after: Option<&Cursor>) -> Value {
    after.map_or(Value::Blob(Vec::new()), |cursor| cursor.node_id.0.into())
}

fn listed(row: &Row) -> Result<Listed, DbError> {
    Ok(Listed {
        node_id: NodeId(row.bytes(0)?),
        username: row.opt_text(1)?.map(str::to_owned),
        display_name: row.opt_text(2)?.map(str::to_owned),
        api_url: row.opt_text(3)?.map(str::to_owned),
        last_seen: row.uint(4)?,
        desc_hash: Hash(row.bytes(5)?),
    })
}

/// Deletes at most 500 nodes whose time is over; returns how many went.
pub(crate) fn trim_nodes(tx: &Tx<'_>, now: u64) -> Result<u64, DbError> {
    tx.execute(
        "DELETE FROM words WHERE node_id IN \
           (SELECT node_id FROM nodes WHERE keep_until < $1 ORDER BY keep_until, node_id LIMIT 500)",
        &[now.into()],
    )?;
    tx.execute(
        "DELETE FROM nodes WHERE node_id IN \
           (SELECT node_id FROM nodes WHERE keep_until < $1 ORDER BY keep_until, node_id LIMIT 500)",
        &[now.into()],
    )
}

/// Deletes at most 500 logs of nodes that are not registered and were not seen since `seen_before`.
pub(crate) fn trim_logs(tx: &Tx<'_>, seen_before: u64) -> Result<u64, DbError> {
    tx.execute(
        "DELETE FROM logs WHERE node_id IN (SELECT l.node_id FROM logs l WHERE l.seen < $1 \
           AND NOT EXISTS (SELECT 1 FROM nodes n WHERE n.node_id = l.node_id) ORDER BY l.seen LIMIT 500)",
        &[seen_before.into()],
    )
}

/// Deletes the oldest proofs of forks above [`MAX_FORKS`].
pub(crate) fn trim_forks(tx: &Tx<'_>) -> Result<u64, DbError> {
    tx.execute(
        "DELETE FROM forks WHERE at < (SELECT COALESCE(MIN(at), 0) FROM \
           (SELECT at FROM forks ORDER BY at DESC LIMIT $1) AS newest)",
        &[MAX_FORKS.into()],
    )
}

/// Rows of `nodes` and of `logs`.
pub(crate) fn count(tx: &Tx<'_>) -> Result<(u64, u64), DbError> {
    let count = |row: Option<Row>| row.map_or(Ok(0), |row| row.uint(0));
    let nodes = count(tx.one("SELECT COUNT(*) FROM nodes", &[])?)?;
    Ok((nodes, count(tx.one("SELECT COUNT(*) FROM logs", &[])?)?))
}

/// A query that costs nothing.
pub(crate) fn answers(tx: &Tx<'_>) -> Result<(), DbError> {
    tx.one("SELECT CAST(1 AS BIGINT)", &[]).map(drop)
}
