//! Rows of `contents`: ciphertext only.

use openred_core::ids::Hash;
use openred_service::database::{DbError, Tx};

/// Fetched contents kept at most.
const FETCHED_MAX: i64 = 2_000;

/// A content as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Ciphertext.
    pub bytes: Vec<u8>,
    /// Made here.
    pub own: bool,
    /// For everybody; else for friends. What a post names follows the post instead.
    pub public: bool,
    /// The post that names it.
    pub post_id: Option<Hash>,
}

/// The content with this id.
pub fn get(tx: &Tx<'_>, id: &Hash) -> Result<Option<Stored>, DbError> {
    let sql = "SELECT bytes, own, audience, post_id FROM contents WHERE content_id = $1";
    let Some(row) = tx.one(sql, &[id.to_string().into()])? else { return Ok(None) };
    let post_id = row.opt_bytes(3)?.map(Hash);
    Ok(Some(Stored {
        bytes: row.blob(0)?.to_vec(),
        own: row.flag(1)?,
        public: row.text(2)? == "public",
        post_id,
    }))
}

/// Keeps ciphertext under its id.
pub fn put(tx: &Tx<'_>, id: &Hash, stored: &Stored, now: u64) -> Result<(), DbError> {
    let sql = "INSERT INTO contents (content_id, bytes, own, audience, post_id, created_at, used_at) VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (content_id) DO NOTHING";
    let values = [
        id.to_string().into(),
        (&stored.bytes).into(),
        stored.own.into(),
        if stored.public { "public" } else { "friends" }.into(),
        stored.post_id.map(|id| id.0).into(),
        now.into(),
    ];
    tx.execute(sql, &values)?;
    Ok(())
}

/// Drops what a post named.
pub fn drop_of(tx: &Tx<'_>, post: &Hash) -> Result<(), DbError> {
    tx.execute("DELETE FROM contents WHERE post_id = $1", &[post.0.into()])?;
    Ok(())
}

/// Drops pictures of the owner made before `before` (unix ms) that the profile does not show (any more).
pub fn trim_pictures(tx: &Tx<'_>, before: u64) -> Result<(), DbError> {
    let sql = "DELETE FROM contents WHERE own = 1 AND post_id IS NULL AND created_at < $1 AND NOT EXISTS (SELECT 1 FROM user_profile u WHERE u.avatar_url = '/api/v1/avatars/' || contents.content_id)";
    tx.execute(sql, &[before.into()])?;
    Ok(())
}

/// Drops fetched contents kept since before `before` (unix ms), and those beyond the newest 2,000: they can be
/// fetched again.
pub fn trim(tx: &Tx<'_>, before: u64) -> Result<(), DbError> {
    tx.execute("DELETE FROM contents WHERE own = 0 AND used_at < $1", &[before.into()])?;
    let sql = "DELETE FROM contents WHERE own = 0 AND used_at < (SELECT used_at FROM contents WHERE own = 0 ORDER BY used_at DESC LIMIT 1 OFFSET $1)";
    tx.execute(sql, &[FETCHED_MAX.into()])?;
    Ok(())
}

/// Bytes of fetched contents.
pub fn fetched_bytes(tx: &Tx<'_>) -> Result<u64, DbError> {
    let sql = "SELECT CAST(COALESCE(sum(length(bytes)), 0) AS BIGINT) FROM contents WHERE own = 0";
    tx.one(sql, &[])?.map_or(Ok(0), |row| row.uint(0))
}

/// Drops all fetched contents; they can be fetched again. How many bytes that were.
pub fn drop_fetched(tx: &Tx<'_>) -> Result<u64, DbError> {
    let bytes = fetched_bytes(tx)?;
    tx.execute("DELETE FROM contents WHERE own = 0", &[])?;
    Ok(bytes)
}
