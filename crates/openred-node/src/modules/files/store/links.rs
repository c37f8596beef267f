//! Rows of `file_links` and `file_link_uses`. Readable while the node is locked: keys and names are not in them.

use openred_core::ids::{Hash, Id16};
use openred_service::database::{DbError, Row, Tx};

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// In its address.
    pub link_id: Id16,
    /// `files.id`.
    pub file: i64,
    /// Name, type and size, encrypted with the file's key.
    pub head: Vec<u8>,
    /// Downloads that it allows; none: no bound.
    pub uses_max: Option<u64>,
    /// Downloads that were begun.
    pub used: u64,
    /// Unix ms.
    pub expires_at: u64,
    /// Taken back, or its file was deleted.
    pub revoked: bool,
    /// Unix ms.
    pub created_at: u64,
}

macro_rules! link_sql {
    ($rest:literal) => {
        concat!(
            "SELECT link_id, file, head, uses_max, used, expires_at, revoked, created_at FROM file_links ",
            $rest
        )
    };
}

fn link(row: &Row) -> Result<Link, DbError> {
    Ok(Link {
        link_id: Id16(row.bytes(0)?),
        file: row.int(1)?,
        head: row.blob(2)?.to_vec(),
        uses_max: row.opt_uint(3)?,
        used: row.uint(4)?,
        expires_at: row.uint(5)?,
        revoked: row.flag(6)?,
        created_at: row.uint(7)?,
    })
}

/// Writes a new one.
pub fn add(tx: &Tx<'_>, link: &Link) -> Result<(), DbError> {
    let sql = "INSERT INTO file_links (link_id, file, head, uses_max, expires_at, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
    let values = [
        link.link_id.0.into(),
        link.file.into(),
        (&link.head).into(),
        link.uses_max.into(),
        link.expires_at.into(),
        link.created_at.into(),
    ];
    tx.execute(sql, &values).map(drop)
}

/// The link of this name.
pub fn get(tx: &Tx<'_>, link_id: &Id16) -> Result<Option<Link>, DbError> {
    tx.one(link_sql!("WHERE link_id = $1"), &[link_id.0.into()])?.map(|row| link(&row)).transpose()
}

/// Links of a file, newest first.
pub fn of_file(tx: &Tx<'_>, file: i64) -> Result<Vec<Link>, DbError> {
    let rows = tx.all(link_sql!("WHERE file = $1 ORDER BY created_at DESC, link_id"), &[file.into()])?;
    rows.iter().map(link).collect()
}

/// Links that are not over at `now` (unix ms).
pub fn count_open(tx: &Tx<'_>, now: u64) -> Result<i64, DbError> {
    let sql = "SELECT count(*) FROM file_links WHERE revoked = 0 AND expires_at > $1";
    tx.one(sql, &[now.into()])?.map_or(Ok(0), |row| row.int(0))
}

/// Takes a link of a file back. False when there is none.
pub fn revoke(tx: &Tx<'_>, file: i64, link_id: &Id16) -> Result<bool, DbError> {
    let sql = "UPDATE file_links SET revoked = 1 WHERE link_id = $1 AND file = $2";
    Ok(tx.execute(sql, &[link_id.0.into(), file.into()])? == 1)
}

/// Ends all links of a file.
pub fn end_of(tx: &Tx<'_>, file: i64) -> Result<(), DbError> {
    tx.execute("UPDATE file_links SET revoked = 1 WHERE file = $1", &[file.into()]).map(drop)
}

/// Counts a download that begins, and remembers its token until `until` (unix ms). False when the link allows none any
/// more at `now`.
pub fn begin(tx: &Tx<'_>, link_id: &Id16, token: &Hash, until: u64, now: u64) -> Result<bool, DbError> {
    let sql = "UPDATE file_links SET used = used + 1 WHERE link_id = $1 AND revoked = 0 AND expires_at > $2 AND (uses_max IS NULL OR used < uses_max)";
    if tx.execute(sql, &[link_id.0.into(), now.into()])? == 0 {
        return Ok(false);
    }
    let sql = "INSERT INTO file_link_uses (token, link_id, until_at) VALUES ($1, $2, $3)";
    tx.execute(sql, &[token.0.into(), link_id.0.into(), until.into()])?;
    Ok(true)
}

/// Whether a download with this token was begun by this link and may go on at `now`.
pub fn has_begun(tx: &Tx<'_>, link_id: &Id16, token: &Hash, now: u64) -> Result<bool, DbError> {
    let sql = "SELECT until_at FROM file_link_uses WHERE token = $1 AND link_id = $2 AND until_at > $3";
    Ok(tx.one(sql, &[token.0.into(), link_id.0.into(), now.into()])?.is_some())
}

/// Ciphertext of the file of a link: what names it, and how many bytes. None when it is not whole or gone.
pub fn ciphertext(tx: &Tx<'_>, file: i64) -> Result<Option<(Hash, u64)>, DbError> {
    let row = tx.one("SELECT hash, bytes FROM files WHERE id = $1 AND whole = 1", &[file.into()])?;
    let Some(row) = row else { return Ok(None) };
    row.opt_bytes(0)?.map(|hash| Ok::<_, DbError>((Hash(hash), row.uint(1)?))).transpose()
}

/// Drops downloads that are over, and links that ended before `before` (unix ms): they are unknown from then on.
pub fn trim(tx: &Tx<'_>, before: u64, now: u64) -> Result<(), DbError> {
    tx.execute("DELETE FROM file_link_uses WHERE until_at < $1", &[now.into()])?;
    let sql = "DELETE FROM file_links WHERE expires_at < $1 OR (revoked = 1 AND created_at < $1)";
    tx.execute(sql, &[before.into()]).map(drop)
}
