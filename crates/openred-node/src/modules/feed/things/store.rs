//! The columns of `posts comments reactions` that hold envelopes.

use openred_core::{
    envelope::{MessageType, Verified},
    ids::Hash,
};
use openred_service::database::{DbError, Row, Tx, Value};

use super::{super::sync::WallItem, Column, Thing};
use crate::seal::Sealer;

/// Where an envelope stands that was written in this transaction or before. None for what is on no wall, and for a
/// change that counted less than the one that is kept.
pub fn find(tx: &Tx<'_>, seal: &Sealer, item: &Verified) -> Result<Option<Thing>, DbError> {
    let (id, envelope) = (item.message_id(), item.envelope());
    let named = |name: &str| envelope.payload.as_object()?.get(name)?.as_str()?.parse::<Hash>().ok();
    let changed = || named("edits").or_else(|| named("deletes"));
    let (column, target) = match envelope.kind {
        MessageType::PostShare => changed().map_or((Column::Post, id), |target| (Column::PostChange, target)),
        MessageType::Comment => {
            changed().map_or((Column::Comment, id), |target| (Column::CommentChange, target))
        }
        MessageType::PostReaction => match named("target") {
            Some(target) => (Column::Reaction, target),
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    let target = Value::from(target.0);
    let row = match column {
        Column::Post => {
            tx.one("SELECT id FROM posts WHERE message_id = $1 AND envelope IS NOT NULL", &[target])
        }
        Column::PostChange => {
            tx.one("SELECT id FROM posts WHERE message_id = $1 AND change_id = $2", &[target, id.0.into()])
        }
        Column::Comment => {
            tx.one("SELECT id FROM comments WHERE message_id = $1 AND envelope IS NOT NULL", &[target])
        }
        Column::CommentChange => {
            tx.one("SELECT id FROM comments WHERE message_id = $1 AND change_id = $2", &[target, id.0.into()])
        }
        Column::Reaction => {
            let sql = "SELECT id FROM reactions WHERE target = $1 AND author = COALESCE((SELECT id FROM connections WHERE target_key = $3), 0) AND message_id = $2";
            tx.one(sql, &[target, id.0.into(), seal.key_of(&envelope.from.node_id).into()])
        }
    };
    row?.map(|row| Ok(Thing { column, row: row.int(0)? })).transpose()
}

/// Whether the bytes of a row stand in clear, as the owner's public posts do: in the columns of posts `at` says so.
fn is_clear(row: &Row, column: Column, at: usize) -> Result<bool, DbError> {
    match column {
        Column::Post | Column::PostChange => row.flag(at),
        Column::Comment | Column::CommentChange | Column::Reaction => Ok(false),
    }
}

/// The bytes at `at`, opened; whether they stand in clear is said at the next one.
fn opened(seal: &Sealer, row: &Row, column: Column, at: usize) -> Result<Vec<u8>, DbError> {
    let bytes = row.blob(at)?;
    if is_clear(row, column, at + 1)? { Ok(bytes.to_vec()) } else { Ok(seal.open(column.name(), bytes)?) }
}

/// The row of an envelope, if it still stands there: its bytes, and in the columns of posts whether they are in clear.
fn held(tx: &Tx<'_>, thing: Thing, id: &Hash) -> Result<Option<Row>, DbError> {
    let sql = match thing.column {
        Column::Post => {
            "SELECT envelope, author = 0 AND visibility = 'public' FROM posts WHERE id = $1 AND message_id = $2"
        }
        Column::PostChange => {
            "SELECT change, author = 0 AND visibility = 'public' FROM posts WHERE id = $1 AND change_id = $2"
        }
        Column::Comment => "SELECT envelope FROM comments WHERE id = $1 AND message_id = $2",
        Column::CommentChange => "SELECT change FROM comments WHERE id = $1 AND change_id = $2",
        Column::Reaction => "SELECT envelope FROM reactions WHERE id = $1 AND message_id = $2",
    };
    let Some(row) = tx.one(sql, &[thing.row.into(), id.0.into()])? else { return Ok(None) };
    Ok(row.opt_blob(0)?.is_some().then_some(row))
}

/// The canonical envelope `id`, if it still stands there: what was deleted, or was followed by something newer, is
/// gone.
pub fn envelope(tx: &Tx<'_>, seal: &Sealer, thing: Thing, id: &Hash) -> Result<Option<Vec<u8>>, DbError> {
    held(tx, thing, id)?.map(|row| opened(seal, &row, thing.column, 0)).transpose()
}

/// Writes the same envelope under a new signature, if it still stands there.
pub fn sign_again(
    tx: &Tx<'_>,
    seal: &Sealer,
    thing: Thing,
    (id, canonical): (&Hash, &[u8]),
) -> Result<(), DbError> {
    let Some(row) = held(tx, thing, id)? else { return Ok(()) };
    let sql = match thing.column {
        Column::Post => "UPDATE posts SET envelope = $2 WHERE id = $1",
        Column::PostChange => "UPDATE posts SET change = $2 WHERE id = $1",
        Column::Comment => "UPDATE comments SET envelope = $2 WHERE id = $1",
        Column::CommentChange => "UPDATE comments SET change = $2 WHERE id = $1",
        Column::Reaction => "UPDATE reactions SET envelope = $2 WHERE id = $1",
    };
    let clear = is_clear(&row, thing.column, 1)?;
    let bytes = if clear { canonical.to_vec() } else { seal.seal(thing.column.name(), canonical) };
    tx.execute(sql, &[thing.row.into(), bytes.into()])?;
    Ok(())
}

/// Envelopes in one column that the owner signed, below row `before`, the newest first: rows and canonical bytes.
/// Deletions that the owner made of others' comments are among them.
pub fn own(
    tx: &Tx<'_>,
    seal: &Sealer,
    column: Column,
    (before, limit): (i64, i64),
) -> Result<Vec<(i64, Vec<u8>)>, DbError> {
    let sql = match column {
        Column::Post => {
            "SELECT id, envelope, visibility = 'public' FROM posts WHERE author = 0 AND envelope IS NOT NULL AND id < $1 ORDER BY id DESC LIMIT $2"
        }
        Column::PostChange => {
            "SELECT id, change, visibility = 'public' FROM posts WHERE author = 0 AND change IS NOT NULL AND id < $1 ORDER BY id DESC LIMIT $2"
        }
        Column::Comment => {
            "SELECT id, envelope FROM comments WHERE author = 0 AND envelope IS NOT NULL AND id < $1 ORDER BY id DESC LIMIT $2"
        }
        Column::CommentChange => {
            "SELECT id, change FROM comments WHERE (author = 0 OR wall = 0) AND change IS NOT NULL AND id < $1 ORDER BY id DESC LIMIT $2"
        }
        Column::Reaction => {
            "SELECT id, envelope FROM reactions WHERE author = 0 AND id < $1 ORDER BY id DESC LIMIT $2"
        }
    };
    let open = |row: &Row| Ok((row.int(0)?, opened(seal, row, column, 1)?));
    tx.all(sql, &[before.into(), limit.into()])?.iter().map(open).collect()
}

/// The owner's posts to a circle (`circles.id`) since `from` (unix ms), each with its newest change; at most 200.
pub fn in_circle(
    tx: &Tx<'_>,
    seal: &Sealer,
    circle: i64,
    from: u64,
) -> Result<Vec<(Thing, Vec<u8>)>, DbError> {
    let sql = "SELECT id, envelope, change FROM posts WHERE circle = $1 AND created_at >= $2 AND author = 0 AND deleted = 0 AND envelope IS NOT NULL ORDER BY created_at, id LIMIT 200";
    let mut found = Vec::new();
    for row in tx.all(sql, &[circle.into(), from.into()])? {
        for (at, column) in [(1, Column::Post), (2, Column::PostChange)] {
            if let Some(sealed) = row.opt_blob(at)? {
                found.push((Thing { column, row: row.int(0)? }, seal.open(column.name(), sealed)?));
            }
        }
    }
    Ok(found)
}

/// Envelopes on the owner's wall with timestamps from `from` (unix ms) on, oldest first in each column: what friends
/// may see, or everybody. Nothing that is for a circle: that is said in it alone.
pub fn on_wall(
    tx: &Tx<'_>,
    seal: &Sealer,
    from: u64,
    friends_too: bool,
    limit: i64,
) -> Result<Vec<WallItem>, DbError> {
    // Friends see both, others the public ones alone: the second text is never below the first, and `circle` is below both.
    let lowest = if friends_too { "friends" } else { "public" };
    let mut found = Vec::new();
    for column in Column::ALL {
        let sql = match column {
            Column::Post => {
                "SELECT created_at, message_id, envelope, visibility = 'public' FROM posts WHERE author = 0 AND created_at >= $1 AND envelope IS NOT NULL AND visibility >= $2 ORDER BY created_at, id LIMIT $3"
            }
            Column::PostChange => {
                "SELECT edited_at, change_id, change, visibility = 'public' FROM posts WHERE author = 0 AND edited_at IS NOT NULL AND edited_at >= $1 AND change IS NOT NULL AND visibility >= $2 ORDER BY edited_at, id LIMIT $3"
            }
            Column::Comment => {
                "SELECT c.created_at, c.message_id, c.envelope FROM comments c JOIN posts p ON p.message_id = c.post_id WHERE c.wall = 0 AND c.created_at >= $1 AND c.envelope IS NOT NULL AND p.visibility >= $2 AND p.visibility <> 'private' ORDER BY c.created_at, c.id LIMIT $3"
            }
            Column::CommentChange => {
                "SELECT c.edited_at, c.change_id, c.change FROM comments c JOIN posts p ON p.message_id = c.post_id WHERE c.wall = 0 AND c.edited_at IS NOT NULL AND c.edited_at >= $1 AND c.change IS NOT NULL AND p.visibility >= $2 AND p.visibility <> 'private' ORDER BY c.edited_at, c.id LIMIT $3"
            }
            Column::Reaction => {
                "SELECT r.at, r.message_id, r.envelope FROM reactions r JOIN posts p ON p.message_id = r.post_id WHERE r.wall = 0 AND r.at >= $1 AND p.visibility >= $2 AND p.visibility <> 'private' ORDER BY r.at, r.message_id LIMIT $3"
            }
        };
        for row in tx.all(sql, &[from.into(), lowest.into(), limit.into()])? {
            let envelope = opened(seal, &row, column, 2)?;
            found.push(WallItem { at: row.uint(0)?, id: Hash(row.bytes(1)?), envelope });
        }
    }
    Ok(found)
}
