//! Rows of `comments`.

use openred_core::ids::Hash;
use openred_service::database::{DbError, Row, Tx, Value};

use super::super::{reactions::Summary, stamp::Stamp};
use crate::seal::Sealer;

const CONTENT: &str = "comments.content";
const ENVELOPE: &str = "comments.envelope";
const CHANGE: &str = "comments.change";
const REACTIONS: &str = "comments.reactions";

/// A comment as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Rises with arrival.
    pub id: i64,
    /// Its id everywhere.
    pub message_id: Hash,
    /// The post whose thread it is in.
    pub post_id: Hash,
    /// Author of the post.
    pub wall: i64,
    /// `connections.id`, 0 for the owner's.
    pub author: i64,
    /// Empty when deleted.
    pub text: String,
    /// What its author had seen; the first is what it answers.
    pub parents: Vec<Hash>,
    /// Unix ms, by the author's clock.
    pub created_at: u64,
    /// Timestamp of the newest edit or of the deletion, unix ms.
    pub edited_at: Option<u64>,
    /// Its message id.
    pub change_id: Option<Hash>,
    /// A tombstone.
    pub deleted: bool,
    /// Reactions counted.
    pub reactions: Summary,
}

impl Comment {
    /// The change that counts so far.
    pub fn stamp(&self) -> Stamp {
        Stamp::stored(self.deleted, self.edited_at, self.change_id)
    }
}

macro_rules! comment_sql {
    ($rest:literal) => {
        concat!(
            "SELECT id, message_id, post_id, wall, author, content, parents, created_at, edited_at, change_id, ",
            "deleted, reactions FROM comments ",
            $rest
        )
    };
}

fn read(seal: &Sealer, row: &Row) -> Result<Comment, DbError> {
    let parents = row.blob(6)?.chunks_exact(32).filter_map(Hash::from_slice).collect();
    Ok(Comment {
        id: row.int(0)?,
        message_id: Hash(row.bytes(1)?),
        post_id: Hash(row.bytes(2)?),
        wall: row.int(3)?,
        author: row.int(4)?,
        text: seal.open_text(CONTENT, row.blob(5)?)?,
        parents,
        created_at: row.uint(7)?,
        edited_at: row.opt_uint(8)?,
        change_id: row.opt_bytes(9)?.map(Hash),
        deleted: row.flag(10)?,
        reactions: Summary::open(seal, REACTIONS, row.opt_blob(11)?)?,
    })
}

/// The comment with this message id.
pub fn find(tx: &Tx<'_>, seal: &Sealer, id: &Hash) -> Result<Option<Comment>, DbError> {
    tx.one(comment_sql!("WHERE message_id = $1"), &[id.0.into()])?.map(|row| read(seal, &row)).transpose()
}

/// Whether a comment, or its tombstone, is here.
pub fn is_held(tx: &Tx<'_>, id: &Hash) -> Result<bool, DbError> {
    Ok(tx.one("SELECT 1 FROM comments WHERE message_id = $1", &[id.0.into()])?.is_some())
}

/// All of a thread, oldest first; at most 2,000.
pub fn of(tx: &Tx<'_>, seal: &Sealer, post: &Hash) -> Result<Vec<Comment>, DbError> {
    let sql = comment_sql!("WHERE post_id = $1 ORDER BY created_at, id LIMIT 2000");
    tx.all(sql, &[post.0.into()])?.iter().map(|row| read(seal, row)).collect()
}

/// Ids of the newest comments of a thread.
pub fn ids_of(tx: &Tx<'_>, post: &Hash, limit: i64) -> Result<Vec<Hash>, DbError> {
    let sql = "SELECT message_id FROM comments WHERE post_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2";
    tx.all(sql, &[post.0.into(), limit.into()])?.iter().map(|row| Ok(Hash(row.bytes(0)?))).collect()
}

/// Numbers of all comments of a thread that are not deleted.
pub fn rows_of(tx: &Tx<'_>, post: &Hash) -> Result<Vec<i64>, DbError> {
    let sql = "SELECT id FROM comments WHERE post_id = $1 AND deleted = 0";
    tx.all(sql, &[post.0.into()])?.iter().map(|row| row.int(0)).collect()
}

/// Ids and parents of the newest comments of a thread that are not deleted, newest first.
pub fn seen_in(tx: &Tx<'_>, post: &Hash, limit: i64) -> Result<Vec<(Hash, Vec<Hash>)>, DbError> {
    let sql = "SELECT message_id, parents FROM comments WHERE post_id = $1 AND deleted = 0 ORDER BY created_at DESC, id DESC LIMIT $2";
    let rows = tx.all(sql, &[post.0.into(), limit.into()])?;
    let seen = |row: &Row| {
        let parents = row.blob(1)?.chunks_exact(32).filter_map(Hash::from_slice).collect();
        Ok((Hash(row.bytes(0)?), parents))
    };
    rows.iter().map(seen).collect()
}

/// Writes a comment; false when its id is there already.
pub fn insert(
    tx: &Tx<'_>,
    seal: &Sealer,
    comment: &Comment,
    envelope: &[u8],
    now: u64,
) -> Result<bool, DbError> {
    let sql = "INSERT INTO comments (message_id, post_id, wall, author, content, envelope, parents, created_at, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (message_id) DO NOTHING";
    let parents: Vec<u8> = comment.parents.iter().flat_map(|id| id.0).collect();
    let values = [
        comment.message_id.0.into(),
        comment.post_id.0.into(),
        comment.wall.into(),
        comment.author.into(),
        seal.seal(CONTENT, comment.text.as_bytes()).into(),
        seal.seal(ENVELOPE, envelope).into(),
        parents.into(),
        comment.created_at.into(),
        now.into(),
    ];
    Ok(tx.execute(sql, &values)? == 1)
}

/// Replaces the text.
pub fn edit(
    tx: &Tx<'_>,
    seal: &Sealer,
    id: &Hash,
    text: &str,
    (stamp, change): (Stamp, &[u8]),
) -> Result<(), DbError> {
    let sql =
        "UPDATE comments SET content = $2, edited_at = $3, change_id = $4, change = $5 WHERE message_id = $1";
    let values = [
        id.0.into(),
        seal.seal(CONTENT, text.as_bytes()).into(),
        stamp.at.into(),
        stamp.id.0.into(),
        seal.seal(CHANGE, change).into(),
    ];
    tx.execute(sql, &values)?;
    Ok(())
}

/// Makes a comment a tombstone: nothing it said stays in the row but what it answered.
pub fn bury(tx: &Tx<'_>, seal: &Sealer, id: &Hash, (stamp, change): (Stamp, &[u8])) -> Result<(), DbError> {
    let sql = "UPDATE comments SET content = $2, edited_at = $3, change_id = $4, change = $5, envelope = NULL, deleted = 1, reactions = NULL WHERE message_id = $1";
    let values = [
        id.0.into(),
        seal.seal(CONTENT, b"").into(),
        stamp.at.into(),
        stamp.id.0.into(),
        seal.seal(CHANGE, change).into(),
    ];
    tx.execute(sql, &values)?;
    Ok(())
}

/// Writes the counted reactions.
pub fn set_reactions(tx: &Tx<'_>, seal: &Sealer, id: &Hash, reactions: &Summary) -> Result<(), DbError> {
    let sql = "UPDATE comments SET reactions = $2 WHERE message_id = $1 AND deleted = 0";
    tx.execute(sql, &[id.0.into(), reactions.seal(seal, REACTIONS)?])?;
    Ok(())
}

/// Makes a whole thread tombstones: its post is gone, and nothing of it may come back.
pub fn bury_all(tx: &Tx<'_>, seal: &Sealer, post: &Hash) -> Result<(), DbError> {
    let sql = "UPDATE comments SET content = $2, parents = $3, envelope = NULL, edited_at = NULL, change_id = NULL, change = NULL, deleted = 1, reactions = NULL WHERE post_id = $1";
    tx.execute(sql, &[post.0.into(), seal.seal(CONTENT, b"").into(), Value::Blob(Vec::new())])?;
    Ok(())
}

/// Writes a tombstone for a comment whose post is one already.
pub fn insert_buried(
    tx: &Tx<'_>,
    seal: &Sealer,
    (id, post): (&Hash, &Hash),
    (author, wall): (i64, i64),
    now: u64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO comments (message_id, post_id, wall, author, content, parents, created_at, received_at, deleted) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 1) ON CONFLICT (message_id) DO NOTHING";
    let values = [
        id.0.into(),
        post.0.into(),
        wall.into(),
        author.into(),
        seal.seal(CONTENT, b"").into(),
        Value::Blob(Vec::new()),
        now.into(),
    ];
    tx.execute(sql, &values)?;
    Ok(())
}

/// Ids of comments on a wall made in one second (unix s).
pub fn of_second(tx: &Tx<'_>, wall: i64, second: u64, limit: i64) -> Result<Vec<Hash>, DbError> {
    let sql = "SELECT message_id FROM comments WHERE wall = $1 AND created_at >= $2 AND created_at < $3 ORDER BY id DESC LIMIT $4";
    let values = [Value::Int(wall), (second * 1_000).into(), (second * 1_000 + 1_000).into(), limit.into()];
    tx.all(sql, &values)?.iter().map(|row| Ok(Hash(row.bytes(0)?))).collect()
}

/// Drops comments whose post never came: received before `before` (unix ms).
pub fn trim(tx: &Tx<'_>, before: u64) -> Result<(), DbError> {
    let sql = "DELETE FROM comments WHERE received_at < $1 AND NOT EXISTS (SELECT 1 FROM posts WHERE posts.message_id = comments.post_id)";
    tx.execute(sql, &[before.into()])?;
    Ok(())
}
