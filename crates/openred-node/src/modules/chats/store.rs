//! Rows of `chats chat_groups`.

use std::collections::BTreeSet;

use openred_core::ids::Id16;
use openred_service::database::{DbError, Row, Tx, Value};

use crate::{modules::contacts::store::StoreError, seal::Sealer};

const DRAFT: &str = "chats.draft";

/// A conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chat {
    /// `chats.id`.
    pub id: i64,
    /// With whom (`connections.id`); of a group its negative number (`mls_groups.id`).
    pub person: i64,
    /// Where the owner speaks; none until there is a group.
    pub group: Option<Id16>,
    /// Time of the newest message, unix ms.
    pub last_at: u64,
    /// Up to which message the owner has read (`chat_messages.id`).
    pub read_upto: i64,
    /// As far as the other was told.
    pub told_upto: i64,
    /// Stands above the others.
    pub pinned: bool,
    /// Does not notify.
    pub muted: bool,
    /// Put away.
    pub archived: bool,
    /// Text that was begun.
    pub draft: String,
    /// How long new messages stay, seconds; 0: for ever.
    pub timer_s: u64,
    /// Whether somebody has yet to answer that it may be held.
    pub request: Request,
    /// Since when that is so, unix ms.
    pub request_at: u64,
    /// Messages that came before the owner answered.
    pub requested: i64,
    /// When the other's node was last asked for a key, unix ms.
    pub key_asked_at: u64,
}

/// Where a conversation with somebody who is no friend stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// It is none: with a friend, or a group.
    None,
    /// They wrote, and the owner has not answered.
    In,
    /// The owner wrote, and they have not answered.
    Out,
    /// Accepted.
    Accepted,
}

impl Request {
    const ALL: [Self; 4] = [Self::None, Self::In, Self::Out, Self::Accepted];

    fn number(self) -> i64 {
        match self {
            Self::None => 0,
            Self::In => 1,
            Self::Out => 2,
            Self::Accepted => 3,
        }
    }

    fn of(number: i64) -> Self {
        Self::ALL.into_iter().find(|request| request.number() == number).unwrap_or(Self::None)
    }
}

impl Chat {
    /// One that has not begun.
    pub fn empty(person: i64, now: u64) -> Self {
        Self {
            id: 0,
            person,
            group: None,
            last_at: now,
            read_upto: 0,
            told_upto: 0,
            pinned: false,
            muted: false,
            archived: false,
            draft: String::new(),
            timer_s: 0,
            request: Request::None,
            request_at: 0,
            requested: 0,
            key_asked_at: 0,
        }
    }

    /// Whether it is a group's.
    pub const fn is_group(&self) -> bool {
        self.person < 0
    }
}

macro_rules! chat_sql {
    ($rest:literal) => {
        concat!(
            "SELECT id, person, group_id, last_at, read_upto, told_upto, pinned, muted, archived, draft, timer_s, request, request_at, requested, key_asked_at FROM chats ",
            $rest
        )
    };
}

fn read(seal: &Sealer, row: &Row) -> Result<Chat, StoreError> {
    let draft = row.opt_blob(9)?.map(|sealed| seal.open_text(DRAFT, sealed)).transpose()?;
    Ok(Chat {
        id: row.int(0)?,
        person: row.int(1)?,
        group: if row.opt_blob(2)?.is_some() { Some(Id16(row.bytes(2)?)) } else { None },
        last_at: row.uint(3)?,
        read_upto: row.int(4)?,
        told_upto: row.int(5)?,
        pinned: row.int(6)? != 0,
        muted: row.int(7)? != 0,
        archived: row.int(8)? != 0,
        draft: draft.unwrap_or_default(),
        timer_s: row.uint(10)?,
        request: Request::of(row.int(11)?),
        request_at: row.uint(12)?,
        requested: row.int(13)?,
        key_asked_at: row.uint(14)?,
    })
}

/// By its number.
pub fn get(tx: &Tx<'_>, seal: &Sealer, id: i64) -> Result<Option<Chat>, StoreError> {
    tx.one(chat_sql!("WHERE id = $1"), &[id.into()])?.map(|row| read(seal, &row)).transpose()
}

/// The conversation with somebody.
pub fn with(tx: &Tx<'_>, seal: &Sealer, person: i64) -> Result<Option<Chat>, StoreError> {
    tx.one(chat_sql!("WHERE person = $1"), &[person.into()])?.map(|row| read(seal, &row)).transpose()
}

/// The conversation with somebody, begun if there is none.
pub fn ensure(tx: &Tx<'_>, seal: &Sealer, person: i64, now: u64) -> Result<Chat, StoreError> {
    let sql = "INSERT INTO chats (person, last_at) VALUES ($1, $2) ON CONFLICT (person) DO NOTHING";
    tx.execute(sql, &[person.into(), now.into()])?;
    with(tx, seal, person)?.ok_or(StoreError::Database(DbError::Gone))
}

/// A page of conversations, the newest first, pinned ones above; without those that wait for the owner's answer. The groups
/// of circles are none.
pub fn list(
    tx: &Tx<'_>,
    seal: &Sealer,
    archived: bool,
    offset: i64,
    limit: i64,
) -> Result<Vec<Chat>, StoreError> {
    let sql = chat_sql!(
        "WHERE archived = $1 AND request <> 1 AND NOT EXISTS (SELECT 1 FROM circle_groups g WHERE g.mls_group = -chats.person) ORDER BY pinned DESC, last_at DESC, id DESC LIMIT $2 OFFSET $3"
    );
    let rows = tx.all(sql, &[archived.into(), limit.into(), offset.into()])?;
    rows.iter().map(|row| read(seal, row)).collect()
}

/// Those between two people in which the owner speaks, the oldest first.
pub fn of_people(tx: &Tx<'_>, seal: &Sealer) -> Result<Vec<Chat>, StoreError> {
    let rows = tx.all(chat_sql!("WHERE person > 0 AND group_id IS NOT NULL ORDER BY id"), &[])?;
    rows.iter().map(|row| read(seal, row)).collect()
}

/// Writes what the owner sets.
pub fn set(tx: &Tx<'_>, seal: &Sealer, chat: &Chat) -> Result<(), DbError> {
    let sql = "UPDATE chats SET pinned = $2, muted = $3, archived = $4, draft = $5 WHERE id = $1";
    let draft = match chat.draft.as_str() {
        "" => Value::Null,
        text => seal.seal(DRAFT, text.as_bytes()).into(),
    };
    let values = [chat.id.into(), chat.pinned.into(), chat.muted.into(), chat.archived.into(), draft];
    tx.execute(sql, &values).map(drop)
}

/// New messages stay so long, as somebody said at `at` (unix ms). False when a later one is known.
pub fn set_timer(tx: &Tx<'_>, id: i64, seconds: u64, at: u64) -> Result<bool, DbError> {
    let sql = "UPDATE chats SET timer_s = $2, timer_at = $3 WHERE id = $1 AND timer_at <= $3";
    Ok(tx.execute(sql, &[id.into(), seconds.into(), at.into()])? == 1)
}

/// A message came or was written: the conversation comes up, out of the archive.
pub fn touch(tx: &Tx<'_>, id: i64, at: u64) -> Result<(), DbError> {
    let sql = "UPDATE chats SET last_at = CASE WHEN last_at < $2 THEN $2 ELSE last_at END, archived = 0 WHERE id = $1";
    tx.execute(sql, &[id.into(), at.into()]).map(drop)
}

/// The owner has read up to this message. False when that was known.
pub fn read_upto(tx: &Tx<'_>, id: i64, message: i64) -> Result<bool, DbError> {
    let sql = "UPDATE chats SET read_upto = $2 WHERE id = $1 AND read_upto < $2";
    Ok(tx.execute(sql, &[id.into(), message.into()])? == 1)
}

/// A message came late: those behind it that the owner had read count as not read, like itself.
pub fn not_read(tx: &Tx<'_>, id: i64, message: i64) -> Result<(), DbError> {
    let sql = "UPDATE chats SET read_upto = CASE WHEN read_upto < $2 THEN read_upto ELSE $2 - 1 END, told_upto = CASE WHEN told_upto < $2 THEN told_upto ELSE $2 - 1 END WHERE id = $1 AND (read_upto >= $2 OR told_upto >= $2)";
    tx.execute(sql, &[id.into(), message.into()]).map(drop)
}

/// The other was told so.
pub fn told_upto(tx: &Tx<'_>, id: i64, message: i64) -> Result<(), DbError> {
    tx.execute("UPDATE chats SET told_upto = $2 WHERE id = $1", &[id.into(), message.into()]).map(drop)
}

/// A group belongs to a conversation.
pub fn add_group(tx: &Tx<'_>, group: Id16, chat: i64) -> Result<(), DbError> {
    let sql = "INSERT INTO chat_groups (group_id, chat) VALUES ($1, $2) ON CONFLICT (group_id) DO NOTHING";
    tx.execute(sql, &[group.0.to_vec().into(), chat.into()]).map(drop)
}

/// Where the owner speaks from now on; none: a new group is made for the next message.
pub fn speak_in(tx: &Tx<'_>, chat: i64, group: Option<Id16>) -> Result<(), DbError> {
    let group = group.map_or(Value::Null, |group| group.0.to_vec().into());
    tx.execute("UPDATE chats SET group_id = $2 WHERE id = $1", &[chat.into(), group]).map(drop)
}

/// Whose group this is.
pub fn of_group(tx: &Tx<'_>, group: Id16) -> Result<Option<i64>, DbError> {
    let row = tx.one("SELECT chat FROM chat_groups WHERE group_id = $1", &[group.0.to_vec().into()])?;
    row.map(|row| row.int(0)).transpose()
}

/// Nothing of it is left but who it was with: messages up to `upto` were removed.
pub fn clear(tx: &Tx<'_>, chat: i64, upto: i64) -> Result<(), DbError> {
    let sql = "UPDATE chats SET archived = 1, pinned = 0, draft = NULL, read_upto = $2, told_upto = $2 WHERE id = $1";
    tx.execute(sql, &[chat.into(), upto.into()]).map(drop)
}

/// All that wait for the owner's answer and say something, the oldest first.
pub fn requests(tx: &Tx<'_>, seal: &Sealer) -> Result<Vec<Chat>, StoreError> {
    let rows = tx.all(chat_sql!("WHERE request = 1 ORDER BY request_at, id"), &[])?;
    rows.iter().map(|row| read(seal, row)).collect()
}

/// How many of them say something.
pub fn requests_shown(tx: &Tx<'_>) -> Result<i64, DbError> {
    let sql = "SELECT count(*) FROM chats WHERE request = 1 AND EXISTS (SELECT 1 FROM chat_messages m WHERE m.chat = chats.id AND m.body IS NOT NULL)";
    tx.one(sql, &[])?.map_or(Ok(0), |row| row.int(0))
}

/// Conversations (`chats.id`) that wait for the owner's answer.
pub fn waiting(tx: &Tx<'_>) -> Result<BTreeSet<i64>, DbError> {
    tx.all("SELECT id FROM chats WHERE request = 1", &[])?.iter().map(|row| row.int(0)).collect()
}

/// How many wait for the owner's answer, those that were emptied among them.
pub fn requests_held(tx: &Tx<'_>) -> Result<i64, DbError> {
    tx.one("SELECT count(*) FROM chats WHERE request = 1", &[])?.map_or(Ok(0), |row| row.int(0))
}

/// Where a conversation with somebody who is no friend stands from now on.
pub fn set_request(tx: &Tx<'_>, id: i64, request: Request, now: u64) -> Result<(), DbError> {
    let sql = "UPDATE chats SET request = $2, request_at = $3 WHERE id = $1";
    tx.execute(sql, &[id.into(), request.number().into(), now.into()]).map(drop)
}

/// One more message came before the owner answered.
pub fn count_requested(tx: &Tx<'_>, id: i64) -> Result<(), DbError> {
    tx.execute("UPDATE chats SET requested = requested + 1 WHERE id = $1", &[id.into()]).map(drop)
}

/// The other's node was asked for a key.
pub fn key_asked(tx: &Tx<'_>, id: i64, now: u64) -> Result<(), DbError> {
    tx.execute("UPDATE chats SET key_asked_at = $2 WHERE id = $1", &[id.into(), now.into()]).map(drop)
}

/// Those that have waited for the owner's answer since before `before` (unix ms), at most `limit`.
pub fn requests_over(tx: &Tx<'_>, before: u64, limit: i64) -> Result<Vec<i64>, DbError> {
    let sql = "SELECT id FROM chats WHERE request = 1 AND request_at <= $1 ORDER BY request_at LIMIT $2";
    tx.all(sql, &[before.into(), limit.into()])?.iter().map(|row| row.int(0)).collect()
}

/// Since when the oldest of them waits, unix ms.
pub fn oldest_request(tx: &Tx<'_>) -> Result<Option<u64>, DbError> {
    let row = tx.one("SELECT min(request_at) FROM chats WHERE request = 1", &[])?;
    Ok(row.map(|row| row.opt_uint(0)).transpose()?.flatten())
}

/// The groups of a conversation.
pub fn groups(tx: &Tx<'_>, chat: i64) -> Result<Vec<Id16>, DbError> {
    let rows = tx.all("SELECT group_id FROM chat_groups WHERE chat = $1", &[chat.into()])?;
    rows.iter().map(|row| Ok(Id16(row.bytes(0)?))).collect()
}

/// Forgets a conversation whose messages were removed before.
pub fn remove(tx: &Tx<'_>, chat: i64) -> Result<(), DbError> {
    tx.execute("DELETE FROM chat_groups WHERE chat = $1", &[chat.into()])?;
    tx.execute("DELETE FROM chats WHERE id = $1", &[chat.into()]).map(drop)
}
