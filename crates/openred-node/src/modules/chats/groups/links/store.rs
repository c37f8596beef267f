//! Rows of `group_links group_asking group_joins`.

use openred_core::ids::{Hash, Id16};
use openred_service::database::{DbError, Row, Tx};
use serde::{Deserialize, Serialize};

use super::super::store::{opened, sealed};
use crate::{modules::contacts::store::StoreError, seal::Sealer};

const LINK: &str = "group_links.link";
const NAME: &str = "group_joins.name";
/// What is over is kept so long, to be shown.
const KEPT_MS: u64 = 30 * 86_400_000;

/// The texts to pass on, and the secret in them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texts {
    /// `openred:g#…`.
    pub link: String,
    /// `https://HOST/g#…`, when this node has an address that browsers reach.
    pub web_link: Option<String>,
    /// 32 bytes.
    pub secret: Hash,
}

/// A link into a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Names it.
    pub link_id: Id16,
    /// `mls_groups.id`.
    pub group: i64,
    /// To show again.
    pub texts: Texts,
    /// Unix ms.
    pub expires_at: u64,
    /// How many people may come in by it.
    pub uses: i64,
    /// How many have.
    pub used: i64,
    /// Whether the owner is asked about each.
    pub approval: bool,
    /// Taken back.
    pub revoked: bool,
    /// Unix ms.
    pub created_at: u64,
}

impl Link {
    /// `open used expired revoked`.
    #[must_use]
    pub const fn state(&self, now: u64) -> &'static str {
        if self.revoked {
            "revoked"
        } else if self.used >= self.uses {
            "used"
        } else if now >= self.expires_at {
            "expired"
        } else {
            "open"
        }
    }
}

macro_rules! link_sql {
    ($rest:literal) => {
        concat!(
            "SELECT link_id, mls_group, link, expires_at, uses, used, approval, revoked, created_at FROM group_links ",
            $rest
        )
    };
}

fn read(seal: &Sealer, row: &Row) -> Result<Link, StoreError> {
    Ok(Link {
        link_id: Id16(row.bytes(0)?),
        group: row.int(1)?,
        texts: opened(seal, LINK, row.blob(2)?)?,
        expires_at: row.uint(3)?,
        uses: row.int(4)?,
        used: row.int(5)?,
        approval: row.flag(6)?,
        revoked: row.flag(7)?,
        created_at: row.uint(8)?,
    })
}

/// Writes a new one.
pub fn add(tx: &Tx<'_>, seal: &Sealer, link: &Link) -> Result<(), DbError> {
    let sql = "INSERT INTO group_links (link_id, mls_group, link, expires_at, uses, approval, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let values = [
        link.link_id.0.to_vec().into(),
        link.group.into(),
        sealed(seal, LINK, &link.texts),
        link.expires_at.into(),
        link.uses.into(),
        link.approval.into(),
        link.created_at.into(),
    ];
    tx.execute(sql, &values).map(drop)
}

/// By its name.
pub fn get(tx: &Tx<'_>, seal: &Sealer, link: Id16) -> Result<Option<Link>, StoreError> {
    let row = tx.one(link_sql!("WHERE link_id = $1"), &[link.0.to_vec().into()])?;
    row.map(|row| read(seal, &row)).transpose()
}

/// Those of a group, the newest first; at most 64.
pub fn list(tx: &Tx<'_>, seal: &Sealer, group: i64) -> Result<Vec<Link>, StoreError> {
    let sql = link_sql!("WHERE mls_group = $1 ORDER BY created_at DESC, link_id LIMIT 64");
    tx.all(sql, &[group.into()])?.iter().map(|row| read(seal, row)).collect()
}

/// How many of a group are good.
pub fn open(tx: &Tx<'_>, group: i64, now: u64) -> Result<i64, DbError> {
    let sql = "SELECT count(*) FROM group_links WHERE mls_group = $1 AND revoked = 0 AND used < uses AND expires_at > $2";
    tx.one(sql, &[group.into(), now.into()])?.map_or(Ok(0), |row| row.int(0))
}

/// One more came in by it. False when as many have as it was for.
pub fn use_up(tx: &Tx<'_>, link: Id16) -> Result<bool, DbError> {
    let sql = "UPDATE group_links SET used = used + 1 WHERE link_id = $1 AND used < uses";
    Ok(tx.execute(sql, &[link.0.to_vec().into()])? == 1)
}

/// Takes one of a group back. False when there is none.
pub fn revoke(tx: &Tx<'_>, group: i64, link: Id16) -> Result<bool, DbError> {
    let sql = "UPDATE group_links SET revoked = 1 WHERE link_id = $1 AND mls_group = $2";
    Ok(tx.execute(sql, &[link.0.to_vec().into(), group.into()])? == 1)
}

/// Where somebody stands who came by a link of the owner's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// The owner is to say.
    Waits,
    /// They come in.
    Comes,
    /// They do not.
    Refused,
}

impl Asking {
    fn number(self) -> i64 {
        match self {
            Self::Waits => 0,
            Self::Comes => 1,
            Self::Refused => 2,
        }
    }

    fn of(number: i64) -> Self {
        match number {
            0 => Self::Waits,
            1 => Self::Comes,
            _ => Self::Refused,
        }
    }
}

/// By which link somebody came, and where they stand.
pub fn asking(tx: &Tx<'_>, group: i64, person: i64) -> Result<Option<(Id16, Asking)>, DbError> {
    let sql = "SELECT link_id, state FROM group_asking WHERE mls_group = $1 AND person = $2";
    let row = tx.one(sql, &[group.into(), person.into()])?;
    row.map(|row| Ok((Id16(row.bytes(0)?), Asking::of(row.int(1)?)))).transpose()
}

/// Writes where they stand.
pub fn ask(
    tx: &Tx<'_>,
    (group, person): (i64, i64),
    link: Id16,
    state: Asking,
    now: u64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO group_asking (mls_group, person, link_id, state, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (mls_group, person) DO UPDATE SET link_id = $3, state = $4, at = $5";
    let values = [group.into(), person.into(), link.0.to_vec().into(), state.number().into(), now.into()];
    tx.execute(sql, &values).map(drop)
}

/// Who waits for the owner's answer in a group, the longest waiting first; at most 100.
pub fn waiting(tx: &Tx<'_>, group: i64) -> Result<Vec<i64>, DbError> {
    let sql =
        "SELECT person FROM group_asking WHERE mls_group = $1 AND state = 0 ORDER BY at, person LIMIT 100";
    tx.all(sql, &[group.into()])?.iter().map(|row| row.int(0)).collect()
}

/// How many.
pub fn count_waiting(tx: &Tx<'_>, group: i64) -> Result<i64, DbError> {
    let sql = "SELECT count(*) FROM group_asking WHERE mls_group = $1 AND state = 0";
    tx.one(sql, &[group.into()])?.map_or(Ok(0), |row| row.int(0))
}

/// Somebody is in the group no more. Who was refused stays so.
pub fn went(tx: &Tx<'_>, group: i64, person: i64) -> Result<(), DbError> {
    let sql = "DELETE FROM group_asking WHERE mls_group = $1 AND person = $2 AND state = 1";
    tx.execute(sql, &[group.into(), person.into()]).map(drop)
}

/// Whether somebody came by any link of the owner's, and was not refused.
pub fn is_asking(tx: &Tx<'_>, person: i64) -> Result<bool, DbError> {
    let sql = "SELECT 1 FROM group_asking WHERE person = $1 AND state < 2 LIMIT 1";
    Ok(tx.one(sql, &[person.into()])?.is_some())
}

/// Where the owner stands who asked to come into a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joining {
    /// Asked; nothing was answered yet.
    Asked,
    /// Who made the link is to say.
    Waits,
    /// They said no.
    Refused,
    /// The link ran out, was used up or taken back.
    Gone,
}

impl Joining {
    fn number(self) -> i64 {
        match self {
            Self::Asked => 0,
            Self::Waits => 1,
            Self::Refused => 2,
            Self::Gone => 3,
        }
    }

    fn of(number: i64) -> Self {
        match number {
            0 => Self::Asked,
            1 => Self::Waits,
            2 => Self::Refused,
            _ => Self::Gone,
        }
    }

    /// In the owner's API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Waits => "waits",
            Self::Refused => "refused",
            Self::Gone => "gone",
        }
    }
}

/// A group that the owner asked to come into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// Which.
    pub group: Id16,
    /// Who made the link (`connections.id`).
    pub person: i64,
    /// Its name, as the link says it.
    pub name: String,
    /// Where the owner stands.
    pub state: Joining,
    /// Since when, unix ms.
    pub at: u64,
}

/// The owner asks to come into a group by a link of this person's.
pub fn join(
    tx: &Tx<'_>,
    seal: &Sealer,
    (group, person): (Id16, i64),
    name: &str,
    now: u64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO group_joins (group_id, person, name, state, at) VALUES ($1, $2, $3, 0, $4) ON CONFLICT (group_id) DO UPDATE SET person = $2, name = $3, state = 0, at = $4";
    let values =
        [group.0.to_vec().into(), person.into(), seal.seal(NAME, name.as_bytes()).into(), now.into()];
    tx.execute(sql, &values).map(drop)
}

/// Something was answered.
pub fn set_join(tx: &Tx<'_>, group: Id16, state: Joining, now: u64) -> Result<(), DbError> {
    let sql = "UPDATE group_joins SET state = $2, at = $3 WHERE group_id = $1";
    tx.execute(sql, &[group.0.to_vec().into(), state.number().into(), now.into()]).map(drop)
}

/// The owner is in.
pub fn joined(tx: &Tx<'_>, group: Id16) -> Result<(), DbError> {
    tx.execute("DELETE FROM group_joins WHERE group_id = $1", &[group.0.to_vec().into()]).map(drop)
}

/// Groups that the owner asked this person (`connections.id`) to come into, and was not refused.
pub fn joins_with(tx: &Tx<'_>, person: i64) -> Result<Vec<Id16>, DbError> {
    let sql = "SELECT group_id FROM group_joins WHERE person = $1 AND state < 2";
    tx.all(sql, &[person.into()])?.iter().map(|row| Ok(Id16(row.bytes(0)?))).collect()
}

/// How many groups the owner waits to come into.
pub fn count_joins(tx: &Tx<'_>) -> Result<i64, DbError> {
    let row = tx.one("SELECT count(*) FROM group_joins WHERE state < 2", &[])?;
    row.map_or(Ok(0), |row| row.int(0))
}

/// The groups that the owner asked to come into, the newest first.
pub fn joins(tx: &Tx<'_>, seal: &Sealer) -> Result<Vec<Join>, StoreError> {
    let sql = "SELECT group_id, person, name, state, at FROM group_joins ORDER BY at DESC, group_id LIMIT 64";
    let read = |row: &Row| {
        Ok(Join {
            group: Id16(row.bytes(0)?),
            person: row.int(1)?,
            name: seal.open_text(NAME, row.blob(2)?)?,
            state: Joining::of(row.int(3)?),
            at: row.uint(4)?,
        })
    };
    tx.all(sql, &[])?.iter().map(read).collect()
}

/// Forgets links that expired 30 days ago, who came by them, and what the owner asked for as long ago.
pub fn trim(tx: &Tx<'_>, now: u64) -> Result<(), DbError> {
    let old = [now.saturating_sub(KEPT_MS).into()];
    tx.execute("DELETE FROM group_links WHERE expires_at < $1", &old)?;
    tx.execute("DELETE FROM group_asking WHERE at < $1", &old)?;
    tx.execute("DELETE FROM group_joins WHERE at < $1", &old).map(drop)
}
