//! Rows of `missing_replies`.

use openred_core::ids::Hash;
use openred_service::database::{DbError, Tx};

/// Rows kept at most.
const ROWS_MAX: i64 = 10_000;

/// A reply that is not held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// Its message id.
    pub id: Hash,
    /// When the wall's owner was asked, unix ms.
    pub asked_at: Option<u64>,
}

/// Notes one; false when it was noted already.
pub fn insert(tx: &Tx<'_>, id: &Hash, post: &Hash, now: u64) -> Result<bool, DbError> {
    let sql = "INSERT INTO missing_replies (message_id, post_id, seen_at) VALUES ($1, $2, $3) ON CONFLICT (message_id) DO NOTHING";
    Ok(tx.execute(sql, &[id.0.into(), post.0.into(), now.into()])? == 1)
}

/// Strikes one out; false when it was not noted.
pub fn drop_one(tx: &Tx<'_>, id: &Hash) -> Result<bool, DbError> {
    Ok(tx.execute("DELETE FROM missing_replies WHERE message_id = $1", &[id.0.into()])? == 1)
}

/// Strikes out all of a thread.
pub fn drop_of(tx: &Tx<'_>, post: &Hash) -> Result<(), DbError> {
    tx.execute("DELETE FROM missing_replies WHERE post_id = $1", &[post.0.into()])?;
    Ok(())
}

/// All of a thread, at most 100.
pub fn of(tx: &Tx<'_>, post: &Hash) -> Result<Vec<Missing>, DbError> {
    let sql = "SELECT message_id, asked_at FROM missing_replies WHERE post_id = $1 ORDER BY seen_at, message_id LIMIT 100";
    let rows = tx.all(sql, &[post.0.into()])?;
    rows.iter().map(|row| Ok(Missing { id: Hash(row.bytes(0)?), asked_at: row.opt_uint(1)? })).collect()
}

/// Marks as asked at `now` what was not asked for since `before`; returns how many.
pub fn mark_asked(tx: &Tx<'_>, post: &Hash, now: u64, before: u64) -> Result<u64, DbError> {
    let sql = "UPDATE missing_replies SET asked_at = $2 WHERE post_id = $1 AND (asked_at IS NULL OR asked_at <= $3)";
    tx.execute(sql, &[post.0.into(), now.into(), before.into()])
}

/// Whether something was not asked for since `before`.
pub fn is_due(tx: &Tx<'_>, post: &Hash, before: u64) -> Result<bool, DbError> {
    let sql =
        "SELECT 1 FROM missing_replies WHERE post_id = $1 AND (asked_at IS NULL OR asked_at <= $2) LIMIT 1";
    Ok(tx.one(sql, &[post.0.into(), before.into()])?.is_some())
}

/// Drops what was noted before `before` (unix ms) and what is beyond the newest 10,000.
pub fn trim(tx: &Tx<'_>, before: u64) -> Result<(), DbError> {
    tx.execute("DELETE FROM missing_replies WHERE seen_at < $1", &[before.into()])?;
    let sql = "DELETE FROM missing_replies WHERE seen_at < (SELECT seen_at FROM missing_replies ORDER BY seen_at DESC LIMIT 1 OFFSET $1)";
    tx.execute(sql, &[ROWS_MAX.into()])?;
    Ok(())
}
