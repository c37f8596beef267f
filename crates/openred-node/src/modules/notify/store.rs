//! Rows of `notifications`. The only SQL of this module.

use openred_core::ids::Hash;
use openred_service::database::{DbError, Tx, Value};

use super::{Params, What};
use crate::seal::Sealer;

/// Days a notification is kept.
const DAYS_MAX: u64 = 90;

const PARAMS: &str = "notifications.params";

/// A notification as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Rises with time.
    pub id: i64,
    /// What happened.
    pub what: What,
    /// Who caused it (`connections.id`).
    pub actor: Option<i64>,
    /// The post it is about.
    pub post: Option<Hash>,
    /// What there is to say beside.
    pub params: Params,
    /// Unix ms.
    pub created_at: u64,
    /// Seen by the owner.
    pub read: bool,
}

/// Writes one and returns its number.
pub fn insert(
    tx: &Tx<'_>,
    seal: &Sealer,
    (what, actor, post, params): (What, Option<i64>, Option<Hash>, &Params),
    now: u64,
) -> Result<i64, DbError> {
    let sql = "INSERT INTO notifications (kind, actor, post_id, params, created_at) VALUES ($1, $2, $3, $4, $5) RETURNING id";
    let values = [
        what.as_str().into(),
        actor.into(),
        post.map(|id| id.0.to_vec()).into(),
        seal.seal(PARAMS, &bytes(params)).into(),
        now.into(),
    ];
    tx.one(sql, &values)?.ok_or(DbError::Gone)?.int(0)
}

/// Puts one in the place of that of the same kind and subject, as new; returns its number.
pub fn renew(
    tx: &Tx<'_>,
    seal: &Sealer,
    (what, subject): (What, i64),
    (actor, params): (Option<i64>, &Params),
    now: u64,
) -> Result<i64, DbError> {
    drop_about(tx, what, subject)?;
    let sql = "INSERT INTO notifications (kind, subject, actor, params, created_at) VALUES ($1, $2, $3, $4, $5) RETURNING id";
    let sealed = seal.seal(PARAMS, &bytes(params));
    let values = [what.as_str().into(), subject.into(), actor.into(), sealed.into(), now.into()];
    tx.one(sql, &values)?.ok_or(DbError::Gone)?.int(0)
}

/// Changes what that of this kind and subject says; its number, if there is one.
pub fn amend(
    tx: &Tx<'_>,
    seal: &Sealer,
    (what, subject): (What, i64),
    (actor, params): (Option<i64>, &Params),
) -> Result<Option<i64>, DbError> {
    let sql =
        "UPDATE notifications SET actor = $3, params = $4 WHERE kind = $1 AND subject = $2 RETURNING id";
    let sealed = seal.seal(PARAMS, &bytes(params));
    let row = tx.one(sql, &[what.as_str().into(), subject.into(), actor.into(), sealed.into()])?;
    row.map(|row| row.int(0)).transpose()
}

/// What that of this kind and subject says, if there is one.
pub fn params_about(tx: &Tx<'_>, seal: &Sealer, what: What, subject: i64) -> Result<Option<Params>, DbError> {
    let sql = "SELECT params FROM notifications WHERE kind = $1 AND subject = $2";
    let row = tx.one(sql, &[what.as_str().into(), subject.into()])?;
    row.map(|row| read(&seal.open(PARAMS, row.blob(0)?)?)).transpose()
}

/// Drops that of this kind and subject; its number, if there was one.
pub fn drop_about(tx: &Tx<'_>, what: What, subject: i64) -> Result<Option<i64>, DbError> {
    let sql = "DELETE FROM notifications WHERE kind = $1 AND subject = $2 RETURNING id";
    let row = tx.one(sql, &[what.as_str().into(), subject.into()])?;
    row.map(|row| row.int(0)).transpose()
}

/// A page, newest first, older than `before`; kinds of a newer version are left out.
pub fn page(tx: &Tx<'_>, seal: &Sealer, before: i64, limit: i64) -> Result<Vec<Notification>, DbError> {
    let sql = "SELECT id, kind, actor, post_id, params, created_at, read FROM notifications WHERE id < $1 ORDER BY id DESC LIMIT $2";
    let mut page = Vec::new();
    for row in tx.all(sql, &[Value::Int(before), Value::Int(limit)])? {
        let Some(what) = What::from_text(row.text(1)?) else { continue };
        page.push(Notification {
            id: row.int(0)?,
            what,
            actor: row.opt_int(2)?,
            post: row.opt_bytes(3)?.map(Hash),
            params: read(&seal.open(PARAMS, row.blob(4)?)?)?,
            created_at: row.uint(5)?,
            read: row.flag(6)?,
        });
    }
    Ok(page)
}

/// How many are unread.
pub fn unread(tx: &Tx<'_>) -> Result<u64, DbError> {
    tx.one("SELECT count(*) FROM notifications WHERE read = 0", &[])?.map_or(Ok(0), |row| row.uint(0))
}

/// Marks all up to `upto`; returns how many were unread.
pub fn mark_read(tx: &Tx<'_>, upto: i64) -> Result<u64, DbError> {
    tx.execute("UPDATE notifications SET read = 1 WHERE read = 0 AND id <= $1", &[Value::Int(upto)])
}

/// Drops all up to the number `upto`.
pub fn keep_newest(tx: &Tx<'_>, upto: i64) -> Result<(), DbError> {
    if upto > 0 {
        tx.execute("DELETE FROM notifications WHERE id <= $1", &[Value::Int(upto)])?;
    }
    Ok(())
}

/// Drops what is older than 90 days. For the job that trims.
pub fn trim(tx: &Tx<'_>, now: u64) -> Result<(), DbError> {
    let before = now.saturating_sub(DAYS_MAX * 86_400_000);
    tx.execute("DELETE FROM notifications WHERE created_at < $1", &[before.into()])?;
    Ok(())
}

/// Drops those about a post that is gone.
pub fn drop_of(tx: &Tx<'_>, post: &Hash) -> Result<(), DbError> {
    tx.execute("DELETE FROM notifications WHERE post_id = $1", &[post.0.into()])?;
    Ok(())
}

/// Wipes the words of a person's comments under a post.
pub fn forget(tx: &Tx<'_>, seal: &Sealer, actor: i64, post: &Hash) -> Result<(), DbError> {
    let sql = "UPDATE notifications SET params = $3 WHERE actor = $1 AND post_id = $2 AND kind = 'comment'";
    tx.execute(sql, &[actor.into(), post.0.into(), seal.seal(PARAMS, &bytes(&Params::default())).into()])?;
    Ok(())
}

fn bytes(params: &Params) -> Vec<u8> {
    serde_json::to_vec(params).unwrap_or_default()
}

fn read(bytes: &[u8]) -> Result<Params, DbError> {
    serde_json::from_slice(bytes).map_err(|e| DbError::Corrupt(format!("{PARAMS}: {e}")))
}
