//! Deliveries that a peer refused as unknown to its version.

use openred_core::envelope::MAIL_GOOD_MS;
use openred_service::database::{DbError, Tx, Value};

use crate::delivery::{inbox::TYPE_UNKNOWN, streams};

/// Tried again after this long.
pub const DAY_MS: u64 = 86_400_000;
/// Sent again by one transaction.
const BATCH: i64 = 256;

/// The code of what grew too old to be tried again.
const EXPIRED: &str = "expired";

/// Sends again what was refused as unknown a day ago; what is older than mail is good for has failed. Returns how many
/// are sent.
pub fn again_daily(tx: &Tx<'_>, now: u64) -> Result<usize, DbError> {
    let good_from = Value::Int(now.saturating_sub(MAIL_GOOD_MS) as i64);
    let sql = "UPDATE deliveries SET reason = $2 WHERE state = 1 AND reason = $1 AND EXISTS (SELECT 1 FROM outbox o WHERE o.id = deliveries.outbox_id AND o.created_at <= $3)";
    tx.execute(sql, &[TYPE_UNKNOWN.into(), EXPIRED.into(), good_from.clone()])?;
    let sql = "SELECT d.person, d.n FROM deliveries d JOIN outbox o ON o.id = d.outbox_id WHERE d.state = 1 AND d.reason = $1 AND d.since_at <= $2 AND o.created_at > $3 ORDER BY d.person, d.n LIMIT $4";
    let values = [
        Value::Text(TYPE_UNKNOWN.to_owned()),
        Value::Int(now.saturating_sub(DAY_MS) as i64),
        good_from,
        Value::Int(BATCH),
    ];
    let rows = tx.all(sql, &values)?;
    for row in &rows {
        streams::store::retry(tx, (row.int(0)?, row.int(1)?), now)?;
    }
    Ok(rows.len())
}
