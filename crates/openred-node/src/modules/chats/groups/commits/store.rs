//! Rows of `mls_commits mls_countersigned mls_kept mls_snapshots mls_used`.

use openred_chat::{SEQUENCERS_MAX, Snapshot};
use openred_core::{
    ids::{Hash, Id8, NodeId},
    sign::Signature,
};
use openred_service::database::{DbError, Tx, Value};
use serde::{Deserialize, Serialize};

use super::super::store::{opened, sealed};
use crate::{modules::contacts::store::StoreError, seal::Sealer};

const COMMIT: &str = "mls_commits.commit_bytes";
const OWN: &str = "mls_commits.own";
const SIGNED: &str = "mls_countersigned.signed";
const KEPT: &str = "mls_kept.message";
const SNAPSHOT: &str = "mls_snapshots.snapshot";

/// A commit that is kept.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The MLSMessage.
    pub bytes: Vec<u8>,
    /// Of an own one.
    pub own: Option<OwnCommit>,
    /// When it was sent, unix ms.
    pub sent_at: u64,
}

/// What an own commit has beside it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct OwnCommit {
    /// Whom it adds.
    pub added: Vec<NodeId>,
    /// The MLSMessage for them, until it was sent.
    pub welcome: Option<Vec<u8>>,
    /// The change of the owner that it makes (`mls_changes.id`).
    pub change: Option<i64>,
}

/// Keeps a commit.
pub fn keep(tx: &Tx<'_>, seal: &Sealer, group: i64, hash: &Hash, commit: &Commit) -> Result<(), DbError> {
    let sql = "INSERT INTO mls_commits (mls_group, hash, commit_bytes, own, sent_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (mls_group, hash) DO NOTHING";
    let own = commit.own.as_ref().map_or(Value::Null, |own| sealed(seal, OWN, own));
    let bytes = seal.seal(COMMIT, &commit.bytes);
    let values = [group.into(), hash.0.to_vec().into(), bytes.into(), own, commit.sent_at.into()];
    tx.execute(sql, &values).map(drop)
}

/// A commit that is kept.
pub fn get(tx: &Tx<'_>, seal: &Sealer, group: i64, hash: &Hash) -> Result<Option<Commit>, StoreError> {
    let sql = "SELECT commit_bytes, own, sent_at FROM mls_commits WHERE mls_group = $1 AND hash = $2";
    let Some(row) = tx.one(sql, &[group.into(), hash.0.to_vec().into()])? else { return Ok(None) };
    let own = row.opt_blob(1)?.map(|own| opened(seal, OWN, own)).transpose()?;
    Ok(Some(Commit { bytes: seal.open(COMMIT, row.blob(0)?)?, own, sent_at: row.uint(2)? }))
}

/// The welcome of an own commit was sent.
pub fn welcomed(tx: &Tx<'_>, seal: &Sealer, group: i64, hash: &Hash, own: &OwnCommit) -> Result<(), DbError> {
    let own = OwnCommit { welcome: None, ..own.clone() };
    let sql = "UPDATE mls_commits SET own = $3 WHERE mls_group = $1 AND hash = $2";
    tx.execute(sql, &[group.into(), hash.0.to_vec().into(), sealed(seal, OWN, &own)]).map(drop)
}

/// A commit is not needed any more.
pub fn forget(tx: &Tx<'_>, group: i64, hash: &Hash) -> Result<(), DbError> {
    for sql in [
        "DELETE FROM mls_commits WHERE mls_group = $1 AND hash = $2",
        "DELETE FROM mls_countersigned WHERE mls_group = $1 AND hash = $2",
    ] {
        tx.execute(sql, &[group.into(), hash.0.to_vec().into()])?;
    }
    Ok(())
}

/// The signature of a sequencer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Countersigned {
    /// Which sequencer.
    pub by: NodeId,
    /// sign(`openred/mls-order`, …).
    pub sig: Signature,
}

/// The signatures of a commit.
pub fn signatures(
    tx: &Tx<'_>,
    seal: &Sealer,
    group: i64,
    hash: &Hash,
) -> Result<Vec<Countersigned>, StoreError> {
    let sql = "SELECT signed FROM mls_countersigned WHERE mls_group = $1 AND hash = $2";
    let row = tx.one(sql, &[group.into(), hash.0.to_vec().into()])?;
    Ok(row.map(|row| opened(seal, SIGNED, row.blob(0)?)).transpose()?.unwrap_or_default())
}

/// Keeps the signature of a sequencer; one of each, of at most three.
pub fn sign(
    tx: &Tx<'_>,
    seal: &Sealer,
    (group, epoch): (i64, u64),
    hash: &Hash,
    signed: Countersigned,
) -> Result<(), StoreError> {
    let mut held = signatures(tx, seal, group, hash)?;
    if held.len() >= SEQUENCERS_MAX || held.iter().any(|one| one.by == signed.by) {
        return Ok(());
    }
    held.push(signed);
    let sql = "INSERT INTO mls_countersigned (mls_group, epoch, hash, signed) VALUES ($1, $2, $3, $4) ON CONFLICT (mls_group, hash) DO UPDATE SET signed = $4";
    let values = [group.into(), epoch.into(), hash.0.to_vec().into(), sealed(seal, SIGNED, &held)];
    Ok(tx.execute(sql, &values).map(drop)?)
}

/// Something that came and may be needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Who brought it (`connections.id`).
    pub person: i64,
    /// The MLSMessage.
    pub bytes: Vec<u8>,
    /// When it was sent, unix ms.
    pub sent_at: u64,
}

/// Keeps a message.
pub fn hold(
    tx: &Tx<'_>,
    seal: &Sealer,
    group: i64,
    hash: &Hash,
    kept: &Kept,
    now: u64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO mls_kept (mls_group, hash, person, message, sent_at, kept_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (mls_group, hash) DO NOTHING";
    let bytes = seal.seal(KEPT, &kept.bytes);
    let values = [
        group.into(),
        hash.0.to_vec().into(),
        kept.person.into(),
        bytes.into(),
        kept.sent_at.into(),
        now.into(),
    ];
    tx.execute(sql, &values).map(drop)
}

/// Takes a message that was kept.
pub fn take(tx: &Tx<'_>, seal: &Sealer, group: i64, hash: &Hash) -> Result<Option<Kept>, StoreError> {
    let sql = "DELETE FROM mls_kept WHERE mls_group = $1 AND hash = $2 RETURNING person, message, sent_at";
    let Some(row) = tx.one(sql, &[group.into(), hash.0.to_vec().into()])? else { return Ok(None) };
    Ok(Some(Kept { person: row.int(0)?, bytes: seal.open(KEPT, row.blob(1)?)?, sent_at: row.uint(2)? }))
}

/// Keeps a way back from an epoch.
pub fn add_snapshot(
    tx: &Tx<'_>,
    seal: &Sealer,
    group: i64,
    epoch: u64,
    snapshot: &Snapshot,
) -> Result<(), DbError> {
    let sql = "INSERT INTO mls_snapshots (mls_group, epoch, snapshot) VALUES ($1, $2, $3) ON CONFLICT (mls_group, epoch) DO UPDATE SET snapshot = $3";
    let bytes = seal.seal(SNAPSHOT, snapshot.as_bytes());
    tx.execute(sql, &[group.into(), epoch.into(), bytes.into()]).map(drop)
}

/// Takes the way back to an epoch.
pub fn take_snapshot(
    tx: &Tx<'_>,
    seal: &Sealer,
    group: i64,
    epoch: u64,
) -> Result<Option<Snapshot>, StoreError> {
    let sql = "DELETE FROM mls_snapshots WHERE mls_group = $1 AND epoch = $2 RETURNING snapshot";
    let row = tx.one(sql, &[group.into(), epoch.into()])?;
    row.map(|row| Ok(Snapshot::from_bytes(seal.open(SNAPSHOT, row.blob(0)?)?))).transpose()
}

/// Deletes the way back to an epoch.
pub fn shred(tx: &Tx<'_>, group: i64, epoch: u64) -> Result<(), DbError> {
    let sql = "DELETE FROM mls_snapshots WHERE mls_group = $1 AND epoch = $2";
    tx.execute(sql, &[group.into(), epoch.into()]).map(drop)
}

/// How many ways back are kept.
pub fn snapshots(tx: &Tx<'_>, group: i64) -> Result<u64, DbError> {
    let sql = "SELECT count(*) FROM mls_snapshots WHERE mls_group = $1";
    tx.one(sql, &[group.into()])?.map_or(Ok(0), |row| row.uint(0))
}

/// Another key of the own ratchet was used in this epoch.
pub fn use_key(tx: &Tx<'_>, group: i64, epoch: u64, tag: Id8) -> Result<(), DbError> {
    let sql = "INSERT INTO mls_used (mls_group, tag, epoch, used) VALUES ($1, $2, $3, 1) ON CONFLICT (mls_group, tag) DO UPDATE SET used = mls_used.used + 1";
    tx.execute(sql, &[group.into(), tag.0.to_vec().into(), epoch.into()]).map(drop)
}

/// How many were.
pub fn used(tx: &Tx<'_>, group: i64, tag: Id8) -> Result<u64, DbError> {
    let sql = "SELECT used FROM mls_used WHERE mls_group = $1 AND tag = $2";
    tx.one(sql, &[group.into(), tag.0.to_vec().into()])?.map_or(Ok(0), |row| row.uint(0))
}

/// What was used in epochs below `epoch` is of no meaning any more.
pub fn forget_used(tx: &Tx<'_>, group: i64, epoch: u64) -> Result<(), DbError> {
    let sql = "DELETE FROM mls_used WHERE mls_group = $1 AND epoch < $2";
    tx.execute(sql, &[group.into(), epoch.into()]).map(drop)
}

/// Invitations that nobody needed since `before` (unix ms); messages the order drops by itself.
pub fn trim_kept(tx: &Tx<'_>, before: u64) -> Result<(), DbError> {
    tx.execute("DELETE FROM mls_kept WHERE kept_at < $1", &[before.into()]).map(drop)
}
