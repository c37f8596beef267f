//! Rows of the network side: `network_state directories pair_secrets used_grants`. The only SQL of `net`.

use openred_core::ids::{Id16, NodeId};
use openred_proto::introduction::{Invitation, Restored};
use openred_service::database::{DbError, Tx, Value};

use crate::{
    error::NodeError,
    modules::{contacts::store as people, invitations},
    seal::Sealer,
};

/// Pair secrets kept per person (PROTOCOL §4).
const PAIRS_KEPT: i64 = 4;

/// A value by name.
pub fn state(tx: &Tx<'_>, key: &'static str) -> Result<Option<Vec<u8>>, DbError> {
    let row = tx.one("SELECT value FROM network_state WHERE key = $1", &[Value::Text(key.to_owned())])?;
    row.map(|row| Ok(row.blob(0)?.to_vec())).transpose()
}

/// Writes a value by name.
pub fn set_state(tx: &Tx<'_>, key: &'static str, value: &[u8], now: u64) -> Result<(), DbError> {
    let sql = "INSERT INTO network_state (key, value, updated_at) VALUES ($1, $2, $3) ON CONFLICT (key) DO UPDATE SET value = $2, updated_at = $3";
    tx.execute(sql, &[Value::Text(key.to_owned()), Value::Blob(value.to_vec()), Value::Int(now as i64)])?;
    Ok(())
}

/// A configured directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryRow {
    /// Without `#`.
    pub url: String,
    /// Pinned.
    pub node_id: Option<NodeId>,
    /// Pinned descriptor.
    pub descriptor: Option<Vec<u8>>,
}

/// All directories, in the order they were added.
pub fn directories(tx: &Tx<'_>) -> Result<Vec<DirectoryRow>, DbError> {
    let rows =
        tx.all("SELECT url, node_id, descriptor FROM directories ORDER BY added_at, url LIMIT 16", &[])?;
    rows.iter()
        .map(|row| {
            let node_id = row.opt_text(1)?.map(str::parse).transpose();
            Ok(DirectoryRow {
                url: row.text(0)?.to_owned(),
                node_id: node_id.map_err(|_| DbError::Corrupt("directories.node_id".to_owned()))?,
                descriptor: row.opt_blob(2)?.map(<[u8]>::to_vec),
            })
        })
        .collect()
}

/// Adds a directory; one that is known stays as it is.
pub fn add_directory(tx: &Tx<'_>, url: &str, node_id: Option<&NodeId>, now: u64) -> Result<(), DbError> {
    let sql =
        "INSERT INTO directories (url, node_id, added_at) VALUES ($1, $2, $3) ON CONFLICT (url) DO NOTHING";
    let id = node_id.map_or(Value::Null, |id| Value::Text(id.to_string()));
    tx.execute(sql, &[Value::Text(url.to_owned()), id, Value::Int(now as i64)])?;
    Ok(())
}

/// Forgets a directory.
pub fn remove_directory(tx: &Tx<'_>, url: &str) -> Result<(), DbError> {
    tx.execute("DELETE FROM directories WHERE url = $1", &[Value::Text(url.to_owned())])?;
    Ok(())
}

/// Pins who answers at a directory's address.
pub fn pin_directory(tx: &Tx<'_>, url: &str, id: &NodeId, descriptor: &[u8]) -> Result<(), DbError> {
    let sql = "UPDATE directories SET node_id = $2, descriptor = $3 WHERE url = $1 AND (node_id IS NULL OR node_id = $2)";
    let values = [Value::Text(url.to_owned()), Value::Text(id.to_string()), Value::Blob(descriptor.to_vec())];
    tx.execute(sql, &values)?;
    Ok(())
}

/// Keeps the pair secret of a session; the last four per person stay.
pub fn keep_pair(tx: &Tx<'_>, person: i64, id: &Id16, ticket: &[u8], now: u64) -> Result<(), DbError> {
    let sql = "INSERT INTO pair_secrets (pair_id, person, ticket, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (pair_id) DO NOTHING";
    let values = [
        Value::Blob(id.0.to_vec()),
        Value::Int(person),
        Value::Blob(ticket.to_vec()),
        Value::Int(now as i64),
    ];
    tx.execute(sql, &values)?;
    let sql = "DELETE FROM pair_secrets WHERE person = $1 AND pair_id NOT IN (SELECT pair_id FROM pair_secrets WHERE person = $1 ORDER BY created_at DESC LIMIT $2)";
    tx.execute(sql, &[Value::Int(person), Value::Int(PAIRS_KEPT)])?;
    Ok(())
}

/// Pair secrets of a person, newest first.
pub fn pairs(tx: &Tx<'_>, person: i64) -> Result<Vec<(Id16, Vec<u8>)>, DbError> {
    let sql = "SELECT pair_id, ticket FROM pair_secrets WHERE person = $1 ORDER BY created_at DESC LIMIT $2";
    let rows = tx.all(sql, &[Value::Int(person), Value::Int(PAIRS_KEPT)])?;
    rows.iter().map(|row| Ok((Id16(row.bytes(0)?), row.blob(1)?.to_vec()))).collect()
}

/// Forgets the pair secrets of a person (their identity changed), or of all (the own one did).
pub fn drop_pairs(tx: &Tx<'_>, person: Option<i64>) -> Result<(), DbError> {
    match person {
        Some(person) => tx.execute("DELETE FROM pair_secrets WHERE person = $1", &[Value::Int(person)])?,
        None => tx.execute("DELETE FROM pair_secrets", &[])?,
    };
    Ok(())
}

/// Burns a grant durably. False when it was burnt before. `until`: not_before + ttl + 1 h, unix ms.
pub fn burn_grant(tx: &Tx<'_>, id: &Id16, until: u64) -> Result<bool, DbError> {
    let sql =
        "INSERT INTO used_grants (grant_id, until_at) VALUES ($1, $2) ON CONFLICT (grant_id) DO NOTHING";
    Ok(tx.execute(sql, &[Value::Blob(id.0.to_vec()), Value::Int(until as i64)])? == 1)
}

/// Burnt grants that must still be remembered, with their ends.
pub fn burnt_grants(tx: &Tx<'_>, now: u64) -> Result<Vec<(Id16, u64)>, DbError> {
    tx.execute("DELETE FROM used_grants WHERE until_at < $1", &[Value::Int(now as i64)])?;
    let rows =
        tx.all("SELECT grant_id, until_at FROM used_grants ORDER BY until_at DESC LIMIT 100000", &[])?;
    rows.iter().map(|row| Ok((Id16(row.bytes(0)?), row.uint(1)?))).collect()
}

/// Pair secrets of all, oldest first: (person, pair_id, ticket).
fn all_pairs(tx: &Tx<'_>) -> Result<Vec<(i64, Id16, Vec<u8>)>, DbError> {
    let rows = tx.all("SELECT person, pair_id, ticket FROM pair_secrets ORDER BY created_at", &[])?;
    rows.iter().map(|row| Ok((row.int(0)?, Id16(row.bytes(1)?), row.blob(2)?.to_vec()))).collect()
}

/// What the tables of tickets must know again after a start. `replaced` is the caller's.
pub fn restored(tx: &Tx<'_>, seal: &Sealer, now: u64) -> Result<Restored, NodeError> {
    let used = burnt_grants(tx, now)?.into_iter().map(|(id, until)| (id, until / 1_000)).collect();
    let mut pairs = Vec::new();
    for (person, pair_id, ticket) in all_pairs(tx)? {
        if let Some(person) = people::get(tx, seal, person)? {
            pairs.push((person.node_id, pair_id, ticket));
        }
    }
    let mut invitations = Vec::new();
    for row in invitations::store::list(tx, seal)? {
        invitations.extend(invitation_of(tx, seal, row)?);
    }
    Ok(Restored { used, pairs, invitations, replaced: Vec::new() })
}

/// An invitation as the tables know it; none for one that was taken back.
pub fn invitation(tx: &Tx<'_>, seal: &Sealer, id: &Id16) -> Result<Option<Invitation>, NodeError> {
    let row = invitations::store::get(tx, seal, id)?;
    row.map_or(Ok(None), |row| invitation_of(tx, seal, row))
}

fn invitation_of(
    tx: &Tx<'_>,
    seal: &Sealer,
    row: invitations::store::Row,
) -> Result<Option<Invitation>, NodeError> {
    if row.revoked {
        return Ok(None);
    }
    let bound = match row.bound_person {
        None => None,
        Some(person) => match people::get(tx, seal, person)? {
            Some(person) => Some(person.node_id),
            // Bound to somebody who was forgotten: nobody else may take it.
            None => return Ok(None),
        },
    };
    let (invite_id, not_after, ticket) = (row.invite_id, row.expires_at / 1_000, row.ticket);
    Ok(Some(Invitation { invite_id, not_after, ticket, bound }))
}
