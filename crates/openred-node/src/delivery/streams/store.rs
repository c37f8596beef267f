//! Rows of `deliveries` and `streams`. States of a delivery: 0 waiting, 1 refused, 2 withdrawn, 3 delivered. What was
//! refused as unknown to the peer's version waits for the next one; every other refusal is for good: it failed.

use std::collections::{BTreeMap, BTreeSet};

use openred_core::ids::{Hash, Id8};
use openred_service::database::{DbError, Tx, Value};

use super::super::{inbox::TYPE_UNKNOWN, later::store::DAY_MS, store::envelope};
use crate::{modules::contacts::store::StoreError, seal::Sealer};

const REFUSED: i64 = 1;
const WITHDRAWN: i64 = 2;

const INSERT_ONE: &str =
    "INSERT INTO deliveries (person, n, outbox_id, state, since_at) VALUES ($2, $3, $4, 0, $1)";
const INSERT_EIGHT: &str = "INSERT INTO deliveries (person, n, outbox_id, state, since_at) VALUES \
    ($2, $3, $4, 0, $1), ($5, $6, $7, 0, $1), ($8, $9, $10, 0, $1), ($11, $12, $13, 0, $1), \
    ($14, $15, $16, 0, $1), ($17, $18, $19, 0, $1), ($20, $21, $22, 0, $1), ($23, $24, $25, 0, $1)";

/// 1 for an open delivery `d` that failed, 0 for one that waits; the value is the place of [`TYPE_UNKNOWN`]. Only what
/// was refused is looked up, all else is in the index.
macro_rules! failed {
    ($type_unknown:literal) => {
        concat!(
            "CASE WHEN d.state = 1 THEN CASE WHEN (SELECT f.reason FROM deliveries f WHERE f.person = d.person AND f.n = d.n) = ",
            $type_unknown,
            " THEN 0 ELSE 1 END ELSE 0 END"
        )
    };
}
pub(crate) use failed;

/// A delivery that waits for its recipient.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Place in the stream.
    pub n: u64,
    /// 1 envelope, 2 tombstone (Annex A.5).
    pub kind: u64,
    /// Canonical envelope, empty for tombstones.
    pub body: Vec<u8>,
}

/// Gives these (`outbox.id`, person) deliveries at the next places of each person's stream. Those in `urgent` are due
/// at once; others who could not be reached before are tried again when their time comes. Returns the people due.
pub(in super::super) fn deliver(
    tx: &Tx<'_>,
    new: &[(i64, i64)],
    urgent: &BTreeSet<i64>,
    now: u64,
) -> Result<Vec<i64>, DbError> {
    let mut places = BTreeMap::<i64, i64>::new();
    for (_, person) in new {
        *places.entry(*person).or_default() += 1;
    }
    let mut due = Vec::new();
    for (&person, place) in &mut places {
        let (first, is_due) = reserve(tx, person, *place, urgent.contains(&person), now)?;
        *place = first;
        if is_due {
            due.push(person);
        }
    }
    let mut rows = Vec::with_capacity(new.len());
    for &(outbox, person) in new {
        let Some(n) = places.get_mut(&person) else { continue };
        rows.push([person, *n, outbox]);
        *n += 1;
    }
    insert(tx, &rows, now)?;
    Ok(due)
}

/// Writes deliveries (person, n, `outbox.id`), eight with one statement: a post to friends has a row for each of them.
fn insert(tx: &Tx<'_>, rows: &[[i64; 3]], now: u64) -> Result<(), DbError> {
    let eights = rows.chunks_exact(8);
    for row in eights.remainder() {
        tx.execute(INSERT_ONE, &values(&[*row], now))?;
    }
    for rows in eights {
        tx.execute(INSERT_EIGHT, &values(rows, now))?;
    }
    Ok(())
}

/// What [`INSERT_ONE`] and [`INSERT_EIGHT`] take: the time, then the rows.
fn values(rows: &[[i64; 3]], now: u64) -> Vec<Value> {
    std::iter::once(now as i64).chain(rows.iter().flatten().copied()).map(Value::Int).collect()
}

/// Takes the next `count` places of a person's stream. Returns the first, and whether the person is to be tried now.
fn reserve(tx: &Tx<'_>, person: i64, count: i64, urgent: bool, now: u64) -> Result<(i64, bool), DbError> {
    let sql = "UPDATE streams SET next_n = next_n + $3, next_at = CASE WHEN tries > 0 AND next_at > $2 AND $4 = 0 THEN next_at ELSE $2 END WHERE person = $1 RETURNING next_n - $3, next_at";
    let values = [Value::Int(person), Value::Int(now as i64), Value::Int(count), Value::Int(urgent.into())];
    if let Some(row) = tx.one(sql, &values)? {
        return Ok((row.int(0)?, row.uint(1)? <= now));
    }
    tx.execute(
        "INSERT INTO streams (person, stream, next_n, next_at) VALUES ($1, $2, $3, $4)",
        &[Value::Int(person), draw_name()?, Value::Int(count + 1), Value::Int(now as i64)],
    )?;
    Ok((1, true))
}

/// A name for a new stream.
fn draw_name() -> Result<Value, DbError> {
    let mut name = [0u8; 8];
    getrandom::fill(&mut name).map_err(|e| DbError::Corrupt(e.to_string()))?;
    Ok(Value::Blob(name.to_vec()))
}

/// A new incarnation begins new streams (PROTOCOL §1): what waits goes by them, at the places it has.
pub fn rename_all(tx: &Tx<'_>) -> Result<(), DbError> {
    for row in tx.all("SELECT person FROM streams", &[])? {
        let values = [Value::Int(row.int(0)?), draw_name()?];
        tx.execute(
            "UPDATE streams SET stream = $2, mailed_to = 0, mailed_at = NULL WHERE person = $1",
            &values,
        )?;
    }
    Ok(())
}

/// The stream to a person, if anything was ever queued for them.
pub fn stream_of(tx: &Tx<'_>, person: i64) -> Result<Option<Id8>, DbError> {
    let Some(row) = tx.one("SELECT stream FROM streams WHERE person = $1", &[Value::Int(person)])? else {
        return Ok(None);
    };
    Ok(Some(Id8(row.bytes(0)?)))
}

/// Lowest n of a person that is not acknowledged; the next n when all are.
pub fn low(tx: &Tx<'_>, person: i64) -> Result<u64, DbError> {
    let sql = "SELECT COALESCE((SELECT min(d.n) FROM deliveries d WHERE d.person = s.person AND d.n > s.done AND d.state IN (0, 2)), s.next_n) FROM streams s WHERE s.person = $1";
    tx.one(sql, &[Value::Int(person)])?.map_or(Ok(1), |row| row.uint(0))
}

/// What waits for a person from `from_n` on, in order.
pub fn waiting(
    tx: &Tx<'_>,
    seal: &Sealer,
    person: i64,
    from_n: u64,
    limit: i64,
) -> Result<Vec<Waiting>, StoreError> {
    let sql = "SELECT d.n, d.state, o.message_id, o.held, o.thing, o.body FROM streams s JOIN deliveries d ON d.person = s.person AND d.n > s.done JOIN outbox o ON o.id = d.outbox_id WHERE s.person = $1 AND d.n >= $2 AND d.state IN (0, 2) ORDER BY d.n LIMIT $3";
    let rows = tx.all(sql, &[Value::Int(person), place(from_n), Value::Int(limit)])?;
    rows.iter()
        .map(|row| {
            let said = if row.int(1)? == WITHDRAWN { None } else { envelope(tx, seal, row, 2)? };
            let kind = if said.is_some() { 1 } else { 2 };
            Ok(Waiting { n: row.uint(0)?, kind, body: said.unwrap_or_default() })
        })
        .collect()
}

/// People for whom something waits, due by `now`; at most `limit`.
pub fn due(tx: &Tx<'_>, now: u64, limit: i64) -> Result<Vec<i64>, DbError> {
    let sql = "SELECT person FROM streams s WHERE next_at <= $1 AND EXISTS (SELECT 1 FROM deliveries d WHERE d.person = s.person AND d.n > s.done AND d.state = 0) LIMIT $2";
    tx.all(sql, &[Value::Int(now as i64), Value::Int(limit)])?.iter().map(|row| row.int(0)).collect()
}

/// When the next person after `now` is to be tried (unix ms).
pub fn next_due(tx: &Tx<'_>, now: u64) -> Result<Option<u64>, DbError> {
    let row = tx.one("SELECT min(next_at) FROM streams WHERE next_at > $1", &[Value::Int(now as i64)])?;
    let Some(row) = row else { return Ok(None) };
    row.opt_uint(0)
}

/// Everything up to `upto`, and `also`, arrived. Returns the things that did, as message ids.
pub fn delivered(tx: &Tx<'_>, person: i64, upto: u64, also: &[u64], now: u64) -> Result<Vec<Hash>, DbError> {
    let sql = "UPDATE deliveries SET state = 3, since_at = $3, reason = '' WHERE person = $1 AND n > (SELECT done FROM streams WHERE person = $1) AND n <= $2 AND state = 0 RETURNING outbox_id";
    let mut rows = tx.all(sql, &[Value::Int(person), place(upto), Value::Int(now as i64)])?;
    for &n in also {
        let sql = "UPDATE deliveries SET state = 3, since_at = $3, reason = '' WHERE person = $1 AND n = $2 AND state = 0 RETURNING outbox_id";
        rows.extend(tx.all(sql, &[Value::Int(person), place(n), Value::Int(now as i64)])?);
    }
    // Tombstones that arrived need not be said again.
    let sql = "DELETE FROM deliveries WHERE person = $1 AND n > (SELECT done FROM streams WHERE person = $1) AND n <= $2 AND state = 2";
    tx.execute(sql, &[Value::Int(person), place(upto)])?;
    // Nobody can acknowledge what was never said.
    let sql = "UPDATE streams SET done = CASE WHEN $2 >= next_n THEN next_n - 1 ELSE $2 END WHERE person = $1 AND done < $2";
    tx.execute(sql, &[Value::Int(person), place(upto)])?;
    if !rows.is_empty() {
        settle(tx, person)?;
    }
    let mut ids = Vec::with_capacity(rows.len());
    for row in rows {
        let sql = "SELECT message_id FROM outbox WHERE id = $1";
        if let Some(found) = tx.one(sql, &[Value::Int(row.int(0)?)])? {
            ids.push(Hash(found.bytes(0)?));
        }
    }
    Ok(ids)
}

/// A place as the table holds it; none is beyond.
fn place(n: u64) -> Value {
    Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

/// The person is reached; without anything that waits there is no next try.
fn settle(tx: &Tx<'_>, person: i64) -> Result<(), DbError> {
    let sql = "UPDATE streams SET tries = 0, reason = '', next_at = CASE WHEN EXISTS (SELECT 1 FROM deliveries d WHERE d.person = $1 AND d.n > streams.done AND d.state = 0) THEN next_at END WHERE person = $1";
    tx.execute(sql, &[Value::Int(person)])?;
    Ok(())
}

/// The person could not be reached: all that waits for them comes again at `next_at`, with the reason.
pub fn postpone(tx: &Tx<'_>, person: i64, reason: &'static str, next_at: u64) -> Result<(), DbError> {
    let sql = "UPDATE streams SET tries = tries + 1, next_at = $2, reason = $3 WHERE person = $1";
    tx.execute(sql, &[Value::Int(person), Value::Int(next_at as i64), Value::Text(reason.to_owned())])?;
    Ok(())
}

/// The person counts as away until they are reached; when they are tried again does not change.
pub fn doubt(tx: &Tx<'_>, person: i64) -> Result<(), DbError> {
    let sql = "UPDATE streams SET tries = 1 WHERE person = $1 AND tries = 0";
    tx.execute(sql, &[Value::Int(person)]).map(drop)
}

/// The person was seen: what waits is due now, and so is what will be said. Returns 0 when nothing waits.
pub fn hasten(tx: &Tx<'_>, person: i64, now: u64) -> Result<u64, DbError> {
    let waits = waits_for(tx, person)?;
    let next_at = if waits { Value::Int(now as i64) } else { Value::Null };
    tx.execute(
        "UPDATE streams SET tries = 0, next_at = $2 WHERE person = $1",
        &[Value::Int(person), next_at],
    )?;
    Ok(waits.into())
}

/// How often the person was tried in vain, for the backoff.
pub fn tries(tx: &Tx<'_>, person: i64) -> Result<u64, DbError> {
    let row = tx.one("SELECT tries FROM streams WHERE person = $1", &[Value::Int(person)])?;
    row.map_or(Ok(0), |row| row.uint(0))
}

/// The envelope at a place of a person's stream, while it is kept, with the message of a conversation that it carries and
/// whether that was not said again since.
pub fn carried_at(
    tx: &Tx<'_>,
    seal: &Sealer,
    person: i64,
    n: u64,
) -> Result<Option<(i64, bool, Vec<u8>)>, StoreError> {
    let sql = "SELECT o.chat_message, CASE WHEN EXISTS (SELECT 1 FROM outbox l WHERE l.chat_message = o.chat_message AND l.id > o.id) OR EXISTS (SELECT 1 FROM drafts f WHERE f.chat_message = o.chat_message) THEN 1 ELSE 0 END, o.message_id, o.held, o.thing, o.body FROM deliveries d JOIN outbox o ON o.id = d.outbox_id WHERE d.person = $1 AND d.n = $2 AND o.chat_message IS NOT NULL";
    let Some(row) = tx.one(sql, &[Value::Int(person), place(n)])? else { return Ok(None) };
    let (message, last) = (row.int(0)?, !row.flag(1)?);
    Ok(envelope(tx, seal, &row, 2)?.map(|said| (message, last, said)))
}

/// The peer refused one item for good: it is past its place in the stream, and the owner is told.
pub fn fail(tx: &Tx<'_>, person: i64, n: u64, reason: &str, now: u64) -> Result<bool, DbError> {
    let sql = "UPDATE deliveries SET state = 1, reason = $3, since_at = $4 WHERE person = $1 AND n = $2 AND state <> 2";
    let values = [Value::Int(person), place(n), Value::Text(reason.to_owned()), Value::Int(now as i64)];
    Ok(tx.execute(sql, &values)? > 0)
}

/// Takes back everything that waits for a person (removed, blocked).
pub fn withdraw_all(tx: &Tx<'_>, person: i64, now: u64) -> Result<(), DbError> {
    let sql = "UPDATE outbox SET recipients = recipients - 1 WHERE id IN (SELECT outbox_id FROM deliveries WHERE person = $1 AND state = 0)";
    tx.execute(sql, &[Value::Int(person)])?;
    let sql = "UPDATE deliveries SET state = 2, since_at = $2 WHERE person = $1 AND state = 0";
    tx.execute(sql, &[Value::Int(person), Value::Int(now as i64)])?;
    Ok(())
}

/// Whether anything waits for a person.
pub fn waits_for(tx: &Tx<'_>, person: i64) -> Result<bool, DbError> {
    let sql = "SELECT 1 FROM streams s JOIN deliveries d ON d.person = s.person AND d.n > s.done WHERE s.person = $1 AND d.state = 0 LIMIT 1";
    Ok(tx.one(sql, &[Value::Int(person)])?.is_some())
}

/// A delivery as the owner sees it. Its name is person and place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Thing (`outbox.id`).
    pub outbox: i64,
    /// Recipient.
    pub person: i64,
    /// Place in their stream.
    pub n: i64,
    /// Type text.
    pub what: String,
    /// Refused for good; otherwise it waits.
    pub failed: bool,
    /// It lies at a relay.
    pub mailed: bool,
    /// Stable code.
    pub reason: String,
    /// Unix ms.
    pub since_at: u64,
    /// When it is tried again, unix ms; of no meaning for what failed.
    pub next_at: u64,
}

/// What has not arrived, the newest first, below `before` (thing, person).
pub fn open(tx: &Tx<'_>, before: (i64, i64), limit: i64) -> Result<Vec<Open>, DbError> {
    let sql = "SELECT d.outbox_id, d.person, d.n, o.what, d.state, CASE WHEN d.state = 1 THEN d.reason ELSE s.reason END, d.since_at, COALESCE(s.next_at, d.since_at), CASE WHEN d.state = 0 AND d.n <= s.mailed_to THEN 1 ELSE 0 END FROM deliveries d JOIN outbox o ON o.id = d.outbox_id JOIN streams s ON s.person = d.person WHERE d.state < 2 AND (d.outbox_id, d.person) < ($1, $2) ORDER BY d.outbox_id DESC, d.person DESC LIMIT $3";
    let rows = tx.all(sql, &[Value::Int(before.0), Value::Int(before.1), Value::Int(limit)])?;
    rows.iter()
        .map(|row| {
            let (is_refused, reason, since_at) =
                (row.int(4)? == REFUSED, row.text(5)?.to_owned(), row.uint(6)?);
            Ok(Open {
                outbox: row.int(0)?,
                person: row.int(1)?,
                n: row.int(2)?,
                what: row.text(3)?.to_owned(),
                failed: is_refused && reason != TYPE_UNKNOWN,
                mailed: row.flag(8)?,
                reason,
                since_at,
                next_at: if is_refused { since_at + DAY_MS } else { row.uint(7)? },
            })
        })
        .collect()
}

/// How many wait, and how many failed for good.
pub fn counts(tx: &Tx<'_>) -> Result<(u64, u64), DbError> {
    let sql =
        concat!("SELECT count(*), COALESCE(sum(", failed!("$1"), "), 0) FROM deliveries d WHERE d.state < 2");
    let Some(row) = tx.one(sql, &[TYPE_UNKNOWN.into()])? else { return Ok((0, 0)) };
    let (all, failed) = (row.uint(0)?, row.uint(1)?);
    Ok((all.saturating_sub(failed), failed))
}

/// Tries a delivery again, whether it waits or failed. False when there is none.
pub fn retry(tx: &Tx<'_>, (person, n): (i64, i64), now: u64) -> Result<bool, DbError> {
    let sql = "UPDATE streams SET next_at = $3 WHERE person = (SELECT person FROM deliveries WHERE person = $1 AND n = $2 AND state = 0)";
    let values = [Value::Int(person), Value::Int(n), Value::Int(now as i64)];
    if tx.execute(sql, &values)? == 1 {
        return Ok(true);
    }
    // A failed one is said again, at a new place in the stream.
    let sql = "DELETE FROM deliveries WHERE person = $1 AND n = $2 AND state = 1 RETURNING outbox_id";
    let Some(row) = tx.one(sql, &values[..2])? else { return Ok(false) };
    deliver(tx, &[(row.int(0)?, person)], &BTreeSet::from([person]), now)?;
    Ok(true)
}

/// Takes one delivery back, or forgets one that failed. False when there is none.
pub fn withdraw(tx: &Tx<'_>, (person, n): (i64, i64), now: u64) -> Result<bool, DbError> {
    let sql = "UPDATE deliveries SET state = 2, since_at = $3 WHERE person = $1 AND n = $2 AND state < 2 RETURNING outbox_id";
    let values = [Value::Int(person), Value::Int(n), Value::Int(now as i64)];
    let Some(row) = tx.one(sql, &values)? else { return Ok(false) };
    let sql = "UPDATE outbox SET recipients = recipients - 1 WHERE id = $1";
    tx.execute(sql, &[Value::Int(row.int(0)?)])?;
    Ok(true)
}
