//! Rows of browsers and API clients: `devices`. The only SQL of this module.

use openred_service::database::{DbError, Row, Tx, Value};

/// How it comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// By cookie.
    Browser,
    /// By tokens.
    Api,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Api => "api",
        }
    }
}

/// A browser or a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// `devices.id`.
    pub id: i64,
    /// SHA-256 of its token.
    pub token_hash: [u8; 32],
    /// For the owner's eyes.
    pub name: String,
    /// Unix ms.
    pub created_at: u64,
    /// Unix ms, to the hour or better.
    pub last_seen_at: u64,
    /// Unix ms.
    pub expires_at: u64,
}

macro_rules! device_sql {
    ($rest:literal) => {
        concat!("SELECT id, token_hash, name, created_at, last_seen_at, expires_at FROM devices ", $rest)
    };
}

/// Devices kept at most; the ones unseen for longest go.
const DEVICES_MAX: i64 = 64;

/// Adds one. Returns its number.
pub fn add(
    tx: &Tx<'_>,
    kind: Kind,
    hash: &[u8; 32],
    name: &str,
    now: u64,
    until: u64,
) -> Result<i64, DbError> {
    tx.execute("DELETE FROM devices WHERE expires_at <= $1", &[now.into()])?;
    let sql = "DELETE FROM devices WHERE id NOT IN (SELECT id FROM devices ORDER BY last_seen_at DESC, id DESC LIMIT $1)";
    tx.execute(sql, &[Value::Int(DEVICES_MAX - 1)])?;
    let sql = "INSERT INTO devices (token_hash, kind, name, created_at, last_seen_at, expires_at) VALUES ($1, $2, $3, $4, $4, $5) RETURNING id";
    let values = [hash.into(), kind.as_str().into(), name.into(), now.into(), until.into()];
    tx.one(sql, &values)?.ok_or(DbError::Gone)?.int(0)
}

/// The browser with this cookie.
pub fn browser(tx: &Tx<'_>, hash: &[u8; 32], now: u64) -> Result<Option<Device>, DbError> {
    let sql = device_sql!("WHERE token_hash = $1 AND kind = 'browser' AND expires_at > $2");
    tx.one(sql, &[hash.into(), now.into()])?.map(|row| read(&row)).transpose()
}

/// The API client of this number.
pub fn client(tx: &Tx<'_>, id: i64, now: u64) -> Result<Option<Device>, DbError> {
    let sql = device_sql!("WHERE id = $1 AND kind = 'api' AND expires_at > $2");
    tx.one(sql, &[id.into(), now.into()])?.map(|row| read(&row)).transpose()
}

/// All, the one seen last first.
pub fn list(tx: &Tx<'_>, now: u64) -> Result<Vec<Device>, DbError> {
    let sql = device_sql!("WHERE expires_at > $1 ORDER BY last_seen_at DESC, id DESC LIMIT 100");
    tx.all(sql, &[now.into()])?.iter().map(read).collect()
}

/// It was seen: it may stay away for another while.
pub fn touch(tx: &Tx<'_>, id: i64, now: u64, until: u64) -> Result<(), DbError> {
    let sql = "UPDATE devices SET last_seen_at = $2, expires_at = $3 WHERE id = $1";
    tx.execute(sql, &[id.into(), now.into(), until.into()])?;
    Ok(())
}

/// Gives a client its next refresh token. False when `old` is not the present one any more.
pub fn renew(
    tx: &Tx<'_>,
    id: i64,
    old: &[u8; 32],
    new: &[u8; 32],
    now: u64,
    until: u64,
) -> Result<bool, DbError> {
    let sql = "UPDATE devices SET token_hash = $3, last_seen_at = $4, expires_at = $5 WHERE id = $1 AND token_hash = $2 AND kind = 'api' AND expires_at > $4";
    Ok(tx.execute(sql, &[id.into(), old.into(), new.into(), now.into(), until.into()])? == 1)
}

/// Ends one. False when there is none.
pub fn remove(tx: &Tx<'_>, id: i64) -> Result<bool, DbError> {
    Ok(tx.execute("DELETE FROM devices WHERE id = $1", &[id.into()])? == 1)
}

/// Ends all but one: after the passphrase was changed or recovered.
pub fn remove_others(tx: &Tx<'_>, id: i64) -> Result<(), DbError> {
    tx.execute("DELETE FROM devices WHERE id <> $1", &[id.into()])?;
    Ok(())
}

fn read(row: &Row) -> Result<Device, DbError> {
    Ok(Device {
        id: row.int(0)?,
        token_hash: row.bytes(1)?,
        name: row.text(2)?.to_owned(),
        created_at: row.uint(3)?,
        last_seen_at: row.uint(4)?,
        expires_at: row.uint(5)?,
    })
}
