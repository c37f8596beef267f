//! Rows of `hashtags post_tags`. A keyed hash finds a tag: the tables do not tell which words they hold.

use openred_core::ids::{Hash, NodeId};
use openred_service::database::{DbError, Tx, Value};

use crate::seal::Sealer;

const TAG: &str = "hashtags.tag";

/// What finds a tag, 16 bytes.
pub fn key_of(seal: &Sealer, tag: &str) -> Vec<u8> {
    seal.key_of(&NodeId(Hash::of(&[b"hashtag ", tag.as_bytes()]).0))
}

/// Follows a hashtag; one that is followed stays as it is.
pub fn follow(tx: &Tx<'_>, seal: &Sealer, tag: &str, now: u64) -> Result<(), DbError> {
    let sql =
        "INSERT INTO hashtags (tag_key, tag, since_at) VALUES ($1, $2, $3) ON CONFLICT (tag_key) DO NOTHING";
    let sealed = Value::Blob(seal.seal(TAG, tag.as_bytes()));
    tx.execute(sql, &[Value::Blob(key_of(seal, tag)), sealed, now.into()])?;
    Ok(())
}

/// Follows it no longer. False when it was not followed.
pub fn unfollow(tx: &Tx<'_>, seal: &Sealer, tag: &str) -> Result<bool, DbError> {
    Ok(tx.execute("DELETE FROM hashtags WHERE tag_key = $1", &[Value::Blob(key_of(seal, tag))])? == 1)
}

/// What is followed, with since when (unix ms), in order of time.
pub fn followed(tx: &Tx<'_>, seal: &Sealer) -> Result<Vec<(String, u64)>, DbError> {
    let rows = tx.all("SELECT tag, since_at FROM hashtags ORDER BY since_at, tag_key", &[])?;
    rows.iter().map(|row| Ok((seal.open_text(TAG, row.blob(0)?)?, row.uint(1)?))).collect()
}

/// Whether this one is followed.
pub fn is_followed(tx: &Tx<'_>, seal: &Sealer, tag: &str) -> Result<bool, DbError> {
    let sql = "SELECT 1 FROM hashtags WHERE tag_key = $1";
    Ok(tx.one(sql, &[Value::Blob(key_of(seal, tag))])?.is_some())
}

/// Writes which hashtags the text of a post (`posts.id`) has, in place of those before.
pub fn index(tx: &Tx<'_>, seal: &Sealer, post: i64, text: &str) -> Result<(), DbError> {
    tx.execute("DELETE FROM post_tags WHERE post = $1", &[post.into()])?;
    for tag in super::of(text) {
        let sql =
            "INSERT INTO post_tags (tag_key, post) VALUES ($1, $2) ON CONFLICT (tag_key, post) DO NOTHING";
        tx.execute(sql, &[Value::Blob(key_of(seal, &tag)), post.into()])?;
    }
    Ok(())
}

/// Forgets those of posts that are gone.
pub fn trim(tx: &Tx<'_>) -> Result<(), DbError> {
    let sql = "DELETE FROM post_tags WHERE NOT EXISTS (SELECT 1 FROM posts WHERE posts.id = post_tags.post AND posts.deleted = 0)";
    tx.execute(sql, &[])?;
    Ok(())
}
