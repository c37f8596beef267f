//! Rows of `circles circle_groups`.

use openred_core::ids::Id16;
use openred_service::database::{DbError, Row, Tx, Value};

use crate::seal::Sealer;

const NAME: &str = "circles.name";

/// The owner's number of this node's own.
pub const OWN: i64 = 0;

/// A circle, of the owner or of somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circle {
    /// `circles.id`.
    pub id: i64,
    /// Its name in the API.
    pub circle: Id16,
    /// Whose posts it is for: [`OWN`], else `connections.id`.
    pub owner: i64,
    /// What its owner calls it; of others' empty.
    pub name: String,
    /// `mls_groups.id` of its newest group.
    pub group: i64,
    /// Unix ms.
    pub created_at: u64,
    /// Its owner has deleted it.
    pub ended: bool,
}

macro_rules! circle_sql {
    ($rest:literal) => {
        concat!("SELECT id, circle_id, owner, name, mls_group, created_at, ended_at FROM circles ", $rest)
    };
}

fn read(seal: &Sealer, row: &Row) -> Result<Circle, DbError> {
    let name = row.opt_blob(3)?.map(|sealed| seal.open_text(NAME, sealed)).transpose()?;
    Ok(Circle {
        id: row.int(0)?,
        circle: Id16(row.bytes(1)?),
        owner: row.int(2)?,
        name: name.unwrap_or_default(),
        group: row.int(4)?,
        created_at: row.uint(5)?,
        ended: row.opt_int(6)?.is_some(),
    })
}

/// By its number.
pub fn get(tx: &Tx<'_>, seal: &Sealer, id: i64) -> Result<Option<Circle>, DbError> {
    tx.one(circle_sql!("WHERE id = $1"), &[id.into()])?.map(|row| read(seal, &row)).transpose()
}

/// By its name in the API.
pub fn find(tx: &Tx<'_>, seal: &Sealer, circle: Id16) -> Result<Option<Circle>, DbError> {
    let row = tx.one(circle_sql!("WHERE circle_id = $1"), &[circle.0.to_vec().into()])?;
    row.map(|row| read(seal, &row)).transpose()
}

/// Whose group this is (`mls_groups.id`), the newest or an earlier one.
pub fn of_group(tx: &Tx<'_>, seal: &Sealer, group: i64) -> Result<Option<Circle>, DbError> {
    let sql = circle_sql!("WHERE id = (SELECT circle FROM circle_groups WHERE mls_group = $1)");
    tx.one(sql, &[group.into()])?.map(|row| read(seal, &row)).transpose()
}

/// Those of one owner that are not deleted, the oldest first; at most `limit`.
pub fn of(tx: &Tx<'_>, seal: &Sealer, owner: i64, limit: i64) -> Result<Vec<Circle>, DbError> {
    let sql = circle_sql!("WHERE owner = $1 AND ended_at IS NULL ORDER BY id LIMIT $2");
    tx.all(sql, &[owner.into(), limit.into()])?.iter().map(|row| read(seal, row)).collect()
}

/// Writes down a new one, whose first group is `group` (`mls_groups.id`).
pub fn insert(
    tx: &Tx<'_>,
    seal: &Sealer,
    (circle, group): (Id16, i64),
    owner: i64,
    name: Option<&str>,
    now: u64,
) -> Result<i64, DbError> {
    let sql = "INSERT INTO circles (circle_id, owner, name, mls_group, created_at) VALUES ($1, $2, $3, $4, $5) RETURNING id";
    let name = name.map_or(Value::Null, |name| seal.seal(NAME, name.as_bytes()).into());
    let values = [circle.0.to_vec().into(), owner.into(), name, group.into(), now.into()];
    let id = tx.one(sql, &values)?.ok_or(DbError::Gone)?.int(0)?;
    add_group(tx, id, group)?;
    Ok(id)
}

fn add_group(tx: &Tx<'_>, id: i64, group: i64) -> Result<(), DbError> {
    let sql = "INSERT INTO circle_groups (mls_group, circle) VALUES ($1, $2)";
    tx.execute(sql, &[group.into(), id.into()]).map(drop)
}

/// It goes on in another group.
pub fn go_on_in(tx: &Tx<'_>, id: i64, group: i64) -> Result<(), DbError> {
    tx.execute("UPDATE circles SET mls_group = $2 WHERE id = $1", &[id.into(), group.into()])?;
    add_group(tx, id, group)
}

/// Somebody is in a group no more (`mls_groups.id`): where it is a circle's, nothing said on its wall waits for them. The
/// numbers are those of [`Thing::carried`](crate::modules::feed::things::Thing::carried).
pub fn gone(tx: &Tx<'_>, group: i64, person: i64) -> Result<(), DbError> {
    for sql in [
        "DELETE FROM chat_receipts WHERE person = $2 AND state = 2 AND message IN (SELECT -(p.id * 8 + 1) FROM posts p JOIN circle_groups g ON g.circle = p.circle WHERE g.mls_group = $1)",
        "DELETE FROM chat_receipts WHERE person = $2 AND state = 2 AND message IN (SELECT -(p.id * 8 + 2) FROM posts p JOIN circle_groups g ON g.circle = p.circle WHERE g.mls_group = $1)",
        "DELETE FROM chat_receipts WHERE person = $2 AND state = 2 AND message IN (SELECT -(c.id * 8 + 3) FROM comments c JOIN posts p ON p.message_id = c.post_id JOIN circle_groups g ON g.circle = p.circle WHERE g.mls_group = $1)",
        "DELETE FROM chat_receipts WHERE person = $2 AND state = 2 AND message IN (SELECT -(c.id * 8 + 4) FROM comments c JOIN posts p ON p.message_id = c.post_id JOIN circle_groups g ON g.circle = p.circle WHERE g.mls_group = $1)",
    ] {
        tx.execute(sql, &[group.into(), person.into()])?;
    }
    Ok(())
}

/// Gives it another name.
pub fn rename(tx: &Tx<'_>, seal: &Sealer, id: i64, name: &str) -> Result<(), DbError> {
    let name = seal.seal(NAME, name.as_bytes());
    tx.execute("UPDATE circles SET name = $2 WHERE id = $1", &[id.into(), name.into()]).map(drop)
}

/// It is deleted.
pub fn end(tx: &Tx<'_>, id: i64, now: u64) -> Result<(), DbError> {
    tx.execute("UPDATE circles SET ended_at = $2 WHERE id = $1", &[id.into(), now.into()]).map(drop)
}
