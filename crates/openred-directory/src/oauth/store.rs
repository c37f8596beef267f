//! The table of token keys: a salt for each day.
//!
//! Must not know: what becomes of a salt.

use openred_service::database::{DbError, Migration, Tx};

/// The step that makes the table.
pub(crate) const TOKEN_KEYS: Migration =
    Migration { version: 2, name: "token keys", sql: include_str!("2-token-keys.sql") };

/// Salts of `period` and of the one before, newest first; `fresh` becomes the one of `period` if it has none yet. What
/// is older goes.
pub(super) fn salts(tx: &Tx<'_>, period: u64, fresh: &[u8; 32]) -> Result<Vec<[u8; 32]>, DbError> {
    let before = period.saturating_sub(1);
    tx.execute("DELETE FROM token_keys WHERE period < $1", &[before.into()])?;
    tx.execute(
        "INSERT INTO token_keys (period, salt) VALUES ($1, $2) ON CONFLICT (period) DO NOTHING",
        &[period.into(), fresh.as_slice().into()],
    )?;
    let rows = tx.all(
        "SELECT salt FROM token_keys WHERE period >= $1 AND period <= $2 ORDER BY period DESC",
        &[before.into(), period.into()],
    )?;
    rows.iter().map(|row| row.bytes(0)).collect()
}
