//! Rows of `access_requests`.

use openred_core::ids::Hash;
use openred_service::database::{DbError, Row, Tx};

use crate::seal::Sealer;

const NOTE: &str = "access_requests.note";

/// Somebody asks to see a post of the owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its number.
    pub id: i64,
    /// The post.
    pub post_id: Hash,
    /// Who asks.
    pub person: i64,
    /// A few words.
    pub note: String,
    /// Message id of the question.
    pub message_id: Hash,
    /// Unix ms.
    pub created_at: u64,
    /// `grant`, `refuse`, or not yet.
    pub decided: Option<String>,
}

macro_rules! request_sql {
    ($rest:literal) => {
        concat!(
            "SELECT id, post_id, person, note, message_id, created_at, decided FROM access_requests ",
            $rest
        )
    };
}

fn read(seal: &Sealer, row: &Row) -> Result<Request, DbError> {
    Ok(Request {
        id: row.int(0)?,
        post_id: Hash(row.bytes(1)?),
        person: row.int(2)?,
        note: seal.open_text(NOTE, row.blob(3)?)?,
        message_id: Hash(row.bytes(4)?),
        created_at: row.uint(5)?,
        decided: row.opt_text(6)?.map(str::to_owned),
    })
}

/// The request with this number.
pub fn get(tx: &Tx<'_>, seal: &Sealer, id: i64) -> Result<Option<Request>, DbError> {
    tx.one(request_sql!("WHERE id = $1"), &[id.into()])?.map(|row| read(seal, &row)).transpose()
}

/// The request of a person for a post.
pub fn find(tx: &Tx<'_>, seal: &Sealer, post: &Hash, person: i64) -> Result<Option<Request>, DbError> {
    let sql = request_sql!("WHERE post_id = $1 AND person = $2");
    tx.one(sql, &[post.0.into(), person.into()])?.map(|row| read(seal, &row)).transpose()
}

/// Undecided requests, oldest first; at most 200.
pub fn open(tx: &Tx<'_>, seal: &Sealer) -> Result<Vec<Request>, DbError> {
    let sql = request_sql!("WHERE decided IS NULL ORDER BY id LIMIT 200");
    tx.all(sql, &[])?.iter().map(|row| read(seal, row)).collect()
}

/// Undecided requests of a person.
pub fn count_open(tx: &Tx<'_>, person: i64) -> Result<i64, DbError> {
    let sql = "SELECT count(*) FROM access_requests WHERE person = $1 AND decided IS NULL";
    tx.one(sql, &[person.into()])?.map_or(Ok(0), |row| row.int(0))
}

/// Notes a request, instead of an older one for the same post.
pub fn put(
    tx: &Tx<'_>,
    seal: &Sealer,
    post: &Hash,
    person: i64,
    (note, message_id): (&str, &Hash),
    now: u64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO access_requests (post_id, person, note, message_id, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (post_id, person) DO UPDATE SET note = $3, message_id = $4, created_at = $5, decided = NULL";
    let values = [
        post.0.into(),
        person.into(),
        seal.seal(NOTE, note.as_bytes()).into(),
        message_id.0.into(),
        now.into(),
    ];
    tx.execute(sql, &values)?;
    Ok(())
}

/// Writes the decision; false when it was decided already.
pub fn decide(tx: &Tx<'_>, id: i64, decision: &'static str) -> Result<bool, DbError> {
    let sql = "UPDATE access_requests SET decided = $2 WHERE id = $1 AND decided IS NULL";
    Ok(tx.execute(sql, &[id.into(), decision.into()])? == 1)
}

/// Whether a person was granted a post.
pub fn is_granted(tx: &Tx<'_>, post: &Hash, person: i64) -> Result<bool, DbError> {
    let sql = "SELECT 1 FROM access_requests WHERE post_id = $1 AND person = $2 AND decided = 'grant'";
    Ok(tx.one(sql, &[post.0.into(), person.into()])?.is_some())
}

/// Drops those for a post.
pub fn drop_of(tx: &Tx<'_>, post: &Hash) -> Result<(), DbError> {
    tx.execute("DELETE FROM access_requests WHERE post_id = $1", &[post.0.into()])?;
    Ok(())
}

/// Drops what was not granted and is older than `before` (unix ms).
pub fn trim(tx: &Tx<'_>, before: u64) -> Result<(), DbError> {
    let sql = "DELETE FROM access_requests WHERE created_at < $1 AND (decided IS NULL OR decided <> 'grant')";
    tx.execute(sql, &[before.into()])?;
    Ok(())
}
