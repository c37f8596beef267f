//! Rows of `waiting_changes`.

use openred_core::ids::Hash;
use openred_service::database::{DbError, Tx};

use crate::seal::Sealer;

const ENVELOPE: &str = "waiting_changes.envelope";

/// Rows kept at most.
const ROWS_MAX: i64 = 10_000;

/// The envelope that waits for a target by an author.
pub fn get(tx: &Tx<'_>, seal: &Sealer, target: &Hash, author: i64) -> Result<Option<Vec<u8>>, DbError> {
    let sql = "SELECT envelope FROM waiting_changes WHERE target = $1 AND author = $2";
    let Some(row) = tx.one(sql, &[target.0.into(), author.into()])? else { return Ok(None) };
    Ok(Some(seal.open(ENVELOPE, row.blob(0)?)?))
}

/// Keeps an envelope, instead of the one there.
pub fn put(tx: &Tx<'_>, seal: &Sealer, key: (&Hash, i64), at: u64, envelope: &[u8]) -> Result<(), DbError> {
    let sql = "INSERT INTO waiting_changes (target, author, at, envelope) VALUES ($1, $2, $3, $4) ON CONFLICT (target, author) DO UPDATE SET at = $3, envelope = $4";
    tx.execute(sql, &[key.0.0.into(), key.1.into(), at.into(), seal.seal(ENVELOPE, envelope).into()])?;
    Ok(())
}

/// Drops one.
pub fn drop_one(tx: &Tx<'_>, target: &Hash, author: i64) -> Result<(), DbError> {
    tx.execute(
        "DELETE FROM waiting_changes WHERE target = $1 AND author = $2",
        &[target.0.into(), author.into()],
    )?;
    Ok(())
}

/// Drops what is older than `before` (unix ms) and what is beyond the newest 10,000.
pub fn trim(tx: &Tx<'_>, before: u64) -> Result<(), DbError> {
    tx.execute("DELETE FROM waiting_changes WHERE at < $1", &[before.into()])?;
    let sql = "DELETE FROM waiting_changes WHERE at < (SELECT at FROM waiting_changes ORDER BY at DESC LIMIT 1 OFFSET $1)";
    tx.execute(sql, &[ROWS_MAX.into()])?;
    Ok(())
}
