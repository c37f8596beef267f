//! Rows of delivery: `outbox drafts deliveries streams inbound_streams inbound_gaps applied`. The only SQL here.

use std::collections::BTreeMap;

use openred_core::{
    envelope::{MessageType, Verified},
    ids::{Hash, Id8},
    json,
};
use openred_service::database::{DbError, Tx, Value};

use crate::{
    modules::contacts::store as contacts,
    modules::contacts::store::StoreError,
    seal::{SealBroken, Sealer},
};

/// Recipients given their deliveries by one transaction. Small: what people write at the same time shares it and waits
/// for it.
pub const EXPAND_CHUNK: i64 = 120;

/// Who is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// One person (`connections.id`).
    Person(i64),
    /// All friends, but for one (who sent what is forwarded).
    Friends {
        /// Left out.
        except: Option<i64>,
    },
    /// Friends and followers, but for one.
    Public {
        /// Left out.
        except: Option<i64>,
    },
}

/// A delivery that waits for its recipient.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// `deliveries.id`.
    pub id: i64,
    /// Place in the stream.
    pub n: u64,
    /// 1 envelope, 2 tombstone (Annex A.5).
    pub kind: u64,
    /// Canonical envelope, empty for tombstones.
    pub body: Vec<u8>,
}

/// Queues a signed envelope in the transaction of the thing itself. Returns `outbox.id`.
pub fn say(tx: &Tx<'_>, seal: &Sealer, what: &Verified, to: Audience, now: u64) -> Result<(), DbError> {
    let (audience, person, except) = match to {
        Audience::Person(id) => ("person", Value::Int(id), Value::Null),
        Audience::Friends { except } => ("friends", Value::Null, except.map_or(Value::Null, Value::Int)),
        Audience::Public { except } => ("public", Value::Null, except.map_or(Value::Null, Value::Int)),
    };
    tx.execute(
        "INSERT INTO outbox (message_id, what, audience, person, except_person, body, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            Value::Blob(what.message_id().0.to_vec()),
            Value::Text(what.envelope().kind.as_str().to_owned()),
            Value::Text(audience.to_owned()),
            person,
            except,
            Value::Blob(seal.seal("outbox.body", what.canonical())),
            Value::Int(now as i64),
        ],
    )?;
    Ok(())
}

/// Notes a thing to say to one person; the delivery job signs it and moves it to the outbox.
pub fn draft(
    tx: &Tx<'_>,
    seal: &Sealer,
    person: i64,
    what: MessageType,
    payload: &json::Value,
    now: u64,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO drafts (person, what, payload, created_at) VALUES ($1, $2, $3, $4)",
        &[
            Value::Int(person),
            Value::Text(what.as_str().to_owned()),
            Value::Blob(seal.seal("drafts.payload", &json::canonical(payload))),
            Value::Int(now as i64),
        ],
    )?;
    Ok(())
}

/// A draft to sign.
#[derive(Debug)]
pub struct Draft {
    /// `drafts.id`.
    pub id: i64,
    /// Recipient.
    pub person: i64,
    /// Type text.
    pub what: String,
    /// Payload JSON.
    pub payload: Vec<u8>,
    /// When it was noted, unix ms: its place in the order of what is said.
    pub created_at: u64,
}

/// The oldest drafts.
pub fn drafts(tx: &Tx<'_>, seal: &Sealer, limit: i64) -> Result<Vec<Draft>, StoreError> {
    let rows = tx.all(
        "SELECT id, person, what, payload, created_at FROM drafts ORDER BY id LIMIT $1",
        &[Value::Int(limit)],
    )?;
    rows.iter()
        .map(|row| {
            Ok(Draft {
                id: row.int(0)?,
                person: row.int(1)?,
                what: row.text(2)?.to_owned(),
                payload: seal.open("drafts.payload", row.blob(3)?)?,
                created_at: row.uint(4)?,
            })
        })
        .collect()
}

/// Replaces a draft by its signed form. False when it was already gone.
pub fn signed(tx: &Tx<'_>, seal: &Sealer, draft: &Draft, envelope: &Verified) -> Result<bool, DbError> {
    if tx.execute("DELETE FROM drafts WHERE id = $1", &[Value::Int(draft.id)])? == 0 {
        return Ok(false);
    }
    say(tx, seal, envelope, Audience::Person(draft.person), draft.created_at)?;
    Ok(true)
}

/// Drops a draft that cannot be signed.
pub fn drop_draft(tx: &Tx<'_>, id: i64) -> Result<(), DbError> {
    tx.execute("DELETE FROM drafts WHERE id = $1", &[Value::Int(id)])?;
    Ok(())
}

/// Gives the next recipients of the oldest unexpanded things their deliveries, at most one chunk.
/// Returns the people who got something, and whether more is left.
pub fn expand(tx: &Tx<'_>, now: u64) -> Result<(Vec<i64>, bool), DbError> {
    let sql = "SELECT id, audience, person, except_person, expanded_to FROM outbox WHERE expanded = 0 AND created_at < COALESCE((SELECT min(created_at) FROM drafts), $2) ORDER BY created_at, id LIMIT $1";
    let rows = tx.all(sql, &[Value::Int(EXPAND_CHUNK), Value::Int(i64::MAX)])?;
    let (mut new, mut room) = (Vec::new(), EXPAND_CHUNK);
    let mut more = rows.len() as i64 == EXPAND_CHUNK;
    for row in &rows {
        let (outbox, audience, after) = (row.int(0)?, row.text(1)?.to_owned(), row.int(4)?);
        let recipients = match audience.as_str() {
            "person" => row.opt_int(2)?.into_iter().collect(),
            public_or_friends => contacts::audience(tx, public_or_friends == "public", after, room)?,
        };
        let done = audience == "person" || (recipients.len() as i64) < room;
        let except = row.opt_int(3)?;
        new.extend(recipients.iter().filter(|&&p| Some(p) != except).map(|&person| (outbox, person)));
        room -= recipients.len() as i64;
        let last = recipients.last().copied().unwrap_or(after);
        tx.execute(
            "UPDATE outbox SET expanded = $2, expanded_to = $3 WHERE id = $1",
            &[Value::Int(outbox), Value::Int(done.into()), Value::Int(last)],
        )?;
        if !done || room <= 0 {
            more = true;
            break;
        }
    }
    Ok((deliver(tx, &new, now)?, more))
}

/// Gives these (`outbox.id`, person) deliveries at the next places of each person's stream. Returns the people.
fn deliver(tx: &Tx<'_>, new: &[(i64, i64)], now: u64) -> Result<Vec<i64>, DbError> {
    let mut places = BTreeMap::<i64, i64>::new();
    for (_, person) in new {
        *places.entry(*person).or_default() += 1;
    }
    for (&person, place) in &mut places {
        *place = reserve(tx, person, *place, now)?;
    }
    let sql =
        "INSERT INTO deliveries (outbox_id, person, n, state, since_at) VALUES ($1, $2, $3, 'waiting', $4)";
    for &(outbox, person) in new {
        let Some(n) = places.get_mut(&person) else { continue };
        tx.execute(sql, &[Value::Int(outbox), Value::Int(person), Value::Int(*n), Value::Int(now as i64)])?;
        *n += 1;
    }
    Ok(places.into_keys().collect())
}

/// Takes the next `count` places of a person's stream, due at once. Returns the first.
fn reserve(tx: &Tx<'_>, person: i64, count: i64, now: u64) -> Result<i64, DbError> {
    let sql = "UPDATE streams SET next_n = next_n + $3, next_at = $2 WHERE person = $1 RETURNING next_n - $3";
    let values = [Value::Int(person), Value::Int(now as i64), Value::Int(count)];
    if let Some(row) = tx.one(sql, &values)? {
        return row.int(0);
    }
    let mut stream = [0u8; 8];
    getrandom::fill(&mut stream).map_err(|e| DbError::Corrupt(e.to_string()))?;
    tx.execute(
        "INSERT INTO streams (person, stream, next_n, next_at) VALUES ($1, $2, $3, $4)",
        &[Value::Int(person), Value::Blob(stream.to_vec()), Value::Int(count + 1), Value::Int(now as i64)],
    )?;
    Ok(1)
}

/// Things that somebody has not acknowledged, after `after` (`outbox.id`): their ids and canonical envelopes.
pub fn unacknowledged(
    tx: &Tx<'_>,
    seal: &Sealer,
    after: i64,
    limit: i64,
) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    let sql = "SELECT id, body FROM outbox WHERE id > $1 AND (expanded = 0 OR EXISTS (SELECT 1 FROM deliveries d WHERE d.outbox_id = outbox.id AND d.state IN ('waiting', 'queued'))) ORDER BY id LIMIT $2";
    let rows = tx.all(sql, &[Value::Int(after), Value::Int(limit)])?;
    rows.iter().map(|row| Ok((row.int(0)?, seal.open("outbox.body", row.blob(1)?)?))).collect()
}

/// The same thing under a new signature: its message id stays.
pub fn sign_again(tx: &Tx<'_>, seal: &Sealer, id: i64, canonical: &[u8]) -> Result<(), DbError> {
    let sealed = seal.seal("outbox.body", canonical);
    tx.execute("UPDATE outbox SET body = $2 WHERE id = $1", &[Value::Int(id), Value::Blob(sealed)])?;
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
    let sql = "SELECT COALESCE((SELECT min(n) FROM deliveries WHERE person = $1 AND state IN ('waiting', 'queued', 'withdrawn')), (SELECT next_n FROM streams WHERE person = $1), 1)";
    Ok(tx.one(sql, &[Value::Int(person)])?.map_or(Ok(1), |row| row.int(0))? as u64)
}

/// What waits for a person from `from_n` on, in order.
pub fn waiting(
    tx: &Tx<'_>,
    seal: &Sealer,
    person: i64,
    from_n: u64,
    limit: i64,
) -> Result<Vec<Waiting>, StoreError> {
    let sql = "SELECT d.id, d.n, d.state, o.body FROM deliveries d JOIN outbox o ON o.id = d.outbox_id WHERE d.person = $1 AND d.n >= $2 AND d.state IN ('waiting', 'queued', 'withdrawn') ORDER BY d.n LIMIT $3";
    let rows = tx.all(sql, &[Value::Int(person), Value::Int(from_n as i64), Value::Int(limit)])?;
    rows.iter()
        .map(|row| {
            let dead = row.text(2)? == "withdrawn";
            let body = if dead { Vec::new() } else { seal.open("outbox.body", row.blob(3)?)? };
            Ok(Waiting { id: row.int(0)?, n: row.uint(1)?, kind: if dead { 2 } else { 1 }, body })
        })
        .collect()
}

/// People for whom something waits, due by `now`; at most `limit`.
pub fn due(tx: &Tx<'_>, now: u64, limit: i64) -> Result<Vec<i64>, DbError> {
    let sql = "SELECT person FROM streams WHERE next_at <= $1 AND EXISTS (SELECT 1 FROM deliveries d WHERE d.person = streams.person AND d.state IN ('waiting', 'queued')) LIMIT $2";
    tx.all(sql, &[Value::Int(now as i64), Value::Int(limit)])?.iter().map(|row| row.int(0)).collect()
}

/// When the next person after `now` is to be tried (unix ms).
pub fn next_due(tx: &Tx<'_>, now: u64) -> Result<Option<u64>, DbError> {
    let row = tx.one("SELECT min(next_at) FROM streams WHERE next_at > $1", &[Value::Int(now as i64)])?;
    let Some(row) = row else { return Ok(None) };
    row.opt_uint(0)
}

/// Everything up to `upto`, and `also`, arrived. Returns the outbox rows touched, as message ids.
pub fn delivered(tx: &Tx<'_>, person: i64, upto: u64, also: &[u64], now: u64) -> Result<Vec<Hash>, DbError> {
    let sql = "UPDATE deliveries SET state = 'delivered', since_at = $3, reason = '' WHERE person = $1 AND n <= $2 AND state IN ('waiting', 'queued') RETURNING outbox_id";
    let mut rows = tx.all(sql, &[Value::Int(person), Value::Int(upto as i64), Value::Int(now as i64)])?;
    for &n in also {
        let sql = "UPDATE deliveries SET state = 'delivered', since_at = $3, reason = '' WHERE person = $1 AND n = $2 AND state IN ('waiting', 'queued') RETURNING outbox_id";
        rows.extend(tx.all(sql, &[Value::Int(person), Value::Int(n as i64), Value::Int(now as i64)])?);
    }
    // Tombstones that arrived need not be said again.
    tx.execute(
        "DELETE FROM deliveries WHERE person = $1 AND n <= $2 AND state = 'withdrawn'",
        &[Value::Int(person), Value::Int(upto as i64)],
    )?;
    if !rows.is_empty() {
        settle(tx, person)?;
    }
    let mut ids = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(found) =
            tx.one("SELECT message_id FROM outbox WHERE id = $1", &[Value::Int(row.int(0)?)])?
        {
            ids.push(Hash(found.bytes(0)?));
        }
    }
    Ok(ids)
}

/// The person is reached; without anything that waits there is no next try.
fn settle(tx: &Tx<'_>, person: i64) -> Result<(), DbError> {
    let sql = "UPDATE streams SET tries = 0, reason = '', next_at = CASE WHEN EXISTS (SELECT 1 FROM deliveries d WHERE d.person = $1 AND d.state IN ('waiting', 'queued')) THEN next_at END WHERE person = $1";
    tx.execute(sql, &[Value::Int(person)])?;
    Ok(())
}

/// The person could not be reached: all that waits for them comes again at `next_at`, with the reason.
pub fn postpone(tx: &Tx<'_>, person: i64, reason: &'static str, next_at: u64) -> Result<(), DbError> {
    let sql = "UPDATE streams SET tries = tries + 1, next_at = $2, reason = $3 WHERE person = $1";
    tx.execute(sql, &[Value::Int(person), Value::Int(next_at as i64), Value::Text(reason.to_owned())])?;
    Ok(())
}

/// The person was seen: what waits is due now. Returns 0 when nothing waits.
pub fn hasten(tx: &Tx<'_>, person: i64, now: u64) -> Result<u64, DbError> {
    if !waits_for(tx, person)? {
        return Ok(0);
    }
    let sql = "UPDATE streams SET next_at = $2 WHERE person = $1";
    tx.execute(sql, &[Value::Int(person), Value::Int(now as i64)])
}

/// How often the person was tried in vain, for the backoff.
pub fn tries(tx: &Tx<'_>, person: i64) -> Result<u64, DbError> {
    let row = tx.one("SELECT tries FROM streams WHERE person = $1", &[Value::Int(person)])?;
    row.map_or(Ok(0), |row| row.uint(0))
}

/// The peer refused one item for good: it is past its place in the stream, and the owner is told.
pub fn fail(tx: &Tx<'_>, person: i64, n: u64, reason: &str, now: u64) -> Result<bool, DbError> {
    let sql = "UPDATE deliveries SET state = 'failed', reason = $3, since_at = $4 WHERE person = $1 AND n = $2 AND state <> 'withdrawn'";
    let values =
        [Value::Int(person), Value::Int(n as i64), Value::Text(reason.to_owned()), Value::Int(now as i64)];
    Ok(tx.execute(sql, &values)? > 0)
}

/// Sends a failed delivery again, at a new place in the stream. False when there is no such failed delivery.
fn again(tx: &Tx<'_>, delivery: i64, now: u64) -> Result<bool, DbError> {
    let sql = "DELETE FROM deliveries WHERE id = $1 AND state = 'failed' RETURNING outbox_id, person";
    let Some(row) = tx.one(sql, &[Value::Int(delivery)])? else { return Ok(false) };
    deliver(tx, &[(row.int(0)?, row.int(1)?)], now)?;
    Ok(true)
}

/// Drops everything that waits for a person (removed, blocked).
pub fn withdraw_all(tx: &Tx<'_>, person: i64, now: u64) -> Result<(), DbError> {
    let sql = "UPDATE deliveries SET state = 'withdrawn', since_at = $2 WHERE person = $1 AND state IN ('waiting', 'queued')";
    tx.execute(sql, &[Value::Int(person), Value::Int(now as i64)])?;
    Ok(())
}

/// Whether the id was acted on before; remembers it until `until` (unix ms) otherwise.
pub fn first_time(tx: &Tx<'_>, id: &Hash, until: u64) -> Result<bool, DbError> {
    let sql =
        "INSERT INTO applied (message_id, until_at) VALUES ($1, $2) ON CONFLICT (message_id) DO NOTHING";
    Ok(tx.execute(sql, &[Value::Blob(id.0.to_vec()), Value::Int(until as i64)])? == 1)
}

/// How far a person's stream is applied; 0 for a new one.
pub fn inbound_upto(tx: &Tx<'_>, person: i64, stream: &Id8) -> Result<u64, DbError> {
    let sql = "SELECT upto FROM inbound_streams WHERE person = $1 AND stream = $2";
    let row = tx.one(sql, &[Value::Int(person), Value::Blob(stream.0.to_vec())])?;
    Ok(row.map_or(Ok(0), |r| r.int(0))? as u64)
}

/// Moves a person's stream on.
pub fn set_inbound(tx: &Tx<'_>, person: i64, stream: &Id8, upto: u64, now: u64) -> Result<(), DbError> {
    let sql = "INSERT INTO inbound_streams (person, stream, upto, touched_at) VALUES ($1, $2, $3, $4) ON CONFLICT (person, stream) DO UPDATE SET upto = $3, touched_at = $4 WHERE inbound_streams.upto < $3";
    let values =
        [Value::Int(person), Value::Blob(stream.0.to_vec()), Value::Int(upto as i64), Value::Int(now as i64)];
    tx.execute(sql, &values)?;
    Ok(())
}

/// Keeps an item that came ahead of its turn.
pub fn keep_gap(
    tx: &Tx<'_>,
    seal: &Sealer,
    person: i64,
    stream: &Id8,
    item: (u64, u64, &[u8]),
    now: u64,
) -> Result<(), DbError> {
    let (n, kind, body) = item;
    let sql = "INSERT INTO inbound_gaps (person, stream, n, kind, body, received_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (person, stream, n) DO NOTHING";
    let values = [
        Value::Int(person),
        Value::Blob(stream.0.to_vec()),
        Value::Int(n as i64),
        Value::Int(kind as i64),
        Value::Blob(seal.seal("inbound_gaps.body", body)),
        Value::Int(now as i64),
    ];
    tx.execute(sql, &values)?;
    Ok(())
}

/// Takes the kept item with this n, or with the lowest n when none is named.
pub fn take_gap(
    tx: &Tx<'_>,
    seal: &Sealer,
    person: i64,
    stream: &Id8,
    n: u64,
) -> Result<Option<(u64, Vec<u8>)>, StoreError> {
    let sql = "DELETE FROM inbound_gaps WHERE person = $1 AND stream = $2 AND n = $3 RETURNING kind, body";
    let values = [Value::Int(person), Value::Blob(stream.0.to_vec()), Value::Int(n as i64)];
    let Some(row) = tx.one(sql, &values)? else { return Ok(None) };
    Ok(Some((row.uint(0)?, seal.open("inbound_gaps.body", row.blob(1)?)?)))
}

/// Rows past their age: remembered ids, gaps of a day, deliveries done 30 days ago and their things.
pub fn trim(tx: &Tx<'_>, now: u64) -> Result<(), DbError> {
    const DAY_MS: u64 = 86_400_000;
    let before = |days: u64| Value::Int(now.saturating_sub(days * DAY_MS) as i64);
    tx.execute("DELETE FROM applied WHERE until_at < $1", &[Value::Int(now as i64)])?;
    tx.execute("DELETE FROM inbound_gaps WHERE received_at < $1", &[before(1)])?;
    tx.execute("DELETE FROM deliveries WHERE state = 'delivered' AND since_at < $1", &[before(30)])?;
    tx.execute(
        "DELETE FROM outbox WHERE expanded = 1 AND created_at < $1 AND NOT EXISTS (SELECT 1 FROM deliveries WHERE outbox_id = outbox.id)",
        &[before(30)],
    )?;
    Ok(())
}

impl From<SealBroken> for DbError {
    fn from(broken: SealBroken) -> Self {
        Self::Corrupt(broken.to_string())
    }
}

/// Whether anything waits for a person.
pub fn waits_for(tx: &Tx<'_>, person: i64) -> Result<bool, DbError> {
    let sql = "SELECT 1 FROM deliveries WHERE person = $1 AND state IN ('waiting', 'queued') LIMIT 1";
    Ok(tx.one(sql, &[Value::Int(person)])?.is_some())
}

/// A delivery as the owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// `deliveries.id`.
    pub id: i64,
    /// Recipient.
    pub person: i64,
    /// Type text.
    pub what: String,
    /// `waiting queued failed`.
    pub state: String,
    /// Stable code.
    pub reason: String,
    /// Unix ms.
    pub since_at: u64,
    /// Unix ms.
    pub next_at: u64,
}

/// What has not arrived, the newest first, below `before`.
pub fn open(tx: &Tx<'_>, before: i64, limit: i64) -> Result<Vec<Open>, DbError> {
    let sql = "SELECT d.id, d.person, o.what, d.state, CASE WHEN d.state = 'failed' THEN d.reason ELSE s.reason END, d.since_at, COALESCE(s.next_at, d.since_at) FROM deliveries d JOIN outbox o ON o.id = d.outbox_id JOIN streams s ON s.person = d.person WHERE d.state IN ('waiting', 'queued', 'failed') AND d.id < $1 ORDER BY d.id DESC LIMIT $2";
    let rows = tx.all(sql, &[Value::Int(before), Value::Int(limit)])?;
    rows.iter()
        .map(|row| {
            Ok(Open {
                id: row.int(0)?,
                person: row.int(1)?,
                what: row.text(2)?.to_owned(),
                state: row.text(3)?.to_owned(),
                reason: row.text(4)?.to_owned(),
                since_at: row.uint(5)?,
                next_at: row.uint(6)?,
            })
        })
        .collect()
}

/// How many wait, and how many failed for good.
pub fn counts(tx: &Tx<'_>) -> Result<(u64, u64), DbError> {
    let sql = "SELECT COALESCE(sum(CASE WHEN state IN ('waiting', 'queued') THEN 1 ELSE 0 END), 0), COALESCE(sum(CASE WHEN state = 'failed' THEN 1 ELSE 0 END), 0) FROM deliveries WHERE state IN ('waiting', 'queued', 'failed')";
    tx.one(sql, &[])?.map_or(Ok((0, 0)), |row| Ok((row.uint(0)?, row.uint(1)?)))
}

/// Tries a delivery again, whether it waits or failed. False when there is none.
pub fn retry(tx: &Tx<'_>, id: i64, now: u64) -> Result<bool, DbError> {
    let sql = "UPDATE streams SET next_at = $2 WHERE person = (SELECT person FROM deliveries WHERE id = $1 AND state IN ('waiting', 'queued'))";
    let waits = tx.execute(sql, &[Value::Int(id), Value::Int(now as i64)])? == 1;
    if waits { Ok(true) } else { again(tx, id, now) }
}

/// Takes one delivery back, or forgets one that failed. False when there is none.
pub fn withdraw(tx: &Tx<'_>, id: i64, now: u64) -> Result<bool, DbError> {
    let sql = "UPDATE deliveries SET state = 'withdrawn', since_at = $2 WHERE id = $1 AND state IN ('waiting', 'queued', 'failed')";
    Ok(tx.execute(sql, &[Value::Int(id), Value::Int(now as i64)])? == 1)
}

/// Takes a thing back from everybody who does not have it yet, and forgets its words: what was deleted.
pub fn withdraw_message(tx: &Tx<'_>, id: &Hash, now: u64) -> Result<(), DbError> {
    let sql = "UPDATE deliveries SET state = 'withdrawn', since_at = $2 WHERE state IN ('waiting', 'queued', 'failed') AND outbox_id IN (SELECT id FROM outbox WHERE message_id = $1)";
    tx.execute(sql, &[Value::Blob(id.0.to_vec()), Value::Int(now as i64)])?;
    let sql = "UPDATE outbox SET body = $2, expanded = 1 WHERE message_id = $1";
    tx.execute(sql, &[Value::Blob(id.0.to_vec()), Value::Blob(Vec::new())])?;
    Ok(())
}
