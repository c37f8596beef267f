//! Rows of `file_offers`.

use openred_core::{
    ids::Id16,
    payload::{FileOffer, Payload},
};
use openred_service::database::{DbError, Row, Tx};

use super::{opened, sealed};
use crate::{error::NodeError, modules::contacts::store::StoreError, seal::Sealer};

const OFFER: &str = "file_offers.offer";

/// A file offered to a person, or by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// `file_offers.id`.
    pub id: i64,
    /// To whom, or by whom.
    pub person: i64,
    /// The owner offers it.
    pub own: bool,
    /// `files.id`: what is offered, or the copy.
    pub file: Option<i64>,
    /// What was said.
    pub offer: FileOffer,
    /// Taken back, or declined.
    pub ended: bool,
    /// Unix ms.
    pub created_at: u64,
    /// The conversation that shows it (`chats.id`); none outside conversations.
    pub chat: Option<i64>,
}

impl Offered {
    /// Whether its time is over, at `now` (unix ms).
    pub fn is_over(&self, now: u64) -> bool {
        self.offer.expires.is_some_and(|at| at.saturating_mul(1_000) <= now)
    }
}

macro_rules! offer_sql {
    ($rest:literal) => {
        concat!("SELECT id, person, own, file, offer, state, created_at, chat FROM file_offers ", $rest)
    };
}

fn offered(seal: &Sealer, row: &Row) -> Result<Offered, StoreError> {
    Ok(Offered {
        id: row.int(0)?,
        person: row.int(1)?,
        own: row.flag(2)?,
        file: row.opt_int(3)?,
        offer: opened(seal, OFFER, row.blob(4)?)?,
        ended: row.int(5)? != 0,
        created_at: row.uint(6)?,
        chat: row.opt_int(7)?,
    })
}

/// Writes an offer; one of the same name of the same person stays as it is. Whether it is new.
pub fn add(
    tx: &Tx<'_>,
    seal: &Sealer,
    (person, own): (i64, bool),
    file: Option<i64>,
    offer: &FileOffer,
    now: u64,
) -> Result<bool, DbError> {
    let sql = "INSERT INTO file_offers (offer_id, person, own, file, offer, expires_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (person, own, offer_id) DO NOTHING";
    let values = [
        offer.file_id.0.into(),
        person.into(),
        own.into(),
        file.into(),
        sealed(seal, OFFER, offer).into(),
        offer.expires.map(|at| at.saturating_mul(1_000)).into(),
        now.into(),
    ];
    Ok(tx.execute(sql, &values)? == 1)
}

/// The offer of this number.
pub fn get(tx: &Tx<'_>, seal: &Sealer, id: i64) -> Result<Option<Offered>, StoreError> {
    let row = tx.one(offer_sql!("WHERE id = $1"), &[id.into()])?;
    row.map(|row| offered(seal, &row)).transpose()
}

/// The offer to or by a person under its name.
pub fn find(
    tx: &Tx<'_>,
    seal: &Sealer,
    (person, own): (i64, bool),
    offer_id: &Id16,
) -> Result<Option<Offered>, StoreError> {
    let values = [person.into(), own.into(), offer_id.0.into()];
    let row = tx.one(offer_sql!("WHERE person = $1 AND own = $2 AND offer_id = $3"), &values)?;
    row.map(|row| offered(seal, &row)).transpose()
}

/// Offers of one direction that are neither ended nor over at `now`, before `before` (`file_offers.id`), newest first.
pub fn list(
    tx: &Tx<'_>,
    seal: &Sealer,
    own: bool,
    (before, limit): (i64, i64),
    now: u64,
) -> Result<Vec<Offered>, StoreError> {
    let values = [own.into(), before.into(), limit.into(), now.into()];
    let sql = offer_sql!(
        "WHERE own = $1 AND id < $2 AND state = 0 AND chat IS NULL AND (expires_at IS NULL OR expires_at > $4) ORDER BY id DESC LIMIT $3"
    );
    tx.all(sql, &values)?.iter().map(|row| offered(seal, row)).collect()
}

/// To whom a file is offered.
pub fn of_file(tx: &Tx<'_>, seal: &Sealer, file: i64) -> Result<Vec<Offered>, StoreError> {
    let rows = tx.all(offer_sql!("WHERE file = $1 AND own = 1 AND state = 0 ORDER BY id"), &[file.into()])?;
    rows.iter().map(|row| offered(seal, row)).collect()
}

/// Open offers of a person that the owner has not decided about.
pub fn count_open(tx: &Tx<'_>, person: i64) -> Result<i64, DbError> {
    let sql = "SELECT count(*) FROM file_offers WHERE person = $1 AND own = 0 AND state = 0 AND file IS NULL AND chat IS NULL";
    tx.one(sql, &[person.into()])?.map_or(Ok(0), |row| row.int(0))
}

/// An offer is one of a conversation.
pub fn set_chat(tx: &Tx<'_>, id: i64, chat: i64) -> Result<(), DbError> {
    tx.execute("UPDATE file_offers SET chat = $2 WHERE id = $1", &[id.into(), chat.into()]).map(drop)
}

/// Whether what is offered is fetched without the owner asking.
pub fn set_wanted(tx: &Tx<'_>, id: i64, wanted: bool) -> Result<(), DbError> {
    tx.execute("UPDATE file_offers SET wanted = $2 WHERE id = $1", &[id.into(), wanted.into()]).map(drop)
}

/// Offers that are fetched without the owner asking.
pub fn wanted(tx: &Tx<'_>, limit: i64) -> Result<Vec<i64>, DbError> {
    let sql = "SELECT id FROM file_offers WHERE wanted = 1 ORDER BY id LIMIT $1";
    tx.all(sql, &[limit.into()])?.iter().map(|row| row.int(0)).collect()
}

/// The conversation that shows a copy.
pub fn chat_of(tx: &Tx<'_>, file: i64) -> Result<Option<i64>, DbError> {
    let sql = "SELECT chat FROM file_offers WHERE file = $1 AND own = 0 AND chat IS NOT NULL LIMIT 1";
    tx.one(sql, &[file.into()])?.map(|row| row.int(0)).transpose()
}

/// Takes back what the owner offered in a conversation under this name, from everybody.
pub fn end_named(tx: &Tx<'_>, chat: i64, offer_id: &Id16) -> Result<(), DbError> {
    let sql = "UPDATE file_offers SET state = 1 WHERE own = 1 AND chat = $1 AND offer_id = $2";
    tx.execute(sql, &[chat.into(), offer_id.0.into()]).map(drop)
}

/// Forgets an offer.
pub fn remove(tx: &Tx<'_>, id: i64) -> Result<(), DbError> {
    tx.execute("DELETE FROM file_offers WHERE id = $1", &[id.into()]).map(drop)
}

/// The copy that an offer brings; none when it was dropped.
pub fn set_file(tx: &Tx<'_>, id: i64, file: Option<i64>) -> Result<(), DbError> {
    tx.execute("UPDATE file_offers SET file = $2 WHERE id = $1", &[id.into(), file.into()]).map(drop)
}

/// Takes an own offer back, or declines one.
pub fn end(tx: &Tx<'_>, id: i64) -> Result<(), DbError> {
    tx.execute("UPDATE file_offers SET state = 1 WHERE id = $1", &[id.into()]).map(drop)
}

/// A file is no more: what was offered is taken back, what was offered to the owner can be fetched again.
pub fn forget_file(tx: &Tx<'_>, file: i64) -> Result<(), DbError> {
    tx.execute("UPDATE file_offers SET state = 1 WHERE file = $1 AND own = 1", &[file.into()])?;
    tx.execute("UPDATE file_offers SET file = NULL WHERE file = $1", &[file.into()]).map(drop)
}

/// Drops what ended before `before` (unix ms) and holds no copy.
pub fn trim(tx: &Tx<'_>, before: u64) -> Result<(), DbError> {
    let sql = "DELETE FROM file_offers WHERE (own = 1 OR file IS NULL) AND ((expires_at IS NOT NULL AND expires_at < $1) OR (state = 1 AND created_at < $1))";
    tx.execute(sql, &[before.into()]).map(drop)
}

/// What is offered of a file, checked against the bounds of Annex A.2.
///
/// # Errors
/// `Invalid` names what is out of bounds.
pub fn checked(offer: FileOffer) -> Result<Payload, NodeError> {
    let payload = Payload::from(offer);
    payload.to_value()?;
    Ok(payload)
}
