//! Rows of delivery: `outbox drafts applied`. `deliveries streams` and what comes in have stores of their own beside.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use openred_core::{
    envelope::{MessageType, Verified},
    ids::Hash,
    json,
};
use openred_service::database::{DbError, Row, Tx, Value};

use super::streams::store as streams;
pub use super::streams::store::{
    Open, Waiting, carried_at, counts, delivered, doubt, due, fail, hasten, low, next_due, open, postpone,
    retry, stream_of, tries, waiting, waits_for, withdraw, withdraw_all,
};
use crate::{
    modules::{
        contacts::store::{self as contacts, StoreError},
        feed::things::{Column, Thing, store as things},
        network::store as network,
    },
    seal::{SealBroken, Sealer},
};

const BODY: &str = "outbox.body";

/// Recipients given their deliveries by one transaction: what people write at the same time shares it and waits for it,
/// a few milliseconds. Not smaller, because a transaction writes a page for each person, however few rows are on it.
const EXPAND_CHUNK: i64 = 1_000;

/// What one transaction gave to the recipients.
#[derive(Debug)]
pub struct Expanded {
    /// People who are to be reached now.
    pub people: Vec<i64>,
    /// New deliveries.
    pub deliveries: usize,
    /// Whether more is left.
    pub more: bool,
}

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

/// Where the bytes of a thing to say stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    /// In the outbox alone.
    Body,
    /// With the post, comment or reaction that it made.
    With(Thing),
}

impl Held {
    fn of(row: &Row, held: usize, thing: usize) -> Result<Self, DbError> {
        match (Column::from_number(row.int(held)?), row.opt_int(thing)?) {
            (Some(column), Some(row)) => Ok(Self::With(Thing { column, row })),
            _ => Ok(Self::Body),
        }
    }

    fn values(self) -> (Value, Value) {
        match self {
            Self::Body => (Value::Int(0), Value::Null),
            Self::With(thing) => (thing.column.number().into(), thing.row.into()),
        }
    }
}

/// Queues a signed envelope in the transaction of the thing itself, after the thing was written.
pub fn say(tx: &Tx<'_>, seal: &Sealer, what: &Verified, to: Audience, now: u64) -> Result<(), DbError> {
    say_for(tx, seal, what, to, None, now)
}

/// The same, for a message of a conversation (`chat_messages.id`).
fn say_for(
    tx: &Tx<'_>,
    seal: &Sealer,
    what: &Verified,
    to: Audience,
    chat_message: Option<i64>,
    now: u64,
) -> Result<(), DbError> {
    let (audience, person, except) = match to {
        Audience::Person(id) => ("person", Value::Int(id), Value::Null),
        Audience::Friends { except } => ("friends", Value::Null, except.map_or(Value::Null, Value::Int)),
        Audience::Public { except } => ("public", Value::Null, except.map_or(Value::Null, Value::Int)),
    };
    if matches!(to, Audience::Public { .. }) {
        network::publish(tx, seal, &what.message_id(), what.canonical(), now)?;
    }
    let held = things::find(tx, seal, what)?.map_or(Held::Body, Held::With);
    let body = match held {
        Held::Body => Value::Blob(seal.seal(BODY, what.canonical())),
        Held::With(_) => Value::Null,
    };
    let (held, thing) = held.values();
    tx.execute(
        "INSERT INTO outbox (message_id, what, audience, person, except_person, held, thing, body, created_at, chat_message) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &[
            Value::Blob(what.message_id().0.to_vec()),
            what.envelope().kind.as_str().into(),
            audience.into(),
            person,
            except,
            held,
            thing,
            body,
            Value::Int(now as i64),
            chat_message.map_or(Value::Null, Value::Int),
        ],
    )?;
    Ok(())
}

/// Reads the envelope of an outbox row whose `message_id, held, thing, body` begin at column `at`; none when what it
/// said was taken back or was followed by something newer.
pub(super) fn envelope(
    tx: &Tx<'_>,
    seal: &Sealer,
    row: &Row,
    at: usize,
) -> Result<Option<Vec<u8>>, StoreError> {
    match Held::of(row, at + 1, at + 2)? {
        Held::With(thing) => Ok(things::envelope(tx, seal, thing, &Hash(row.bytes(at)?))?),
        Held::Body => match row.opt_blob(at + 3)? {
            Some(sealed) if !sealed.is_empty() => Ok(Some(seal.open(BODY, sealed)?)),
            _ => Ok(None),
        },
    }
}

/// Notes a thing to say to one person; the delivery job signs it and moves it to the outbox. `chat_message` is the message
/// of a conversation (`chat_messages.id`) that it carries.
pub fn draft(
    tx: &Tx<'_>,
    seal: &Sealer,
    person: i64,
    what: MessageType,
    payload: &json::Value,
    chat_message: Option<i64>,
    now: u64,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO drafts (person, what, payload, created_at, chat_message) VALUES ($1, $2, $3, $4, $5)",
        &[
            Value::Int(person),
            Value::Text(what.as_str().to_owned()),
            Value::Blob(seal.seal("drafts.payload", &json::canonical(payload))),
            Value::Int(now as i64),
            chat_message.map_or(Value::Null, Value::Int),
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
    /// The message of a conversation that it carries.
    pub chat_message: Option<i64>,
}

/// The oldest drafts.
pub fn drafts(tx: &Tx<'_>, seal: &Sealer, limit: i64) -> Result<Vec<Draft>, StoreError> {
    let rows = tx.all(
        "SELECT id, person, what, payload, created_at, chat_message FROM drafts ORDER BY id LIMIT $1",
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
                chat_message: row.opt_int(5)?,
            })
        })
        .collect()
}

/// Replaces a draft by its signed form. False when it was already gone.
pub fn signed(tx: &Tx<'_>, seal: &Sealer, draft: &Draft, envelope: &Verified) -> Result<bool, DbError> {
    if tx.execute("DELETE FROM drafts WHERE id = $1", &[Value::Int(draft.id)])? == 0 {
        return Ok(false);
    }
    let to = Audience::Person(draft.person);
    say_for(tx, seal, envelope, to, draft.chat_message, draft.created_at)?;
    Ok(true)
}

/// Drops a draft that cannot be signed.
pub fn drop_draft(tx: &Tx<'_>, id: i64) -> Result<(), DbError> {
    tx.execute("DELETE FROM drafts WHERE id = $1", &[Value::Int(id)])?;
    Ok(())
}

/// Gives the next recipients of the oldest unexpanded things their deliveries, at most one chunk.
pub fn expand(tx: &Tx<'_>, now: u64) -> Result<Expanded, DbError> {
    let sql = "SELECT id, audience, person, except_person, expanded_to FROM outbox WHERE expanded = 0 AND created_at < COALESCE((SELECT min(created_at) FROM drafts), $2) ORDER BY created_at, id LIMIT $1";
    let rows = tx.all(sql, &[Value::Int(EXPAND_CHUNK), Value::Int(i64::MAX)])?;
    let (mut new, mut urgent, mut room) = (Vec::new(), BTreeSet::new(), EXPAND_CHUNK as usize);
    let mut audiences = Audiences::default();
    let mut more = rows.len() as i64 == EXPAND_CHUNK;
    for row in &rows {
        let (outbox, after) = (row.int(0)?, row.int(4)?);
        let (recipients, done) = match row.opt_int(2)? {
            Some(person) => {
                urgent.insert(person);
                (vec![person], true)
            }
            None => audiences.next(tx, row.text(1)? == "public", after, room)?,
        };
        let except = row.opt_int(3)?;
        let before = new.len();
        new.extend(recipients.iter().filter(|&&p| Some(p) != except).map(|&person| (outbox, person)));
        room = room.saturating_sub(recipients.len());
        let (last, count) = (recipients.last().copied().unwrap_or(after), new.len() - before);
        tx.execute(
            "UPDATE outbox SET expanded = $2, expanded_to = $3, recipients = recipients + $4 WHERE id = $1",
            &[Value::Int(outbox), done.into(), Value::Int(last), Value::Int(count as i64)],
        )?;
        if !done || room == 0 {
            more = true;
            break;
        }
    }
    let people = streams::deliver(tx, &new, &urgent, now)?;
    Ok(Expanded { people, deliveries: new.len(), more })
}

/// Audiences read for one chunk: many things of a chunk are for the same people.
#[derive(Debug, Default)]
struct Audiences(BTreeMap<(bool, i64), Vec<i64>>);

impl Audiences {
    /// The next of an audience after `after`, at most `room`, and whether these are the last.
    fn next(
        &mut self,
        tx: &Tx<'_>,
        public: bool,
        after: i64,
        room: usize,
    ) -> Result<(Vec<i64>, bool), DbError> {
        let read = match self.0.entry((public, after)) {
            Entry::Occupied(read) => read.into_mut(),
            Entry::Vacant(empty) => empty.insert(contacts::audience(tx, public, after, EXPAND_CHUNK)?),
        };
        let taken = &read[..read.len().min(room)];
        let done = taken.len() == read.len() && (read.len() as i64) < EXPAND_CHUNK;
        Ok((taken.to_vec(), done))
    }
}

/// Something that somebody has not acknowledged.
#[derive(Debug)]
pub struct Unacknowledged {
    /// `outbox.id`.
    pub id: i64,
    /// Canonical envelope.
    pub envelope: Vec<u8>,
}

/// Things that somebody has not acknowledged, after `after` (`outbox.id`), and the last row that was looked at.
pub fn unacknowledged(
    tx: &Tx<'_>,
    seal: &Sealer,
    after: i64,
    limit: i64,
) -> Result<(Vec<Unacknowledged>, Option<i64>), StoreError> {
    let sql = "SELECT id, message_id, held, thing, body FROM outbox WHERE id > $1 AND (expanded = 0 OR EXISTS (SELECT 1 FROM deliveries d WHERE d.outbox_id = outbox.id AND d.state < 2)) ORDER BY id LIMIT $2";
    let rows = tx.all(sql, &[Value::Int(after), Value::Int(limit)])?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        if let Some(envelope) = envelope(tx, seal, row, 1)? {
            found.push(Unacknowledged { id: row.int(0)?, envelope });
        }
    }
    Ok((found, rows.last().map(|row| row.int(0)).transpose()?))
}

/// The same thing under a new signature, wherever it stands: its message id stays.
pub fn sign_again(tx: &Tx<'_>, seal: &Sealer, id: i64, canonical: &[u8]) -> Result<(), DbError> {
    let sql = "SELECT message_id, held, thing FROM outbox WHERE id = $1";
    let Some(row) = tx.one(sql, &[Value::Int(id)])? else { return Ok(()) };
    match Held::of(&row, 1, 2)? {
        Held::With(thing) => things::sign_again(tx, seal, thing, (&Hash(row.bytes(0)?), canonical)),
        Held::Body => {
            let sql = "UPDATE outbox SET body = $2 WHERE id = $1";
            tx.execute(sql, &[Value::Int(id), seal.seal(BODY, canonical).into()]).map(drop)
        }
    }
}

/// Takes a thing back from everybody who does not have it yet: what was deleted.
pub fn take_back(tx: &Tx<'_>, thing: Thing, now: u64) -> Result<(), DbError> {
    let values = [Value::Int(thing.row), Value::Int(thing.column.number()), Value::Int(now as i64)];
    let sql = "UPDATE outbox SET expanded = 1, recipients = recipients - (SELECT count(*) FROM deliveries d WHERE d.outbox_id = outbox.id AND d.state < 2) WHERE thing = $1 AND held = $2";
    if tx.execute(sql, &values[..2])? == 0 {
        return Ok(());
    }
    let sql = "UPDATE deliveries SET state = 2, since_at = $3 WHERE state < 2 AND outbox_id IN (SELECT id FROM outbox WHERE thing = $1 AND held = $2)";
    tx.execute(sql, &values).map(drop)
}

/// The same for a thing that a circle carries ([`Thing::carried`]): what is neither signed nor acknowledged yet.
pub fn take_back_carried(tx: &Tx<'_>, carried: i64, now: u64) -> Result<(), DbError> {
    tx.execute("DELETE FROM drafts WHERE chat_message = $1", &[carried.into()])?;
    let sql = "UPDATE outbox SET expanded = 1, recipients = recipients - (SELECT count(*) FROM deliveries d WHERE d.outbox_id = outbox.id AND d.state < 2) WHERE chat_message = $1";
    if tx.execute(sql, &[carried.into()])? == 0 {
        return Ok(());
    }
    let sql = "UPDATE deliveries SET state = 2, since_at = $2 WHERE state < 2 AND outbox_id IN (SELECT id FROM outbox WHERE chat_message = $1)";
    tx.execute(sql, &[carried.into(), now.into()]).map(drop)
}

/// Drops what private conversations have queued and nobody has acknowledged: it was sealed with keys that are given up.
pub fn drop_private(tx: &Tx<'_>, now: u64) -> Result<(), DbError> {
    let what = || Value::Text(MessageType::DirectMessage.as_str().to_owned());
    tx.execute("DELETE FROM drafts WHERE what = $1", &[what()])?;
    let sql = "UPDATE outbox SET expanded = 1, recipients = recipients - (SELECT count(*) FROM deliveries d WHERE d.outbox_id = outbox.id AND d.state < 2) WHERE what = $1 AND (expanded = 0 OR EXISTS (SELECT 1 FROM deliveries d WHERE d.outbox_id = outbox.id AND d.state < 2))";
    tx.execute(sql, &[what()])?;
    let sql = "UPDATE deliveries SET state = 2, since_at = $2 WHERE state < 2 AND outbox_id IN (SELECT id FROM outbox WHERE what = $1)";
    tx.execute(sql, &[what(), Value::Int(now as i64)]).map(drop)
}

/// Whether the id was acted on before; remembers it until `until` (unix ms) otherwise.
pub fn first_time(tx: &Tx<'_>, id: &Hash, until: u64) -> Result<bool, DbError> {
    let sql =
        "INSERT INTO applied (message_id, until_at) VALUES ($1, $2) ON CONFLICT (message_id) DO NOTHING";
    Ok(tx.execute(sql, &[Value::Blob(id.0.to_vec()), Value::Int(until as i64)])? == 1)
}

/// Takes a [`first_time`] back, whose thing was not acted on.
pub fn forget(tx: &Tx<'_>, id: &Hash) -> Result<(), DbError> {
    tx.execute("DELETE FROM applied WHERE message_id = $1", &[Value::Blob(id.0.to_vec())])?;
    Ok(())
}

/// Rows past their age: remembered ids, deliveries done 30 days ago and their things.
pub fn trim(tx: &Tx<'_>, now: u64) -> Result<(), DbError> {
    const DAY_MS: u64 = 86_400_000;
    let before = |days: u64| Value::Int(now.saturating_sub(days * DAY_MS) as i64);
    tx.execute("DELETE FROM applied WHERE until_at < $1", &[Value::Int(now as i64)])?;
    tx.execute("DELETE FROM deliveries WHERE state = 3 AND since_at < $1", &[before(30)])?;
    tx.execute(
        "DELETE FROM outbox WHERE expanded = 1 AND created_at < $1 AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.outbox_id = outbox.id AND d.state < 2)",
        &[before(30)],
    )?;
    Ok(())
}

impl From<SealBroken> for DbError {
    fn from(broken: SealBroken) -> Self {
        Self::Corrupt(broken.to_string())
    }
}
