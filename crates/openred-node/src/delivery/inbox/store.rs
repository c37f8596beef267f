//! Rows of what comes in: `inbound_streams inbound_gaps held_back`. The only SQL here; every table is bounded per peer
//! and in all.

use openred_core::ids::{Hash, Id8};
use openred_service::database::{DbError, Tx, Value};

use crate::{modules::contacts::store::StoreError, seal::Sealer};

/// An item that came ahead of its turn is kept this long (PROTOCOL §5).
const GAP_MS: u64 = 86_400_000;
/// Items ahead of their turn, or ahead of time, of all peers together.
const ALL_MAX: i64 = 4_096;

/// What one peer may let lie here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Streams whose place is remembered; the one longest untouched makes room.
    pub streams: i64,
    /// Items ahead of their turn.
    pub gaps: i64,
    /// Their bytes, sealed.
    pub gap_bytes: i64,
    /// Items ahead of time.
    pub held: i64,
    /// Their bytes, sealed.
    pub held_bytes: i64,
}

impl Room {
    /// Of people with whom something is agreed.
    pub const CONTACT: Self =
        Self { streams: 64, gaps: 512, gap_bytes: 4 << 20, held: 256, held_bytes: 2 << 20 };
    /// Of everybody else.
    pub const STRANGER: Self =
        Self { streams: 4, gaps: 16, gap_bytes: 256 << 10, held: 4, held_bytes: 64 << 10 };
}

/// A place in a stream of a person (`connections.id`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Whose stream.
    pub person: i64,
    /// Which of theirs.
    pub stream: Id8,
    /// From 1.
    pub n: u64,
}

impl Place {
    fn values(&self) -> [Value; 3] {
        [Value::Int(self.person), Value::Blob(self.stream.0.to_vec()), Value::Int(self.n as i64)]
    }
}

/// How far a person's stream is applied; 0 for a new one.
pub fn upto(tx: &Tx<'_>, person: i64, stream: &Id8) -> Result<u64, DbError> {
    let sql = "SELECT upto FROM inbound_streams WHERE person = $1 AND stream = $2";
    let row = tx.one(sql, &[Value::Int(person), Value::Blob(stream.0.to_vec())])?;
    row.map_or(Ok(0), |row| row.uint(0))
}

/// Moves a person's stream on to `to.n`. Of more streams than there is room for, the one longest untouched is
/// forgotten: its sender's `low` finds the place again, and ids keep anything from being applied twice.
pub fn move_on(tx: &Tx<'_>, to: &Place, room: &Room, now: u64) -> Result<(), DbError> {
    let [person, stream, n] = to.values();
    let values = [person.clone(), stream.clone(), n, Value::Int(now as i64)];
    let sql = "UPDATE inbound_streams SET upto = $3, touched_at = $4 WHERE person = $1 AND stream = $2";
    if tx.execute(sql, &values)? > 0 {
        return Ok(());
    }
    tx.execute(
        "INSERT INTO inbound_streams (person, stream, upto, touched_at) VALUES ($1, $2, $3, $4)",
        &values,
    )?;
    let sql = "DELETE FROM inbound_streams WHERE person = $1 AND stream <> $2 AND stream NOT IN (SELECT stream FROM inbound_streams WHERE person = $1 AND stream <> $2 ORDER BY touched_at DESC, stream LIMIT $3)";
    tx.execute(sql, &[person, stream, Value::Int(room.streams - 1)])?;
    Ok(())
}

/// Keeps an item that came ahead of its turn. `kind`: see [`super::Checked`]. False when there is no room: it is not
/// acknowledged and comes again.
pub fn keep_gap(
    tx: &Tx<'_>,
    seal: &Sealer,
    at: &Place,
    (kind, body): (i64, &[u8]),
    room: &Room,
    now: u64,
) -> Result<bool, DbError> {
    let sealed = seal.seal("inbound_gaps.body", body);
    let sql = "SELECT count(*), COALESCE(sum(length(body)), 0) FROM inbound_gaps WHERE person = $1";
    let (items, bytes) = sums(tx, sql, at.person)?;
    let all = tx.one("SELECT count(*) FROM inbound_gaps", &[])?.map_or(Ok(0), |row| row.int(0))?;
    if items >= room.gaps || bytes + sealed.len() as i64 > room.gap_bytes || all >= ALL_MAX {
        return Ok(false);
    }
    let [person, stream, n] = at.values();
    let sql = "INSERT INTO inbound_gaps (person, stream, n, kind, body, received_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (person, stream, n) DO NOTHING";
    tx.execute(sql, &[person, stream, n, Value::Int(kind), Value::Blob(sealed), Value::Int(now as i64)])?;
    Ok(true)
}

/// Takes the kept item of a place; what is older than a day is not used any more.
pub fn take_gap(
    tx: &Tx<'_>,
    seal: &Sealer,
    at: &Place,
    now: u64,
) -> Result<Option<(i64, Vec<u8>)>, StoreError> {
    let sql = "DELETE FROM inbound_gaps WHERE person = $1 AND stream = $2 AND n = $3 RETURNING kind, body, received_at";
    let Some(row) = tx.one(sql, &at.values())? else { return Ok(None) };
    if row.uint(2)?.saturating_add(GAP_MS) < now {
        return Ok(None);
    }
    Ok(Some((row.int(0)?, seal.open("inbound_gaps.body", row.blob(1)?)?)))
}

/// Drops what was kept for places that the stream has passed.
pub fn drop_gaps_below(tx: &Tx<'_>, at: &Place) -> Result<(), DbError> {
    tx.execute("DELETE FROM inbound_gaps WHERE person = $1 AND stream = $2 AND n < $3", &at.values())?;
    Ok(())
}

/// An envelope whose time has not come.
#[derive(Debug, Clone)]
pub struct Held {
    /// Where it stood.
    pub at: Place,
    /// It came from somebody to be treated as a stranger.
    pub request_lane: bool,
    /// Canonical envelope.
    pub body: Vec<u8>,
}

/// Holds an envelope back until `due_at` (unix ms). False when there is no room.
pub fn hold(
    tx: &Tx<'_>,
    seal: &Sealer,
    (id, due_at): (&Hash, u64),
    held: &Held,
    room: &Room,
    now: u64,
) -> Result<bool, DbError> {
    let sealed = seal.seal("held_back.body", &held.body);
    let sql = "SELECT count(*), COALESCE(sum(length(body)), 0) FROM held_back WHERE person = $1";
    let (items, bytes) = sums(tx, sql, held.at.person)?;
    let all = tx.one("SELECT count(*) FROM held_back", &[])?.map_or(Ok(0), |row| row.int(0))?;
    if items >= room.held || bytes + sealed.len() as i64 > room.held_bytes || all >= ALL_MAX {
        return Ok(false);
    }
    let [person, stream, n] = held.at.values();
    let sql = "INSERT INTO held_back (message_id, person, request_lane, stream, n, body, due_at, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let values = [
        Value::Blob(id.0.to_vec()),
        person,
        Value::Int(held.request_lane.into()),
        stream,
        n,
        Value::Blob(sealed),
        Value::Int(due_at as i64),
        Value::Int(now as i64),
    ];
    tx.execute(sql, &values)?;
    Ok(true)
}

/// Takes the first envelope whose time has come: by time, then by place in the stream.
pub fn take_due(tx: &Tx<'_>, seal: &Sealer, now: u64) -> Result<Option<Held>, StoreError> {
    let sql = "DELETE FROM held_back WHERE message_id = (SELECT message_id FROM held_back WHERE due_at <= $1 ORDER BY due_at, person, n LIMIT 1) RETURNING person, stream, n, request_lane, body";
    let Some(row) = tx.one(sql, &[Value::Int(now as i64)])? else { return Ok(None) };
    Ok(Some(Held {
        at: Place { person: row.int(0)?, stream: Id8(row.bytes(1)?), n: row.uint(2)? },
        request_lane: row.flag(3)?,
        body: seal.open("held_back.body", row.blob(4)?)?,
    }))
}

/// When the next held envelope is due, unix ms.
pub fn next_due(tx: &Tx<'_>) -> Result<Option<u64>, DbError> {
    let row = tx.one("SELECT min(due_at) FROM held_back", &[])?;
    row.map_or(Ok(None), |row| row.opt_uint(0))
}

/// Items ahead of their turn that are older than a day.
pub fn trim(tx: &Tx<'_>, now: u64) -> Result<(), DbError> {
    let before = Value::Int(now.saturating_sub(GAP_MS) as i64);
    tx.execute("DELETE FROM inbound_gaps WHERE received_at < $1", &[before])?;
    Ok(())
}

fn sums(tx: &Tx<'_>, sql: &'static str, person: i64) -> Result<(i64, i64), DbError> {
    tx.one(sql, &[Value::Int(person)])?.map_or(Ok((0, 0)), |row| Ok((row.int(0)?, row.int(1)?)))
}
