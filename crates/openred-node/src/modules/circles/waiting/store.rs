//! Rows of `circle_waiting`.

use openred_core::{envelope::Verified, ids::Hash};
use openred_service::database::{DbError, Row, Tx};

use crate::seal::Sealer;

const ENVELOPE: &str = "circle_waiting.envelope";

/// Rows kept at most, of all circles.
const ROWS_MAX: i64 = 10_000;
/// Rows kept at most for one target.
const OF_ONE_MAX: i64 = 500;

/// Keeps something until its target comes. False when too much waits for that.
pub fn put(
    tx: &Tx<'_>,
    seal: &Sealer,
    (circle, target): (i64, &Hash),
    item: &Verified,
    now: u64,
) -> Result<bool, DbError> {
    let sql = "SELECT count(*) FROM circle_waiting WHERE circle = $1 AND target = $2";
    let held = tx.one(sql, &[circle.into(), target.0.into()])?.map_or(Ok(0), |row| row.int(0))?;
    if held >= OF_ONE_MAX {
        return Ok(false);
    }
    let sql = "INSERT INTO circle_waiting (message_id, circle, target, envelope, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (message_id) DO NOTHING";
    let envelope = seal.seal(ENVELOPE, item.canonical());
    let values = [item.message_id().0.into(), circle.into(), target.0.into(), envelope.into(), now.into()];
    tx.execute(sql, &values)?;
    Ok(true)
}

/// Takes out what waits for a target, as it came: canonical envelopes.
pub fn take(tx: &Tx<'_>, seal: &Sealer, circle: i64, target: &Hash) -> Result<Vec<Vec<u8>>, DbError> {
    let sql = "SELECT envelope FROM circle_waiting WHERE circle = $1 AND target = $2 ORDER BY at, message_id";
    let key = [circle.into(), target.0.into()];
    let read = |row: &Row| Ok(seal.open(ENVELOPE, row.blob(0)?)?);
    let found: Vec<_> = tx.all(sql, &key)?.iter().map(read).collect::<Result<_, DbError>>()?;
    if !found.is_empty() {
        tx.execute("DELETE FROM circle_waiting WHERE circle = $1 AND target = $2", &key)?;
    }
    Ok(found)
}

/// Drops what came before `before` (unix ms) and what is beyond the newest 10,000.
pub fn trim(tx: &Tx<'_>, before: u64) -> Result<(), DbError> {
    tx.execute("DELETE FROM circle_waiting WHERE at < $1", &[before.into()])?;
    let sql = "DELETE FROM circle_waiting WHERE at < (SELECT at FROM circle_waiting ORDER BY at DESC LIMIT 1 OFFSET $1)";
    tx.execute(sql, &[ROWS_MAX.into()]).map(drop)
}
