//! Rows of `relays relay_queues`: where this node takes mail.

use openred_core::{
    ids::{DepositId, NodeId, QueueId},
    payload::{RelayRoute, Secret32},
};
use openred_service::database::{DbError, Row, Tx, Value};
use serde::{Deserialize, Serialize};

use crate::{modules::contacts::store::StoreError, seal::Sealer};

const QUEUE: &str = "relay_queues.queue";
/// In the place of a person: everybody.
pub const STRANGERS: i64 = 0;

/// A relay of the owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayRow {
    /// Without `#`.
    pub url: String,
    /// Pinned.
    pub node_id: Option<NodeId>,
}

/// All relays, in the order they were added.
pub fn relays(tx: &Tx<'_>) -> Result<Vec<RelayRow>, DbError> {
    let rows = tx.all("SELECT url, node_id FROM relays ORDER BY added_at, url LIMIT 4", &[])?;
    rows.iter()
        .map(|row| {
            let node_id = row.opt_text(1)?.map(str::parse).transpose();
            let node_id = node_id.map_err(|_| DbError::Corrupt("relays.node_id".to_owned()))?;
            Ok(RelayRow { url: row.text(0)?.to_owned(), node_id })
        })
        .collect()
}

/// Adds a relay; one that is known stays as it is.
pub fn add(tx: &Tx<'_>, url: &str, node_id: Option<&NodeId>, now: u64) -> Result<(), DbError> {
    let sql = "INSERT INTO relays (url, node_id, added_at) VALUES ($1, $2, $3) ON CONFLICT (url) DO NOTHING";
    let id = node_id.map_or(Value::Null, |id| Value::Text(id.to_string()));
    tx.execute(sql, &[Value::Text(url.to_owned()), id, Value::Int(now as i64)]).map(drop)
}

/// Forgets a relay; its queues are to be ended.
pub fn remove(tx: &Tx<'_>, url: &str) -> Result<(), DbError> {
    tx.execute("DELETE FROM relays WHERE url = $1", &[Value::Text(url.to_owned())])?;
    tx.execute("UPDATE relay_queues SET ended = 1 WHERE relay = $1", &[Value::Text(url.to_owned())]).map(drop)
}

/// Pins who answers at a relay's address.
pub fn pin(tx: &Tx<'_>, url: &str, id: &NodeId) -> Result<(), DbError> {
    let sql = "UPDATE relays SET node_id = $2 WHERE url = $1 AND node_id IS NULL";
    tx.execute(sql, &[Value::Text(url.to_owned()), Value::Text(id.to_string())]).map(drop)
}

/// What is known of a queue of the owner. Sealed as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secrets {
    /// Who the relay is.
    pub relay_id: NodeId,
    /// Where the owner fetches.
    pub queue_id: QueueId,
    /// Where others deposit.
    pub deposit_id: DepositId,
    /// What they need for it.
    pub cap: Secret32,
    /// Seed of the key for fetching, made for this queue alone.
    pub key: Secret32,
}

/// A queue of the owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueRow {
    /// `relay_queues.id`.
    pub id: i64,
    /// URL of the relay.
    pub relay: String,
    /// For whose mail (`connections.id`), or [`STRANGERS`].
    pub person: i64,
    /// See [`Secrets`].
    pub secrets: Secrets,
}

impl QueueRow {
    /// What the person it is for is told.
    pub fn route(&self) -> RelayRoute {
        let Secrets { relay_id, deposit_id, cap, .. } = self.secrets.clone();
        RelayRoute { url: self.relay.clone(), relay_id, deposit_id, cap }
    }
}

/// Keeps a new queue. False when the person has one at this relay already: the new one is to be ended.
pub fn add_queue(
    tx: &Tx<'_>,
    seal: &Sealer,
    relay: &str,
    person: i64,
    secrets: &Secrets,
) -> Result<bool, DbError> {
    let sql = "SELECT 1 FROM relay_queues WHERE relay = $1 AND person = $2 AND ended = 0";
    let is_new = tx.one(sql, &[Value::Text(relay.to_owned()), Value::Int(person)])?.is_none();
    let sealed = seal.seal(QUEUE, &serde_json::to_vec(secrets).unwrap_or_default());
    let values = [Value::Text(relay.to_owned()), Value::Int(person), Value::Blob(sealed), (!is_new).into()];
    let sql = "INSERT INTO relay_queues (relay, person, queue, ended) VALUES ($1, $2, $3, $4)";
    tx.execute(sql, &values)?;
    Ok(is_new)
}

macro_rules! queue_sql {
    ($rest:literal) => {
        concat!("SELECT id, relay, person, queue FROM relay_queues ", $rest)
    };
}

/// The queues for one person's mail that are in use.
pub fn queues_of(tx: &Tx<'_>, seal: &Sealer, person: i64) -> Result<Vec<QueueRow>, StoreError> {
    let sql = queue_sql!("WHERE person = $1 AND ended = 0 ORDER BY id");
    tx.all(sql, &[Value::Int(person)])?.iter().map(|row| queue(seal, row)).collect()
}

/// The queues at a relay that are in use.
pub fn queues_at(tx: &Tx<'_>, seal: &Sealer, relay: &str) -> Result<Vec<QueueRow>, StoreError> {
    let sql = queue_sql!("WHERE relay = $1 AND ended = 0 ORDER BY id");
    tx.all(sql, &[Value::Text(relay.to_owned())])?.iter().map(|row| queue(seal, row)).collect()
}

/// Queues that are to be ended.
pub fn ended(tx: &Tx<'_>, seal: &Sealer, limit: i64) -> Result<Vec<QueueRow>, StoreError> {
    let sql = queue_sql!("WHERE ended = 1 ORDER BY id LIMIT $1");
    tx.all(sql, &[Value::Int(limit)])?.iter().map(|row| queue(seal, row)).collect()
}

/// A person gets no mail through any more: their queues are to be ended.
pub fn end_queues(tx: &Tx<'_>, person: i64) -> Result<(), DbError> {
    tx.execute("UPDATE relay_queues SET ended = 1 WHERE person = $1", &[Value::Int(person)]).map(drop)
}

/// Forgets a queue that is not there any more.
pub fn forget(tx: &Tx<'_>, id: i64) -> Result<(), DbError> {
    tx.execute("DELETE FROM relay_queues WHERE id = $1", &[Value::Int(id)]).map(drop)
}

/// How many queues are in use.
pub fn count(tx: &Tx<'_>) -> Result<u64, DbError> {
    let row = tx.one("SELECT count(*) FROM relay_queues WHERE ended = 0", &[])?;
    row.map_or(Ok(0), |row| row.uint(0))
}

fn queue(seal: &Sealer, row: &Row) -> Result<QueueRow, StoreError> {
    let secrets = serde_json::from_slice(&seal.open(QUEUE, row.blob(3)?)?);
    let secrets = secrets.map_err(|_| DbError::Corrupt(QUEUE.to_owned()))?;
    Ok(QueueRow { id: row.int(0)?, relay: row.text(1)?.to_owned(), person: row.int(2)?, secrets })
}
