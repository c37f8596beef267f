//! Rows of the audit log: `audit_log`, and where it begins in `network_state`. The only SQL of this module.

use openred_service::database::{DbError, Tx};

use crate::net::store as state;

const BEGIN: &str = "audit_begin";

/// Adds a sealed entry at the end.
pub fn append(tx: &Tx<'_>, entry: &[u8]) -> Result<(), DbError> {
    let sql = "INSERT INTO audit_log (seq, entry) SELECT COALESCE(max(seq), 0) + 1, $1 FROM audit_log";
    tx.execute(sql, &[entry.into()])?;
    Ok(())
}

/// The last entry.
pub fn last(tx: &Tx<'_>) -> Result<Option<Vec<u8>>, DbError> {
    let row = tx.one("SELECT entry FROM audit_log ORDER BY seq DESC LIMIT 1", &[])?;
    row.map(|row| Ok(row.blob(0)?.to_vec())).transpose()
}

/// How many there are.
pub fn count(tx: &Tx<'_>) -> Result<i64, DbError> {
    tx.one("SELECT count(*) FROM audit_log", &[])?.map_or(Ok(0), |row| row.int(0))
}

/// Entries after row `after`, with their rows.
pub fn run(tx: &Tx<'_>, after: i64, limit: i64) -> Result<Vec<(i64, Vec<u8>)>, DbError> {
    let sql = "SELECT seq, entry FROM audit_log WHERE seq > $1 ORDER BY seq LIMIT $2";
    let rows = tx.all(sql, &[after.into(), limit.into()])?;
    rows.iter().map(|row| Ok((row.int(0)?, row.blob(1)?.to_vec()))).collect()
}

/// Number and hash of the last entry that was dropped; none while all are there.
pub fn begin(tx: &Tx<'_>) -> Result<Option<(u64, [u8; 32])>, DbError> {
    let Some(bytes) = state::state(tx, BEGIN)? else { return Ok(None) };
    let read = || {
        let (number, hash) = bytes.split_first_chunk::<8>()?;
        Some((u64::from_be_bytes(*number), hash.try_into().ok()?))
    };
    read().map(Some).ok_or_else(|| DbError::Corrupt("network_state: audit_begin".to_owned()))
}

/// Drops the rows up to `seq` and remembers where the log begins now.
pub fn drop_upto(tx: &Tx<'_>, seq: i64, begin: Option<(u64, [u8; 32])>, now: u64) -> Result<(), DbError> {
    let Some((number, hash)) = begin else { return Ok(()) };
    state::set_state(tx, BEGIN, &[&number.to_be_bytes()[..], &hash].concat(), now)?;
    tx.execute("DELETE FROM audit_log WHERE seq <= $1", &[seq.into()])?;
    Ok(())
}
