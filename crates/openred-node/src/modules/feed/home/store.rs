//! Pages of the feed, and how far the owner's things were delivered: few statements per page, whatever the number of
//! posts.

use std::collections::BTreeMap;

use openred_service::database::{DbError, Row, Tx, Value};

use super::super::{
    posts::store::{Post, post_sql, read},
    things::Thing,
};
use crate::{
    delivery::{inbox::TYPE_UNKNOWN, streams::store::failed},
    seal::Sealer,
};

/// Names shown per state.
const NAMES: i64 = 5;
/// New posts are counted up to this number.
const COUNT_MAX: i64 = 1_000;

/// Which posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// All that are held.
    Everyone,
    /// Of friends.
    Friends,
    /// Of one person (`connections.id`), 0 for the owner.
    Author(i64),
    /// With this hashtag (`post_tags.tag_key`).
    Tag([u8; 16]),
}

/// A place in the feed: before this post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// `created_at` of the post.
    pub created_at: u64,
    /// Its number.
    pub id: i64,
}

/// A page, newest first, of what is older than `before`.
pub fn page(
    tx: &Tx<'_>,
    seal: &Sealer,
    filter: Filter,
    (before, limit): (Place, i64),
    now: u64,
) -> Result<Vec<Post>, DbError> {
    let (at, id, now) = (before.created_at.into(), Value::Int(before.id), Value::from(now));
    // Relations are looked up row by row: the page is read in order of time and ends after its rows.
    let rows = match filter {
        Filter::Everyone => tx.all(
            post_sql!("WHERE (created_at, id) < ($1, $2) AND deleted = 0 AND (expires_at IS NULL OR expires_at > $3) AND NOT EXISTS (SELECT 1 FROM connections c WHERE c.id = posts.author AND c.relationship_type = 'blocked') ORDER BY created_at DESC, id DESC LIMIT $4"),
            &[at, id, now, limit.into()],
        )?,
        Filter::Friends => tx.all(
            post_sql!("WHERE (created_at, id) < ($1, $2) AND deleted = 0 AND (expires_at IS NULL OR expires_at > $3) AND EXISTS (SELECT 1 FROM connections c WHERE c.id = posts.author AND c.relationship_type = 'friend' AND c.status = 'accepted') ORDER BY created_at DESC, id DESC LIMIT $4"),
            &[at, id, now, limit.into()],
        )?,
        Filter::Author(author) => tx.all(
            post_sql!("WHERE author = $5 AND (created_at, id) < ($1, $2) AND deleted = 0 AND (expires_at IS NULL OR expires_at > $3) ORDER BY created_at DESC, id DESC LIMIT $4"),
            &[at, id, now, limit.into(), author.into()],
        )?,
        Filter::Tag(tag) => tx.all(
            post_sql!("WHERE id IN (SELECT post FROM post_tags WHERE tag_key = $5) AND (created_at, id) < ($1, $2) AND deleted = 0 AND (expires_at IS NULL OR expires_at > $3) AND NOT EXISTS (SELECT 1 FROM connections c WHERE c.id = posts.author AND c.relationship_type = 'blocked') ORDER BY created_at DESC, id DESC LIMIT $4"),
            &[at, id, now, limit.into(), tag.to_vec().into()],
        )?,
    };
    rows.iter().map(|row| read(seal, row)).collect()
}

/// One post that a page of everybody's or of one author's would show.
pub fn one(
    tx: &Tx<'_>,
    seal: &Sealer,
    (number, filter): (i64, Filter),
    now: u64,
) -> Result<Option<Post>, DbError> {
    let sql = post_sql!(
        "WHERE id = $1 AND deleted = 0 AND (expires_at IS NULL OR expires_at > $2) AND NOT EXISTS (SELECT 1 FROM connections c WHERE c.id = posts.author AND c.relationship_type = 'blocked')"
    );
    let post = tx.one(sql, &[number.into(), now.into()])?.map(|row| read(seal, &row)).transpose()?;
    Ok(post.filter(|post| !matches!(filter, Filter::Author(author) if author != post.author)))
}

/// Numbers of posts between two, without them, the newest first.
pub fn numbers_between(tx: &Tx<'_>, (after, before): (i64, i64), limit: i64) -> Result<Vec<i64>, DbError> {
    let sql = "SELECT id FROM posts WHERE id > $1 AND id < $2 ORDER BY id DESC LIMIT $3";
    tx.all(sql, &[after.into(), before.into(), limit.into()])?.iter().map(|row| row.int(0)).collect()
}

/// Numbers of posts after one, the oldest first.
pub fn numbers_after(tx: &Tx<'_>, after: i64, limit: i64) -> Result<Vec<i64>, DbError> {
    let sql = "SELECT id FROM posts WHERE id > $1 ORDER BY id LIMIT $2";
    tx.all(sql, &[after.into(), limit.into()])?.iter().map(|row| row.int(0)).collect()
}

/// The number of the newest post; 0 for none.
pub fn newest(tx: &Tx<'_>) -> Result<i64, DbError> {
    tx.one("SELECT COALESCE(max(id), 0) FROM posts", &[])?.map_or(Ok(0), |row| row.int(0))
}

/// How many posts came after the one with number `since`; at most 1,000 are counted.
pub fn count_since(tx: &Tx<'_>, filter: Filter, since: i64) -> Result<u64, DbError> {
    let (since, most) = (Value::Int(since), Value::Int(COUNT_MAX));
    let row = match filter {
        Filter::Everyone => tx.one(
            "SELECT count(*) FROM (SELECT 1 FROM posts WHERE id > $1 AND deleted = 0 AND NOT EXISTS (SELECT 1 FROM connections c WHERE c.id = posts.author AND c.relationship_type = 'blocked') LIMIT $2) AS newer",
            &[since, most],
        )?,
        Filter::Friends => tx.one(
            "SELECT count(*) FROM (SELECT 1 FROM posts WHERE id > $1 AND deleted = 0 AND EXISTS (SELECT 1 FROM connections c WHERE c.id = posts.author AND c.relationship_type = 'friend' AND c.status = 'accepted') LIMIT $2) AS newer",
            &[since, most],
        )?,
        Filter::Author(author) => tx.one(
            "SELECT count(*) FROM (SELECT 1 FROM posts WHERE id > $1 AND deleted = 0 AND author = $3 LIMIT $2) AS newer",
            &[since, most, author.into()],
        )?,
        Filter::Tag(tag) => tx.one(
            "SELECT count(*) FROM (SELECT 1 FROM posts WHERE id > $1 AND deleted = 0 AND id IN (SELECT post FROM post_tags WHERE tag_key = $3) LIMIT $2) AS newer",
            &[since, most, tag.to_vec().into()],
        )?,
    };
    row.map_or(Ok(0), |row| row.uint(0))
}

/// How far one of the owner's things was delivered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Recipients.
    pub total: u64,
    /// Durably with their node.
    pub delivered: u64,
    /// Still under way.
    pub waiting: u64,
    /// Refused for good.
    pub failed: u64,
}

/// Progress of these; a thing that has no recipients, or whose row in the outbox was trimmed, is absent.
pub fn progress(tx: &Tx<'_>, things: &[Thing]) -> Result<BTreeMap<Thing, Progress>, DbError> {
    // Two look-ups in indexes for each, however many recipients there are: only what is open is counted.
    let sql = concat!(
        "SELECT o.recipients, count(d.n), COALESCE(sum(",
        failed!("$3"),
        "), 0) FROM outbox o LEFT JOIN deliveries d ON d.outbox_id = o.id AND d.state < 2 WHERE o.id = (SELECT min(id) FROM outbox WHERE thing = $1 AND held = $2) GROUP BY o.recipients"
    );
    let mut found = BTreeMap::new();
    for thing in things {
        let values = [thing.row.into(), thing.column.number().into(), TYPE_UNKNOWN.into()];
        let Some(row) = tx.one(sql, &values)? else {
            found.extend(carried(tx, *thing)?.map(|progress| (*thing, progress)));
            continue;
        };
        let (total, open, failed) = (row.uint(0)?, row.uint(1)?, row.uint(2)?);
        if total > 0 {
            let (delivered, waiting) = (total.saturating_sub(open), open.saturating_sub(failed));
            found.insert(*thing, Progress { total, delivered, waiting, failed });
        }
    }
    Ok(found)
}

/// Progress of a thing that a circle carries: each member has a message of their own.
fn carried(tx: &Tx<'_>, thing: Thing) -> Result<Option<Progress>, DbError> {
    let sql = "SELECT count(*), COALESCE(sum(CASE WHEN state >= 3 THEN 1 ELSE 0 END), 0) FROM chat_receipts WHERE message = $1";
    let Some(row) = tx.one(sql, &[thing.carried().into()])? else { return Ok(None) };
    let (total, delivered) = (row.uint(0)?, row.uint(1)?);
    if total == 0 {
        return Ok(None);
    }
    let sql = concat!(
        "SELECT count(DISTINCT d.person) FROM outbox o JOIN deliveries d ON d.outbox_id = o.id JOIN chat_receipts r ON r.message = o.chat_message AND r.person = d.person WHERE o.chat_message = $1 AND r.state = 2 AND d.state < 2 AND ",
        failed!("$2"),
        " = 1"
    );
    let row = tx.one(sql, &[thing.carried().into(), TYPE_UNKNOWN.into()])?;
    let failed = row.map_or(Ok(0), |row| row.uint(0))?;
    Ok(Some(Progress { total, delivered, waiting: total.saturating_sub(delivered + failed), failed }))
}

/// A recipient with the reason: (`connections.id`, stable code).
pub type Recipient = (i64, String);

/// Five of those for whom a thing waits, or who refused it.
pub fn recipients(tx: &Tx<'_>, thing: Thing, failed: bool) -> Result<Vec<Recipient>, DbError> {
    let sql = concat!(
        "SELECT d.person, CASE WHEN d.state = 1 THEN d.reason WHEN d.n <= s.mailed_to THEN 'at_relay' ELSE s.reason END FROM deliveries d JOIN streams s ON s.person = d.person WHERE d.outbox_id = (SELECT min(id) FROM outbox WHERE thing = $1 AND held = $2) AND d.state < 2 AND ",
        failed!("$5"),
        " = $3 ORDER BY d.person LIMIT $4"
    );
    let values =
        [thing.row.into(), thing.column.number().into(), failed.into(), NAMES.into(), TYPE_UNKNOWN.into()];
    let read = |row: &Row| Ok((row.int(0)?, row.text(1)?.to_owned()));
    let found: Vec<Recipient> = tx.all(sql, &values)?.iter().map(read).collect::<Result<_, DbError>>()?;
    if !found.is_empty() {
        return Ok(found);
    }
    let sql = concat!(
        "SELECT d.person, min(CASE WHEN d.state = 1 THEN d.reason WHEN d.n <= s.mailed_to THEN 'at_relay' ELSE s.reason END) FROM outbox o JOIN deliveries d ON d.outbox_id = o.id JOIN streams s ON s.person = d.person JOIN chat_receipts r ON r.message = o.chat_message AND r.person = d.person WHERE o.chat_message = $1 AND r.state = 2 AND d.state < 2 AND ",
        failed!("$4"),
        " = $2 GROUP BY d.person ORDER BY d.person LIMIT $3"
    );
    let values = [thing.carried().into(), failed.into(), NAMES.into(), TYPE_UNKNOWN.into()];
    tx.all(sql, &values)?.iter().map(read).collect()
}
