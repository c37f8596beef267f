//! Rows of invitations: `invitations redeemed_invitations`. The only SQL of this module.

use openred_core::ids::Id16;
use openred_service::database::{DbError, Tx, Value};
use serde::{Deserialize, Serialize};

use crate::seal::{SealBroken, Sealer};

/// The texts to pass on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// `openred:i#…`.
    pub link: String,
    /// `https://HOST/i#…`, when this node has an address that browsers reach.
    pub web_link: Option<String>,
}

/// An invitation of the owner.
#[derive(Debug, Clone)]
pub struct Row {
    /// Names it.
    pub invite_id: Id16,
    /// The keeper's ticket.
    pub ticket: Vec<u8>,
    /// To show again.
    pub links: Links,
    /// Unix ms.
    pub expires_at: u64,
    /// Whether who redeems it becomes a friend without being asked.
    pub auto_accept: bool,
    /// Unix ms.
    pub created_at: u64,
    /// Taken back.
    pub revoked: bool,
    /// Who redeemed it.
    pub bound_person: Option<i64>,
}

/// A link of somebody else, on its way.
#[derive(Debug, Clone)]
pub struct Redeemed {
    /// Names it.
    pub invite_id: Id16,
    /// The keeper's ticket.
    pub ticket: Vec<u8>,
    /// Unix ms.
    pub expires_at: u64,
}

macro_rules! invitation_sql {
    ($rest:literal) => {
        concat!(
            "SELECT invite_id, ticket, link, expires_at, auto_accept, created_at, revoked, bound_person FROM invitations ",
            $rest
        )
    };
}

/// Writes a new one; `terms` = (expires_at, auto_accept).
pub fn add(
    tx: &Tx<'_>,
    seal: &Sealer,
    id: &Id16,
    ticket: &[u8],
    links: &Links,
    terms: (u64, bool),
    now: u64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO invitations (invite_id, ticket, link, expires_at, auto_accept, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
    let links = serde_json::to_vec(links).unwrap_or_default();
    tx.execute(
        sql,
        &[
            Value::Blob(id.0.to_vec()),
            Value::Blob(ticket.to_vec()),
            Value::Blob(seal.seal("invitations.link", &links)),
            Value::Int(terms.0 as i64),
            Value::Int(terms.1.into()),
            Value::Int(now as i64),
        ],
    )?;
    Ok(())
}

/// One invitation.
pub fn get(tx: &Tx<'_>, seal: &Sealer, id: &Id16) -> Result<Option<Row>, DbError> {
    let row = tx.one(invitation_sql!("WHERE invite_id = $1"), &[Value::Blob(id.0.to_vec())])?;
    row.map(|row| read(seal, &row)).transpose()
}

/// The newest 256.
pub fn list(tx: &Tx<'_>, seal: &Sealer) -> Result<Vec<Row>, DbError> {
    let rows = tx.all(invitation_sql!("ORDER BY created_at DESC LIMIT 256"), &[])?;
    rows.iter().map(|row| read(seal, row)).collect()
}

/// How many can still be redeemed.
pub fn count_open(tx: &Tx<'_>, now: u64) -> Result<i64, DbError> {
    let sql =
        "SELECT count(*) FROM invitations WHERE revoked = 0 AND bound_person IS NULL AND expires_at > $1";
    tx.one(sql, &[Value::Int(now as i64)])?.map_or(Ok(0), |row| row.int(0))
}

/// Binds it to the first who redeemed it. False when it is bound to somebody else.
pub fn bind(tx: &Tx<'_>, id: &Id16, person: i64) -> Result<bool, DbError> {
    let sql = "UPDATE invitations SET bound_person = $2 WHERE invite_id = $1 AND (bound_person IS NULL OR bound_person = $2)";
    Ok(tx.execute(sql, &[Value::Blob(id.0.to_vec()), Value::Int(person)])? == 1)
}

/// Takes it back. False when there is none.
pub fn revoke(tx: &Tx<'_>, id: &Id16) -> Result<bool, DbError> {
    let sql = "UPDATE invitations SET revoked = 1 WHERE invite_id = $1";
    Ok(tx.execute(sql, &[Value::Blob(id.0.to_vec())])? == 1)
}

/// Keeps the ticket of a link that the owner redeems.
pub fn keep_redeemed(
    tx: &Tx<'_>,
    person: i64,
    id: &Id16,
    ticket: &[u8],
    expires_at: u64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO redeemed_invitations (person, invite_id, ticket, expires_at) VALUES ($1, $2, $3, $4) ON CONFLICT (person) DO UPDATE SET invite_id = $2, ticket = $3, expires_at = $4";
    let values = [
        Value::Int(person),
        Value::Blob(id.0.to_vec()),
        Value::Blob(ticket.to_vec()),
        Value::Int(expires_at as i64),
    ];
    tx.execute(sql, &values)?;
    Ok(())
}

/// The ticket to meet a person with.
pub fn redeemed(tx: &Tx<'_>, person: i64) -> Result<Option<Redeemed>, DbError> {
    let sql = "SELECT invite_id, ticket, expires_at FROM redeemed_invitations WHERE person = $1";
    let Some(row) = tx.one(sql, &[Value::Int(person)])? else { return Ok(None) };
    Ok(Some(Redeemed {
        invite_id: Id16(row.bytes(0)?),
        ticket: row.blob(1)?.to_vec(),
        expires_at: row.uint(2)?,
    }))
}

/// Forgets it, once met or refused.
pub fn drop_redeemed(tx: &Tx<'_>, person: i64) -> Result<(), DbError> {
    tx.execute("DELETE FROM redeemed_invitations WHERE person = $1", &[Value::Int(person)])?;
    Ok(())
}

/// Forgets what expired 30 days ago.
pub fn trim(tx: &Tx<'_>, now: u64) -> Result<(), DbError> {
    let old = Value::Int(now.saturating_sub(30 * 86_400_000) as i64);
    tx.execute("DELETE FROM invitations WHERE expires_at < $1", std::slice::from_ref(&old))?;
    tx.execute("DELETE FROM redeemed_invitations WHERE expires_at < $1", &[old])?;
    Ok(())
}

fn read(seal: &Sealer, row: &openred_service::database::Row) -> Result<Row, DbError> {
    let links = seal.open("invitations.link", row.blob(2)?)?;
    Ok(Row {
        invite_id: Id16(row.bytes(0)?),
        ticket: row.blob(1)?.to_vec(),
        links: serde_json::from_slice(&links).map_err(|_| SealBroken("invitations.link"))?,
        expires_at: row.uint(3)?,
        auto_accept: row.flag(4)?,
        created_at: row.uint(5)?,
        revoked: row.flag(6)?,
        bound_person: row.opt_int(7)?,
    })
}
