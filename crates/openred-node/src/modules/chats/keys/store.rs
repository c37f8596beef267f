//! Rows of `key_packages key_packages_given`.

use openred_service::database::{DbError, Tx};

use crate::{modules::contacts::store::StoreError, seal::Sealer};

const PACKAGE: &str = "key_packages.package";

/// Keeps somebody's newest key package of a suite (its number).
pub fn keep(
    tx: &Tx<'_>,
    seal: &Sealer,
    (person, suite): (i64, u16),
    package: &[u8],
    now: u64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO key_packages (person, suite, package, received_at) VALUES ($1, $2, $3, $4) ON CONFLICT (person, suite) DO UPDATE SET package = $3, received_at = $4";
    let sealed = seal.seal(PACKAGE, package);
    tx.execute(sql, &[person.into(), i64::from(suite).into(), sealed.into(), now.into()]).map(drop)
}

/// Takes somebody's key package of the strongest suite there is. It is gone then: each is good for one group.
pub fn take(tx: &Tx<'_>, seal: &Sealer, person: i64) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "DELETE FROM key_packages WHERE person = $1 AND suite = (SELECT max(suite) FROM key_packages WHERE person = $1) RETURNING package";
    let row = tx.one(sql, &[person.into()])?;
    row.map(|row| Ok(seal.open(PACKAGE, row.blob(0)?)?)).transpose()
}

/// Takes somebody's key package of this suite (its number). It is gone then.
pub fn take_of(tx: &Tx<'_>, seal: &Sealer, person: i64, suite: u16) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "DELETE FROM key_packages WHERE person = $1 AND suite = $2 RETURNING package";
    let row = tx.one(sql, &[person.into(), i64::from(suite).into()])?;
    row.map(|row| Ok(seal.open(PACKAGE, row.blob(0)?)?)).transpose()
}

/// Whether one of somebody's of this suite is held.
pub fn has(tx: &Tx<'_>, person: i64, suite: u16) -> Result<bool, DbError> {
    let sql = "SELECT 1 FROM key_packages WHERE person = $1 AND suite = $2";
    Ok(tx.one(sql, &[person.into(), i64::from(suite).into()])?.is_some())
}

/// Notes that somebody was given own ones.
pub fn given(tx: &Tx<'_>, person: i64, now: u64) -> Result<(), DbError> {
    let sql = "INSERT INTO key_packages_given (person, given_at) VALUES ($1, $2) ON CONFLICT (person) DO UPDATE SET given_at = $2";
    tx.execute(sql, &[person.into(), now.into()]).map(drop)
}

/// Nobody was given any that is good.
pub fn forget_given(tx: &Tx<'_>) -> Result<(), DbError> {
    tx.execute("DELETE FROM key_packages_given", &[]).map(drop)
}

/// Friends who were given none since `since` (unix ms), at most `limit`.
pub fn without(tx: &Tx<'_>, since: u64, limit: i64) -> Result<Vec<i64>, DbError> {
    let sql = "SELECT id FROM connections WHERE relationship_type = 'friend' AND status = 'accepted' AND NOT EXISTS (SELECT 1 FROM key_packages_given g WHERE g.person = connections.id AND g.given_at >= $1) ORDER BY id LIMIT $2";
    tx.all(sql, &[since.into(), limit.into()])?.iter().map(|row| row.int(0)).collect()
}

/// When somebody was given own ones last, unix ms.
pub fn given_at(tx: &Tx<'_>, person: i64) -> Result<Option<u64>, DbError> {
    let row = tx.one("SELECT given_at FROM key_packages_given WHERE person = $1", &[person.into()])?;
    row.map(|row| row.uint(0)).transpose()
}

/// How many of somebody's are held.
pub fn count(tx: &Tx<'_>, person: i64) -> Result<i64, DbError> {
    let row = tx.one("SELECT count(*) FROM key_packages WHERE person = $1", &[person.into()])?;
    row.map_or(Ok(0), |row| row.int(0))
}

/// How many strangers were given own ones since `since` (unix ms): neither friends, nor members of a group with the owner, nor
/// people whose messages the owner takes.
pub fn strangers(tx: &Tx<'_>, since: u64) -> Result<i64, DbError> {
    let sql = "SELECT count(*) FROM key_packages_given g JOIN connections c ON c.id = g.person WHERE g.given_at >= $1 AND NOT (c.relationship_type = 'friend' AND c.status = 'accepted') AND NOT EXISTS (SELECT 1 FROM mls_members m WHERE m.person = g.person) AND NOT EXISTS (SELECT 1 FROM chats WHERE chats.person = g.person AND chats.request = 3)";
    tx.one(sql, &[since.into()])?.map_or(Ok(0), |row| row.int(0))
}
