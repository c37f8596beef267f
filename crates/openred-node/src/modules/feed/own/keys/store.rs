//! Rows of `post_keys`.

use openred_core::ids::Hash;
use openred_service::database::{DbError, Tx};

/// Request, and what it made, of a key that is still good at `now` (unix ms).
pub fn find(tx: &Tx<'_>, key: &Hash, now: u64) -> Result<Option<(Hash, Hash)>, DbError> {
    let sql = "SELECT request_hash, message_id FROM post_keys WHERE key_hash = $1 AND until_at > $2";
    let Some(row) = tx.one(sql, &[key.0.into(), now.into()])? else { return Ok(None) };
    Ok(Some((Hash(row.bytes(0)?), Hash(row.bytes(1)?))))
}

/// Keeps a key until `until` (unix ms), instead of one that is over.
pub fn put(tx: &Tx<'_>, (key, request): (&Hash, &Hash), made: &Hash, until: u64) -> Result<(), DbError> {
    let sql = "INSERT INTO post_keys (key_hash, request_hash, message_id, until_at) VALUES ($1, $2, $3, $4) ON CONFLICT (key_hash) DO UPDATE SET request_hash = $2, message_id = $3, until_at = $4";
    tx.execute(sql, &[key.0.into(), request.0.into(), made.0.into(), until.into()])?;
    Ok(())
}

/// Drops what is over.
pub fn trim(tx: &Tx<'_>, now: u64) -> Result<(), DbError> {
    tx.execute("DELETE FROM post_keys WHERE until_at <= $1", &[now.into()])?;
    Ok(())
}
