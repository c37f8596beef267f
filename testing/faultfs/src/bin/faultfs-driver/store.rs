//! The rows: a key has its value twice, in two tables, so that half of a transaction would show.
//!
//! Must not know: calls, lines.

use openred_service::database::{DbError, Migration, Row, Tx, Value};

/// The tables.
pub(super) const STEPS: &[Migration] = &[Migration {
    version: 1,
    name: "rows",
    sql: "CREATE TABLE lefts (place {int} PRIMARY KEY, body {blob} NOT NULL) {strict};
          CREATE TABLE rights (place {int} PRIMARY KEY, body {blob} NOT NULL) {strict};",
}];

/// Gives `place` this body on both sides.
pub(super) fn put(tx: &Tx<'_>, place: i64, body: &[u8]) -> Result<(), DbError> {
    let values: &[Value] = &[place.into(), body.to_vec().into()];
    tx.execute(
        "INSERT INTO lefts (place, body) VALUES ($1, $2) ON CONFLICT (place) DO UPDATE SET body = excluded.body",
        values,
    )?;
    tx.execute(
        "INSERT INTO rights (place, body) VALUES ($1, $2) ON CONFLICT (place) DO UPDATE SET body = excluded.body",
        values,
    )?;
    Ok(())
}

/// All rows: place, then the bodies of both sides, null where there is none.
pub(super) fn all(tx: &Tx<'_>) -> Result<Vec<Row>, DbError> {
    tx.all(
        "SELECT coalesce(lefts.place, rights.place), lefts.body, rights.body
         FROM lefts FULL JOIN rights ON lefts.place = rights.place ORDER BY 1",
        &[],
    )
}
