//! Rows of `relay_routes mail_receipts`, and of `streams` what says how much lies at relays.

use openred_core::{ids::Id8, payload::RelayRoute};
use openred_service::database::{DbError, Tx, Value};

use crate::{modules::contacts::store::StoreError, seal::Sealer};

const ROUTE: &str = "relay_routes.route";
/// What lies at relays and is still not acknowledged after this is laid there again, before they drop it.
const AGAIN_MS: u64 = 8 * 86_400_000;

/// Where a person takes mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routes {
    /// Queues, the one to prefer first.
    pub relays: Vec<RelayRoute>,
    /// Told to everybody: what strangers may say goes there.
    pub lane: bool,
}

/// Replaces the queues that a person gave to this node alone (`lane` false) or tells everybody. What lies in others is
/// laid in the new ones too.
pub fn set_routes(
    tx: &Tx<'_>,
    seal: &Sealer,
    person: i64,
    lane: bool,
    relays: &[RelayRoute],
) -> Result<(), StoreError> {
    let held = read(tx, seal, person)?;
    let same = held.iter().filter(|(is_lane, _)| *is_lane == lane).map(|(_, route)| route);
    if same.eq(relays.iter()) {
        return Ok(());
    }
    let kept = held.iter().filter(|(is_lane, _)| *is_lane != lane).map(|(is_lane, route)| (*is_lane, route));
    let new = relays.iter().map(|route| (lane, route));
    tx.execute("DELETE FROM relay_routes WHERE person = $1", &[Value::Int(person)])?;
    for (place, (lane, route)) in kept.chain(new).enumerate() {
        let sealed = seal.seal(ROUTE, &serde_json::to_vec(route).unwrap_or_default());
        let values = [Value::Int(person), Value::Int(place as i64), lane.into(), Value::Blob(sealed)];
        let sql = "INSERT INTO relay_routes (person, place, lane, route) VALUES ($1, $2, $3, $4)";
        tx.execute(sql, &values)?;
    }
    Ok(lay_again(tx, person)?)
}

/// Where a person takes mail: what they gave to this node alone, or else their lane. None: nowhere.
pub fn routes(tx: &Tx<'_>, seal: &Sealer, person: i64) -> Result<Option<Routes>, StoreError> {
    let all = read(tx, seal, person)?;
    let lane = all.iter().all(|(is_lane, _)| *is_lane);
    let relays: Vec<_> =
        all.into_iter().filter(|(is_lane, _)| *is_lane == lane).map(|(_, route)| route).collect();
    Ok(Some(Routes { relays, lane }).filter(|routes| !routes.relays.is_empty()))
}

/// Forgets a queue that its relay does not know.
pub fn drop_route(tx: &Tx<'_>, seal: &Sealer, person: i64, gone: &RelayRoute) -> Result<(), StoreError> {
    for lane in [false, true] {
        let held = read(tx, seal, person)?;
        let kept = held.into_iter().filter(|(is_lane, route)| *is_lane == lane && route != gone);
        let kept: Vec<_> = kept.map(|(_, route)| route).collect();
        set_routes(tx, seal, person, lane, &kept)?;
    }
    Ok(())
}

fn read(tx: &Tx<'_>, seal: &Sealer, person: i64) -> Result<Vec<(bool, RelayRoute)>, StoreError> {
    let sql = "SELECT lane, route FROM relay_routes WHERE person = $1 ORDER BY place";
    let rows = tx.all(sql, &[Value::Int(person)])?;
    rows.iter()
        .map(|row| {
            let route = serde_json::from_slice(&seal.open(ROUTE, row.blob(1)?)?);
            Ok((row.flag(0)?, route.map_err(|_| DbError::Corrupt(ROUTE.to_owned()))?))
        })
        .collect()
}

/// What waits for a person goes by mail again, from the first that is not acknowledged: their key or their queues
/// changed, or the own signature did.
pub fn lay_again(tx: &Tx<'_>, person: i64) -> Result<(), DbError> {
    let sql = "UPDATE streams SET mailed_to = 0, mailed_at = NULL WHERE person = $1";
    tx.execute(sql, &[Value::Int(person)]).map(drop)
}

/// The same for all: the own identity changed.
pub fn lay_all_again(tx: &Tx<'_>) -> Result<(), DbError> {
    tx.execute("UPDATE streams SET mailed_to = 0, mailed_at = NULL WHERE mailed_to > 0", &[]).map(drop)
}

/// People who are away and take mail, for whom something waits that lies at no relay: at most `limit`, after `after`.
pub fn to_mail(tx: &Tx<'_>, after: i64, limit: i64) -> Result<Vec<i64>, DbError> {
    let sql = "SELECT s.person FROM streams s WHERE s.person > $1 AND s.tries > 0 AND EXISTS (SELECT 1 FROM relay_routes r WHERE r.person = s.person) AND EXISTS (SELECT 1 FROM deliveries d WHERE d.person = s.person AND d.n > s.done AND d.n > s.mailed_to AND d.state = 0) ORDER BY s.person LIMIT $2";
    tx.all(sql, &[Value::Int(after), Value::Int(limit)])?.iter().map(|row| row.int(0)).collect()
}

/// All n up to this lie at a relay.
pub fn mailed_to(tx: &Tx<'_>, person: i64) -> Result<u64, DbError> {
    let row = tx.one("SELECT mailed_to FROM streams WHERE person = $1", &[Value::Int(person)])?;
    row.map_or(Ok(0), |row| row.uint(0))
}

/// All n up to `upto` lie at a relay now, after `from` as [`mailed_to`] said before: otherwise they are to be laid there
/// again, and nothing changes.
pub fn mailed(tx: &Tx<'_>, person: i64, from: u64, upto: u64, now: u64) -> Result<(), DbError> {
    let sql = "UPDATE streams SET mailed_to = $3, mailed_at = COALESCE(mailed_at, $4) WHERE person = $1 AND mailed_to = $2";
    let values =
        [Value::Int(person), Value::Int(from as i64), Value::Int(upto as i64), Value::Int(now as i64)];
    tx.execute(sql, &values).map(drop)
}

/// Something of this stream came by mail: its sender is owed a receipt.
pub fn owe(tx: &Tx<'_>, person: i64, stream: &Id8, now: u64) -> Result<(), DbError> {
    let sql = "INSERT INTO mail_receipts (person, stream, since_at) VALUES ($1, $2, $3) ON CONFLICT (person, stream) DO UPDATE SET since_at = $3";
    let values = [Value::Int(person), Value::Blob(stream.0.to_vec()), Value::Int(now as i64)];
    tx.execute(sql, &values).map(drop)
}

/// A receipt that is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owed {
    /// To whom.
    pub person: i64,
    /// For which stream of theirs.
    pub stream: Id8,
    /// Since when, unix ms.
    pub since_at: u64,
}

/// Receipts that are owed, the oldest first.
pub fn owed(tx: &Tx<'_>, limit: i64) -> Result<Vec<Owed>, DbError> {
    let sql = "SELECT person, stream, since_at FROM mail_receipts ORDER BY since_at, person, stream LIMIT $1";
    let rows = tx.all(sql, &[Value::Int(limit)])?;
    let read = rows
        .iter()
        .map(|row| Ok(Owed { person: row.int(0)?, stream: Id8(row.bytes(1)?), since_at: row.uint(2)? }));
    read.collect()
}

/// The receipt was given, or cannot be: it is owed no more, unless more came since it was read.
pub fn given(tx: &Tx<'_>, owed: &Owed) -> Result<(), DbError> {
    let sql = "DELETE FROM mail_receipts WHERE person = $1 AND stream = $2 AND since_at = $3";
    let values =
        [Value::Int(owed.person), Value::Blob(owed.stream.0.to_vec()), Value::Int(owed.since_at as i64)];
    tx.execute(sql, &values).map(drop)
}

/// What lies at relays too long is laid there again.
pub fn trim(tx: &Tx<'_>, now: u64) -> Result<(), DbError> {
    let before = Value::Int(now.saturating_sub(AGAIN_MS) as i64);
    tx.execute("UPDATE streams SET mailed_to = 0, mailed_at = NULL WHERE mailed_at < $1", &[before]).map(drop)
}
