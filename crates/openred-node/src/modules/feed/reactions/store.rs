//! Rows of `reactions`.

use openred_core::ids::Hash;
use openred_service::database::{DbError, Row, Tx};

use crate::seal::Sealer;

const REACTION: &str = "reactions.reaction";
const ENVELOPE: &str = "reactions.envelope";

/// The latest reaction of a person to a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// The post or comment.
    pub target: Hash,
    /// `connections.id`, 0 for the owner.
    pub author: i64,
    /// Author of the post.
    pub wall: i64,
    /// The post, once known.
    pub post_id: Option<Hash>,
    /// At most 16 bytes, `""` when withdrawn.
    pub reaction: String,
    /// Timestamp, unix ms.
    pub at: u64,
    /// Of its envelope.
    pub message_id: Hash,
}

macro_rules! reaction_sql {
    ($rest:literal) => {
        concat!("SELECT target, author, wall, post_id, reaction, at, message_id FROM reactions ", $rest)
    };
}

fn read(seal: &Sealer, row: &Row) -> Result<Reaction, DbError> {
    Ok(Reaction {
        target: Hash(row.bytes(0)?),
        author: row.int(1)?,
        wall: row.int(2)?,
        post_id: row.opt_bytes(3)?.map(Hash),
        reaction: seal.open_text(REACTION, row.blob(4)?)?,
        at: row.uint(5)?,
        message_id: Hash(row.bytes(6)?),
    })
}

/// The one of this person.
pub fn get(tx: &Tx<'_>, seal: &Sealer, target: &Hash, author: i64) -> Result<Option<Reaction>, DbError> {
    let sql = reaction_sql!("WHERE target = $1 AND author = $2");
    tx.one(sql, &[target.0.into(), author.into()])?.map(|row| read(seal, &row)).transpose()
}

/// All of a target, at most 10,000.
pub fn of(tx: &Tx<'_>, seal: &Sealer, target: &Hash) -> Result<Vec<Reaction>, DbError> {
    let sql = reaction_sql!("WHERE target = $1 LIMIT 10000");
    tx.all(sql, &[target.0.into()])?.iter().map(|row| read(seal, row)).collect()
}

/// Writes one, instead of the one there.
pub fn put(tx: &Tx<'_>, seal: &Sealer, reaction: &Reaction, envelope: &[u8]) -> Result<(), DbError> {
    let sql = "INSERT INTO reactions (target, author, wall, post_id, reaction, at, message_id, envelope) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (target, author) DO UPDATE SET wall = $3, post_id = $4, reaction = $5, at = $6, message_id = $7, envelope = $8";
    let values = [
        reaction.target.0.into(),
        reaction.author.into(),
        reaction.wall.into(),
        reaction.post_id.map(|id| id.0).into(),
        seal.seal(REACTION, reaction.reaction.as_bytes()).into(),
        reaction.at.into(),
        reaction.message_id.0.into(),
        seal.seal(ENVELOPE, envelope).into(),
    ];
    tx.execute(sql, &values)?;
    Ok(())
}

/// Notes the post of a target that has come.
pub fn set_post(tx: &Tx<'_>, target: &Hash, post: &Hash) -> Result<(), DbError> {
    tx.execute("UPDATE reactions SET post_id = $2 WHERE target = $1", &[target.0.into(), post.0.into()])?;
    Ok(())
}

/// Drops those of a post and of all in its thread.
pub fn drop_of(tx: &Tx<'_>, post: &Hash) -> Result<(), DbError> {
    tx.execute("DELETE FROM reactions WHERE post_id = $1", &[post.0.into()])?;
    drop_on(tx, post)
}

/// Drops those of one target.
pub fn drop_on(tx: &Tx<'_>, target: &Hash) -> Result<(), DbError> {
    tx.execute("DELETE FROM reactions WHERE target = $1", &[target.0.into()])?;
    Ok(())
}

/// Drops what never found its target: received before `before` by its own clock (unix ms).
pub fn trim(tx: &Tx<'_>, before: u64) -> Result<(), DbError> {
    tx.execute("DELETE FROM reactions WHERE post_id IS NULL AND at < $1", &[before.into()])?;
    Ok(())
}
