//! Statements that find nodes: by id, by name, by words, by when they were seen.
//!
//! Must not know: HTTP, memory.

use openred_core::ids::{Hash, NodeId};
use openred_service::database::{DbError, Row, Tx, Value};

use crate::nodes::listing::{Cursor, Listed, Search};

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
