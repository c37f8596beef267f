//! Rows of `mls_changes`: what the owner wants changed in groups.

use openred_core::ids::NodeId;
use openred_service::database::{DbError, Row, Tx};
use serde::{Deserialize, Serialize};

use super::super::store::{opened, sealed};
use crate::{modules::contacts::store::StoreError, seal::Sealer};

const CHANGE: &str = "mls_changes.change";

/// What is to be changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// People come in, each by a key package: empty until there is one.
    Add(Vec<New>),
    /// People go.
    Remove(Vec<NodeId>),
    /// Another name.
    Rename(String),
    /// Somebody becomes an administrator, or is one no more.
    Role {
        /// Who.
        person: NodeId,
        /// Which of the two.
        admin: bool,
    },
    /// The own keys are renewed.
    Update,
}

/// Somebody to add.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct New {
    /// Who.
    pub person: NodeId,
    /// The key package that is used for them; it was taken from those that are held.
    #[serde(default)]
    pub package: Vec<u8>,
    /// A member whose node has nothing of the group, so that the key that they are known by says nothing: from which epoch on
    /// they are to be told again.
    #[serde(default)]
    pub lost: Option<u64>,
}

impl New {
    /// Somebody who is to be added by a key package that is not chosen yet.
    pub fn by_any_key(person: NodeId) -> Self {
        Self { person, package: Vec::new(), lost: None }
    }
}

/// A change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// `mls_changes.id`.
    pub id: i64,
    /// `mls_groups.id`.
    pub group: i64,
    /// What it is.
    pub what: What,
    /// It waits for a key package.
    pub waits: bool,
    /// Others may do it until then, unix ms; 0: the order knows of it.
    pub not_before: u64,
    /// Since when it is wanted, unix ms.
    pub since_at: u64,
}

fn read(seal: &Sealer, row: &Row) -> Result<Change, StoreError> {
    Ok(Change {
        id: row.int(0)?,
        group: row.int(1)?,
        what: opened(seal, CHANGE, row.blob(2)?)?,
        waits: row.flag(3)?,
        not_before: row.uint(4)?,
        since_at: row.uint(5)?,
    })
}

macro_rules! change_sql {
    ($rest:literal) => {
        concat!("SELECT id, mls_group, change, waits, not_before, since_at FROM mls_changes ", $rest)
    };
}

/// Writes one down; its number.
pub fn insert(
    tx: &Tx<'_>,
    seal: &Sealer,
    group: i64,
    what: &What,
    waits: bool,
    (not_before, now): (u64, u64),
) -> Result<i64, DbError> {
    let sql = "INSERT INTO mls_changes (mls_group, change, waits, not_before, since_at) VALUES ($1, $2, $3, $4, $5) RETURNING id";
    let values = [group.into(), sealed(seal, CHANGE, what), waits.into(), not_before.into(), now.into()];
    tx.one(sql, &values)?.ok_or(DbError::Gone)?.int(0)
}

/// By its number.
pub fn get(tx: &Tx<'_>, seal: &Sealer, id: i64) -> Result<Option<Change>, StoreError> {
    tx.one(change_sql!("WHERE id = $1"), &[id.into()])?.map(|row| read(seal, &row)).transpose()
}

/// All of a group; at most 200.
pub fn of(tx: &Tx<'_>, seal: &Sealer, group: i64) -> Result<Vec<Change>, StoreError> {
    let rows = tx.all(change_sql!("WHERE mls_group = $1 ORDER BY id LIMIT 200"), &[group.into()])?;
    rows.iter().map(|row| read(seal, row)).collect()
}

/// Those that wait for key packages, of all groups; at most 200.
pub fn waiting(tx: &Tx<'_>, seal: &Sealer) -> Result<Vec<Change>, StoreError> {
    let rows = tx.all(change_sql!("WHERE waits = 1 ORDER BY id LIMIT 200"), &[])?;
    rows.iter().map(|row| read(seal, row)).collect()
}

/// Those that others had time to do first; at most 200.
pub fn due(tx: &Tx<'_>, seal: &Sealer, now: u64) -> Result<Vec<Change>, StoreError> {
    let sql = change_sql!("WHERE waits = 0 AND not_before > 0 AND not_before <= $1 ORDER BY id LIMIT 200");
    tx.all(sql, &[now.into()])?.iter().map(|row| read(seal, row)).collect()
}

/// Another text of it: what it uses has changed.
pub fn set(tx: &Tx<'_>, seal: &Sealer, id: i64, what: &What, waits: bool) -> Result<(), DbError> {
    let sql = "UPDATE mls_changes SET change = $2, waits = $3 WHERE id = $1";
    tx.execute(sql, &[id.into(), sealed(seal, CHANGE, what), waits.into()]).map(drop)
}

/// The order knows of it.
pub fn told(tx: &Tx<'_>, id: i64) -> Result<(), DbError> {
    tx.execute("UPDATE mls_changes SET not_before = 0 WHERE id = $1", &[id.into()]).map(drop)
}

/// It is done, or there is nothing to do.
pub fn forget(tx: &Tx<'_>, id: i64) -> Result<(), DbError> {
    tx.execute("DELETE FROM mls_changes WHERE id = $1", &[id.into()]).map(drop)
}

/// Nothing of a group is to be changed any more.
pub fn forget_all(tx: &Tx<'_>, group: i64) -> Result<(), DbError> {
    tx.execute("DELETE FROM mls_changes WHERE mls_group = $1", &[group.into()]).map(drop)
}
