//! Rows of `chat_files`.

use openred_service::database::{DbError, Row, Tx, Value};

/// The file that a message carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// Of the owner (`files.id`).
    Own(i64),
    /// Offered to the owner (`file_offers.id`).
    Offered(i64),
}

fn carried(row: &Row) -> Result<Option<Carried>, DbError> {
    Ok(row.opt_int(0)?.map(Carried::Own).or(row.opt_int(1)?.map(Carried::Offered)))
}

/// A message carries a file.
pub fn put(tx: &Tx<'_>, message: i64, carried: Carried) -> Result<(), DbError> {
    let (file, offer) = match carried {
        Carried::Own(file) => (Value::Int(file), Value::Null),
        Carried::Offered(offer) => (Value::Null, Value::Int(offer)),
    };
    let sql =
        "INSERT INTO chat_files (message, file, offer) VALUES ($1, $2, $3) ON CONFLICT (message) DO NOTHING";
    tx.execute(sql, &[message.into(), file, offer]).map(drop)
}

/// What a message carries.
pub fn of(tx: &Tx<'_>, message: i64) -> Result<Option<Carried>, DbError> {
    let row = tx.one("SELECT file, offer FROM chat_files WHERE message = $1", &[message.into()])?;
    row.map_or(Ok(None), |row| carried(&row))
}

/// A message carries nothing any more; what it carried.
pub fn take(tx: &Tx<'_>, message: i64) -> Result<Option<Carried>, DbError> {
    let row = tx.one("DELETE FROM chat_files WHERE message = $1 RETURNING file, offer", &[message.into()])?;
    row.map_or(Ok(None), |row| carried(&row))
}

/// Whether a message carries a file of the owner.
pub fn is_carried(tx: &Tx<'_>, file: i64) -> Result<bool, DbError> {
    Ok(tx.one("SELECT message FROM chat_files WHERE file = $1 LIMIT 1", &[file.into()])?.is_some())
}
