//! Rows of `chat_messages chat_reactions`.

use openred_core::{
    ids::{Hash, Id16, NodeId},
    payload::Mention,
};
use openred_service::database::{DbError, Row, Tx, Value};
use serde::{Deserialize, Serialize};

use crate::{
    modules::{chats::files::FileBody, contacts::store::StoreError},
    seal::{SealBroken, Sealer},
};

const BODY: &str = "chat_messages.body";
/// Between the numbers of two messages that came one after the other. 2^33 such numbers are exact in JavaScript.
pub const APART: i64 = 1 << 20;
/// What comes late takes this part of the room that is left: some 2,000 find a place one after the other.
const PART: i64 = 256;
const REACTION: &str = "chat_reactions.reaction";

/// The owner as an author.
pub const OWN: i64 = 0;

/// Where a message of the owner stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It may be taken back: nothing of it has left.
    Held,
    /// The other's node has given no key yet.
    NoKey,
    /// On its way: the outbox says where.
    Sent,
    /// The other's node has it.
    Delivered,
    /// The other has read it.
    Read,
}

impl State {
    const ALL: [Self; 5] = [Self::Held, Self::NoKey, Self::Sent, Self::Delivered, Self::Read];

    /// The number in the table.
    pub fn number(self) -> i64 {
        self as i64
    }

    fn of(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.number() == number)
    }
}

/// What a message says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// Its text.
    pub text: String,
    /// What it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Id16>,
    /// The file that it carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileBody>,
    /// Who is named in the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Mention>,
    /// It is no message, but a line about the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
}

/// A line about the conversation: nobody answers it, takes it back or has to read it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// `timer`, and of a group `created added removed left renamed made_admin unmade_admin`.
    pub what: String,
    /// Whom it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<NodeId>,
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Of `timer`: how long new messages stay; 0: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
}

impl Note {
    /// New messages stay so long.
    pub fn timer(seconds: u64) -> Self {
        Self { what: "timer".to_owned(), seconds: Some(seconds), ..Self::default() }
    }
}

impl Body {
    /// What there is to show in a few words: its text, or the name of the file that is all of it.
    pub fn gist(&self) -> &str {
        match &self.file {
            Some(file) if self.text.is_empty() => &file.name,
            _ => &self.text,
        }
    }

    /// Whether its text names this person.
    pub fn names(&self, who: &NodeId) -> bool {
        self.mentions.iter().any(|mention| mention.who == *who)
    }

    /// Whether it is a line about the conversation.
    pub fn is_note(&self) -> bool {
        self.note.is_some()
    }
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// `chat_messages.id`.
    pub id: i64,
    /// `chats.id`.
    pub chat: i64,
    /// As its author named it.
    pub name: Id16,
    /// [`OWN`] or `connections.id`.
    pub author: i64,
    /// What it says; none when it was deleted.
    pub body: Option<Body>,
    /// When it was written, unix ms.
    pub at: u64,
    /// When its text was replaced, unix ms.
    pub edited_at: Option<u64>,
    /// Of the owner's messages; a line about the conversation by somebody else is read as it comes.
    pub state: State,
    /// Until when it may be taken back, unix ms.
    pub due_at: Option<u64>,
    /// How long it stays: the owner's from when it left, others' from when it was read; seconds.
    pub lives_s: Option<u64>,
    /// When it goes, unix ms; none before that time has begun.
    pub expires_at: Option<u64>,
    /// In groups: when its author wrote it, each later than the one before; unix ms.
    pub written: Option<u64>,
}

impl Message {
    /// One that is not in the table yet: it has no number, was never edited, and no time of it has begun.
    pub fn new(chat: i64, (author, name): (i64, Id16), body: Body, at: u64, state: State) -> Self {
        Self {
            id: 0,
            chat,
            name,
            author,
            body: Some(body),
            at,
            edited_at: None,
            state,
            due_at: None,
            lives_s: None,
            expires_at: None,
            written: None,
        }
    }

    /// Whether it is a line about the conversation.
    pub fn is_note(&self) -> bool {
        self.body.as_ref().is_some_and(Body::is_note)
    }
}

macro_rules! message_sql {
    ($rest:literal) => {
        concat!(
            "SELECT id, chat, message_id, author, body, at, edited_at, state, due_at, lives_s, expires_at, written FROM chat_messages ",
            $rest
        )
    };
}

fn read(seal: &Sealer, row: &Row) -> Result<Message, StoreError> {
    let broken = || StoreError::Sealed(SealBroken(BODY));
    let body = row.opt_blob(4)?.map(|sealed| seal.open(BODY, sealed)).transpose()?;
    let body = body.map(|bytes| serde_json::from_slice(&bytes).map_err(|_| broken())).transpose()?;
    Ok(Message {
        id: row.int(0)?,
        chat: row.int(1)?,
        name: Id16(row.bytes(2)?),
        author: row.int(3)?,
        body,
        at: row.uint(5)?,
        edited_at: row.opt_int(6)?.map(|at| at as u64),
        state: State::of(row.int(7)?).ok_or_else(broken)?,
        due_at: row.opt_int(8)?.map(|at| at as u64),
        lives_s: row.opt_uint(9)?,
        expires_at: row.opt_uint(10)?,
        written: row.opt_uint(11)?,
    })
}

/// What a message says, as it stands in its row.
pub fn sealed(seal: &Sealer, body: &Body) -> Value {
    seal.seal(BODY, &serde_json::to_vec(body).unwrap_or_default()).into()
}

/// Writes a message; none when its author has sent it before. One that its author wrote before others that are here stands
/// before those.
pub fn insert(tx: &Tx<'_>, seal: &Sealer, new: &Message) -> Result<Option<i64>, DbError> {
    let late = match new.written {
        Some(written) => late(tx, (new.chat, new.author), written)?,
        None => None,
    };
    let id = late.map_or_else(|| next_number(tx), Ok)?;
    let sql = "INSERT INTO chat_messages (id, chat, message_id, author, body, at, state, due_at, lives_s, written) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (chat, author, message_id) DO NOTHING RETURNING id";
    let row = tx.one(
        sql,
        &[
            id.into(),
            new.chat.into(),
            new.name.0.to_vec().into(),
            new.author.into(),
            new.body.as_ref().map_or(Value::Null, |body| sealed(seal, body)),
            new.at.into(),
            new.state.number().into(),
            new.due_at.map_or(Value::Null, Value::from),
            new.lives_s.into(),
            new.written.into(),
        ],
    )?;
    row.map(|row| row.int(0)).transpose()
}

/// The number of whatever comes now: higher than all that were given.
pub fn next_number(tx: &Tx<'_>) -> Result<i64, DbError> {
    let sql = "UPDATE chat_numbers SET last = (last / $1 + 1) * $1 RETURNING last";
    tx.one(sql, &[APART.into()])?.ok_or(DbError::Gone)?.int(0)
}

/// Whether the message of this number came after others that stand behind it.
pub const fn is_late(number: i64) -> bool {
    number % APART != 0
}

/// A number before the first message that its author wrote later. None: there is no such message, or no room before it.
fn late(tx: &Tx<'_>, (chat, author): (i64, i64), written: u64) -> Result<Option<i64>, DbError> {
    let sql = "SELECT min(id) FROM chat_messages WHERE chat = $1 AND author = $2 AND written > $3";
    let later = tx.one(sql, &[chat.into(), author.into(), written.into()])?;
    let Some(later) = later.map(|row| row.opt_int(0)).transpose()?.flatten() else { return Ok(None) };
    let before = tx.one("SELECT COALESCE(max(id), 0) FROM chat_messages WHERE id < $1", &[later.into()])?;
    let before = before.map_or(Ok(0), |row| row.int(0))?;
    let room = later - before - 1;
    Ok((room > 0).then(|| before + 1 + (room - 1) / PART))
}

/// When the owner writes the next message of a group, unix ms: now, and later than the one before.
pub fn written_now(tx: &Tx<'_>, chat: i64, now: u64) -> Result<u64, DbError> {
    let sql = "SELECT max(written) FROM chat_messages WHERE chat = $1 AND author = 0 AND written IS NOT NULL";
    let last = tx.one(sql, &[chat.into()])?.map(|row| row.opt_uint(0)).transpose()?.flatten();
    Ok(last.map_or(now, |last| now.max(last + 1)))
}

/// By its number.
pub fn get(tx: &Tx<'_>, seal: &Sealer, id: i64) -> Result<Option<Message>, StoreError> {
    tx.one(message_sql!("WHERE id = $1"), &[id.into()])?.map(|row| read(seal, &row)).transpose()
}

/// By the name that its author gave it.
pub fn named(
    tx: &Tx<'_>,
    seal: &Sealer,
    chat: i64,
    author: i64,
    name: Id16,
) -> Result<Option<Message>, StoreError> {
    let sql = message_sql!("WHERE chat = $1 AND author = $2 AND message_id = $3");
    let values = [chat.into(), author.into(), name.0.to_vec().into()];
    tx.one(sql, &values)?.map(|row| read(seal, &row)).transpose()
}

/// By name, of whomever it is.
pub fn any_named(tx: &Tx<'_>, seal: &Sealer, chat: i64, name: Id16) -> Result<Option<Message>, StoreError> {
    let sql = message_sql!("WHERE chat = $1 AND message_id = $2 ORDER BY id LIMIT 1");
    tx.one(sql, &[chat.into(), name.0.to_vec().into()])?.map(|row| read(seal, &row)).transpose()
}

/// Messages of a conversation before `before`, the newest first.
pub fn page(
    tx: &Tx<'_>,
    seal: &Sealer,
    chat: i64,
    before: i64,
    limit: i64,
) -> Result<Vec<Message>, StoreError> {
    let sql = message_sql!("WHERE chat = $1 AND id < $2 ORDER BY id DESC LIMIT $3");
    let rows = tx.all(sql, &[chat.into(), before.into(), limit.into()])?;
    rows.iter().map(|row| read(seal, row)).collect()
}

/// Messages after `after`, the oldest first; of one conversation or all.
pub fn after(
    tx: &Tx<'_>,
    seal: &Sealer,
    chat: Option<i64>,
    after: i64,
    limit: i64,
) -> Result<Vec<Message>, StoreError> {
    let rows = match chat {
        Some(chat) => {
            let sql = message_sql!("WHERE chat = $1 AND id > $2 ORDER BY id LIMIT $3");
            tx.all(sql, &[chat.into(), after.into(), limit.into()])?
        }
        None => {
            let sql = message_sql!("WHERE id > $1 ORDER BY id LIMIT $2");
            tx.all(sql, &[after.into(), limit.into()])?
        }
    };
    rows.iter().map(|row| read(seal, row)).collect()
}

/// Messages between two numbers, of one conversation or all, the newest first.
pub fn between(
    tx: &Tx<'_>,
    seal: &Sealer,
    chat: Option<i64>,
    (after, before): (i64, i64),
    limit: i64,
) -> Result<Vec<Message>, StoreError> {
    let rows = match chat {
        Some(chat) => {
            let sql = message_sql!("WHERE chat = $1 AND id > $2 AND id < $3 ORDER BY id DESC LIMIT $4");
            tx.all(sql, &[chat.into(), after.into(), before.into(), limit.into()])?
        }
        None => {
            let sql = message_sql!("WHERE id > $1 AND id < $2 ORDER BY id DESC LIMIT $3");
            tx.all(sql, &[after.into(), before.into(), limit.into()])?
        }
    };
    rows.iter().map(|row| read(seal, row)).collect()
}

/// How many messages there are after a number, at most `most`.
pub fn count_after(tx: &Tx<'_>, after: i64, most: i64) -> Result<i64, DbError> {
    let sql = "SELECT count(*) FROM (SELECT 1 FROM chat_messages WHERE id > $1 LIMIT $2) AS new";
    tx.one(sql, &[after.into(), most.into()])?.map_or(Ok(0), |row| row.int(0))
}

/// Messages of others that the owner has not read.
pub fn unread(tx: &Tx<'_>, chat: i64, read_upto: i64) -> Result<i64, DbError> {
    let sql = "SELECT count(*) FROM (SELECT 1 FROM chat_messages WHERE chat = $1 AND id > $2 AND author <> 0 AND state < 4 AND kind = 0 AND body IS NOT NULL LIMIT 1000) AS new";
    tx.one(sql, &[chat.into(), read_upto.into()])?.map_or(Ok(0), |row| row.int(0))
}

/// The newest message of others that the owner has not read.
pub fn newest_unread(
    tx: &Tx<'_>,
    seal: &Sealer,
    chat: i64,
    read_upto: i64,
) -> Result<Option<Message>, StoreError> {
    let sql = message_sql!(
        "WHERE chat = $1 AND id > $2 AND author <> 0 AND state < 4 AND kind = 0 AND body IS NOT NULL ORDER BY id DESC LIMIT 1"
    );
    tx.one(sql, &[chat.into(), read_upto.into()])?.map(|row| read(seal, &row)).transpose()
}

/// Conversations in which something may leave now, at most `limit`.
pub fn due_chats(tx: &Tx<'_>, now: u64, limit: i64) -> Result<Vec<i64>, DbError> {
    let sql = "SELECT DISTINCT chat FROM chat_messages WHERE due_at IS NOT NULL AND due_at <= $1 ORDER BY chat LIMIT $2";
    tx.all(sql, &[now.into(), limit.into()])?.iter().map(|row| row.int(0)).collect()
}

/// What may leave of a conversation waits no longer for the time.
pub fn not_due(tx: &Tx<'_>, chat: i64, now: u64) -> Result<(), DbError> {
    // The plus: SQLite would look through the whole conversation, where the index of what is due has few rows.
    let sql = "UPDATE chat_messages SET due_at = NULL, state = 1 WHERE +chat = $1 AND due_at <= $2";
    tx.execute(sql, &[chat.into(), now.into()]).map(drop)
}

/// When the next may leave.
pub fn next_due(tx: &Tx<'_>) -> Result<Option<u64>, DbError> {
    let sql = "SELECT min(due_at) FROM chat_messages WHERE due_at IS NOT NULL";
    Ok(tx.one(sql, &[])?.map(|row| row.opt_int(0)).transpose()?.flatten().map(|at| at as u64))
}

/// What of a conversation waits for a key, or may not be taken back any more; in the order it was written.
pub fn waiting(
    tx: &Tx<'_>,
    seal: &Sealer,
    chat: i64,
    now: u64,
    limit: i64,
) -> Result<Vec<Message>, StoreError> {
    let sql = message_sql!(
        "WHERE chat = $1 AND author = 0 AND state < 2 AND (due_at IS NULL OR due_at <= $2) ORDER BY id LIMIT $3"
    );
    let rows = tx.all(sql, &[chat.into(), now.into(), limit.into()])?;
    rows.iter().map(|row| read(seal, row)).collect()
}

/// What the other has not acknowledged is said again in the next group.
pub fn say_again(tx: &Tx<'_>, chat: i64) -> Result<(), DbError> {
    let sql = "UPDATE chat_messages SET state = 1 WHERE chat = $1 AND author = 0 AND state < 4 AND state = 2 AND body IS NOT NULL";
    tx.execute(sql, &[chat.into()]).map(drop)
}

/// What the owner said from a message on is said again in the next group, also what was acknowledged.
pub fn say_again_from(tx: &Tx<'_>, chat: i64, from: i64) -> Result<(), DbError> {
    let sql = "UPDATE chat_messages SET state = 1 WHERE chat = $1 AND id >= $2 AND author = 0 AND state IN (2, 3) AND body IS NOT NULL";
    tx.execute(sql, &[chat.into(), from.into()]).map(drop)
}

/// A message of the owner is said again.
pub fn say_again_one(tx: &Tx<'_>, id: i64) -> Result<(), DbError> {
    let sql = "UPDATE chat_messages SET state = 1 WHERE id = $1 AND author = 0 AND state IN (2, 3) AND body IS NOT NULL";
    tx.execute(sql, &[id.into()]).map(drop)
}

/// How often a message was said, as far as the outbox remembers.
pub fn times_said(tx: &Tx<'_>, id: i64) -> Result<i64, DbError> {
    let row = tx.one("SELECT count(*) FROM outbox WHERE chat_message = $1", &[id.into()])?;
    row.map_or(Ok(0), |row| row.int(0))
}

/// The other's newest message after `after` and up to `upto`: its number and name.
pub fn newest_of_other(
    tx: &Tx<'_>,
    chat: i64,
    after: i64,
    upto: i64,
) -> Result<Option<(i64, Id16)>, DbError> {
    let sql = "SELECT id, message_id FROM chat_messages WHERE chat = $1 AND author <> 0 AND kind = 0 AND id > $2 AND id <= $3 ORDER BY id DESC LIMIT 1";
    let row = tx.one(sql, &[chat.into(), after.into(), upto.into()])?;
    row.map(|row| Ok((row.int(0)?, Id16(row.bytes(1)?)))).transpose()
}

/// The highest number given so far.
pub fn last_number(tx: &Tx<'_>) -> Result<i64, DbError> {
    let row = tx.one("SELECT COALESCE(max(id), 0) FROM chat_messages", &[])?;
    row.map_or(Ok(0), |row| row.int(0))
}

/// A message of the owner stands elsewhere now.
pub fn set_state(tx: &Tx<'_>, id: i64, state: State) -> Result<(), DbError> {
    let sql = "UPDATE chat_messages SET state = $2, due_at = NULL WHERE id = $1";
    tx.execute(sql, &[id.into(), state.number().into()]).map(drop)
}

/// Those of a conversation that may still be taken back may leave now.
pub fn hasten(tx: &Tx<'_>, chat: i64, now: u64) -> Result<(), DbError> {
    // The plus: as above.
    let sql = "UPDATE chat_messages SET due_at = $2 WHERE +chat = $1 AND due_at > $2";
    tx.execute(sql, &[chat.into(), now.into()]).map(drop)
}

/// The thing in the outbox has reached the other; the message's number and conversation.
pub fn delivered(tx: &Tx<'_>, outbox: &Hash) -> Result<Option<(i64, i64)>, DbError> {
    let sql = "UPDATE chat_messages SET state = 3 WHERE state = 2 AND id IN (SELECT chat_message FROM outbox WHERE message_id = $1 AND chat_message IS NOT NULL) RETURNING id, chat";
    let row = tx.one(sql, &[outbox.0.to_vec().into()])?;
    row.map(|row| Ok((row.int(0)?, row.int(1)?))).transpose()
}

/// How far a message that was sent is: `sent`, `at_relay` or `failed`.
pub fn way(tx: &Tx<'_>, id: i64) -> Result<&'static str, DbError> {
    let sql = "SELECT d.state, d.n <= s.mailed_to FROM outbox o JOIN deliveries d ON d.outbox_id = o.id AND d.state < 2 JOIN streams s ON s.person = d.person WHERE o.chat_message = $1 ORDER BY d.state LIMIT 1";
    let Some(row) = tx.one(sql, &[id.into()])? else { return Ok("sent") };
    Ok(match (row.int(0)?, row.int(1)?) {
        (0, 1) => "at_relay",
        (0, _) => "sent",
        (1, _) => "failed",
        _ => "sent",
    })
}

/// Why the other's node refused a message, or what it needs: a code.
pub fn refusal(tx: &Tx<'_>, id: i64) -> Result<Option<String>, DbError> {
    let sql = "SELECT d.reason FROM outbox o JOIN deliveries d ON d.outbox_id = o.id AND d.state = 1 WHERE o.chat_message = $1 LIMIT 1";
    tx.one(sql, &[id.into()])?.map(|row| Ok(row.text(0)?.to_owned())).transpose()
}

/// How many messages the owner has written in a conversation.
pub fn written(tx: &Tx<'_>, chat: i64) -> Result<i64, DbError> {
    let sql = "SELECT count(*) FROM chat_messages WHERE chat = $1 AND author = 0 AND kind = 0";
    tx.one(sql, &[chat.into()])?.map_or(Ok(0), |row| row.int(0))
}

/// The other has read the owner's messages up to and with `upto`. How many those were.
pub fn read_by_other(tx: &Tx<'_>, chat: i64, upto: i64) -> Result<u64, DbError> {
    let sql = "UPDATE chat_messages SET state = 4 WHERE chat = $1 AND author = 0 AND state < 4 AND state >= 2 AND id <= $2";
    tx.execute(sql, &[chat.into(), upto.into()])
}

/// Another text, said at `at`. False when a later one is held, or none any more.
pub fn edit(tx: &Tx<'_>, seal: &Sealer, id: i64, body: &Body, at: u64) -> Result<bool, DbError> {
    let sql = "UPDATE chat_messages SET body = $2, edited_at = $3 WHERE id = $1 AND body IS NOT NULL AND COALESCE(edited_at, 0) <= $3";
    Ok(tx.execute(sql, &[id.into(), sealed(seal, body), at.into()])? == 1)
}

/// Takes a message back: what it said is gone, that it was there stays.
pub fn erase(tx: &Tx<'_>, id: i64, at: u64) -> Result<bool, DbError> {
    tx.execute("DELETE FROM chat_reactions WHERE message = $1", &[id.into()])?;
    let sql = "UPDATE chat_messages SET body = NULL, edited_at = $2, due_at = NULL WHERE id = $1 AND body IS NOT NULL";
    Ok(tx.execute(sql, &[id.into(), at.into()])? == 1)
}

/// Removes a message: that it was there is forgotten too.
pub fn remove(tx: &Tx<'_>, id: i64) -> Result<(), DbError> {
    tx.execute("DELETE FROM chat_reactions WHERE message = $1", &[id.into()])?;
    tx.execute("DELETE FROM chat_receipts WHERE message = $1", &[id.into()])?;
    tx.execute("DELETE FROM chat_messages WHERE id = $1", &[id.into()]).map(drop)
}

/// A message has left: the time that it stays begins, if it did not before.
pub fn begins(tx: &Tx<'_>, id: i64, now: u64) -> Result<(), DbError> {
    let sql = "UPDATE chat_messages SET expires_at = $2 + lives_s * 1000 WHERE id = $1 AND lives_s IS NOT NULL AND expires_at IS NULL";
    tx.execute(sql, &[id.into(), now.into()]).map(drop)
}

/// The same for others' messages up to and with `upto`: they were read. How many those were.
pub fn begins_upto(tx: &Tx<'_>, chat: i64, upto: i64, now: u64) -> Result<u64, DbError> {
    let sql = "UPDATE chat_messages SET expires_at = $3 + lives_s * 1000 WHERE chat = $1 AND author <> 0 AND id <= $2 AND lives_s IS NOT NULL AND expires_at IS NULL";
    tx.execute(sql, &[chat.into(), upto.into(), now.into()])
}

/// Messages whose time is over.
pub fn over(tx: &Tx<'_>, seal: &Sealer, now: u64, limit: i64) -> Result<Vec<Message>, StoreError> {
    let sql =
        message_sql!("WHERE expires_at IS NOT NULL AND expires_at <= $1 ORDER BY expires_at, id LIMIT $2");
    let rows = tx.all(sql, &[now.into(), limit.into()])?;
    rows.iter().map(|row| read(seal, row)).collect()
}

/// When the next one's time is over.
pub fn next_over(tx: &Tx<'_>) -> Result<Option<u64>, DbError> {
    let sql = "SELECT min(expires_at) FROM chat_messages WHERE expires_at IS NOT NULL";
    Ok(tx.one(sql, &[])?.map(|row| row.opt_uint(0)).transpose()?.flatten())
}

/// Removes all messages of a conversation.
pub fn remove_all(tx: &Tx<'_>, chat: i64) -> Result<(), DbError> {
    let sql = "DELETE FROM chat_reactions WHERE message IN (SELECT id FROM chat_messages WHERE chat = $1)";
    tx.execute(sql, &[chat.into()])?;
    let sql = "DELETE FROM chat_receipts WHERE message IN (SELECT id FROM chat_messages WHERE chat = $1)";
    tx.execute(sql, &[chat.into()])?;
    tx.execute("DELETE FROM chat_messages WHERE chat = $1", &[chat.into()]).map(drop)
}

/// A reaction in place of the one before; empty takes it away. The newest counts.
pub fn react(
    tx: &Tx<'_>,
    seal: &Sealer,
    (message, author): (i64, i64),
    reaction: &str,
    at: u64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO chat_reactions (message, author, reaction, at) VALUES ($1, $2, $3, $4) ON CONFLICT (message, author) DO UPDATE SET reaction = $3, at = $4 WHERE chat_reactions.at <= $4";
    let sealed = seal.seal(REACTION, reaction.as_bytes());
    tx.execute(sql, &[message.into(), author.into(), sealed.into(), at.into()]).map(drop)
}

/// The reactions to a message with their authors.
pub fn reactions(tx: &Tx<'_>, seal: &Sealer, message: i64) -> Result<Vec<(i64, String)>, StoreError> {
    let sql = "SELECT author, reaction FROM chat_reactions WHERE message = $1 ORDER BY at, author";
    let rows = tx.all(sql, &[message.into()])?;
    let read = |row: &Row| Ok((row.int(0)?, seal.open_text(REACTION, row.blob(1)?)?));
    let all: Result<Vec<(i64, String)>, StoreError> = rows.iter().map(read).collect();
    Ok(all?.into_iter().filter(|(_, reaction)| !reaction.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::{
        chats::store as chats,
        feed::tests::stage::{Node, clock},
    };

    const BEN: i64 = 8;

    /// What somebody said who has written at these times, in the order in which it came.
    async fn shown(came: &'static [(i64, Option<u64>)]) -> Vec<u64> {
        let node = Node::new("Ana", &clock().0).await;
        let all = node.deps.write(move |w| {
            let chat = chats::ensure(w.tx, w.seal, -1, 1)?;
            for (at, (author, written)) in came.iter().enumerate() {
                let mut name = Id16([0; 16]);
                name.0[..8].copy_from_slice(&(at as u64).to_be_bytes());
                let said = Message::new(chat.id, (*author, name), Body::default(), 0, State::Delivered);
                insert(w.tx, w.seal, &Message { at: at as u64, written: *written, ..said })?.unwrap();
            }
            let mut all = page(w.tx, w.seal, chat.id, i64::MAX, 10_000)?;
            all.reverse();
            Ok(all.iter().map(|message| message.at).collect())
        });
        all.await.unwrap()
    }

    #[tokio::test]
    async fn what_comes_late_stands_where_its_author_wrote_it() {
        let came =
            &[(BEN, Some(10)), (3, Some(5)), (BEN, Some(40)), (3, Some(6)), (BEN, Some(20)), (BEN, Some(30))];
        assert_eq!(shown(came).await, [0, 1, 4, 5, 2, 3]);
        let backwards =
            &[(BEN, Some(40)), (BEN, Some(30)), (BEN, Some(20)), (BEN, Some(10)), (BEN, Some(50))];
        assert_eq!(shown(backwards).await, [3, 2, 1, 0, 4]);
        let without_times = &[(BEN, None), (BEN, Some(10)), (BEN, None), (BEN, Some(5))];
        assert_eq!(shown(without_times).await, [0, 3, 1, 2]);
    }

    #[tokio::test]
    async fn thousands_find_a_place_one_after_the_other() {
        let node = Node::new("Ana", &clock().0).await;
        let all = node.deps.write(|w| {
            let chat = chats::ensure(w.tx, w.seal, -1, 1)?;
            let say = |written: u64| {
                let mut name = Id16([0; 16]);
                name.0[..8].copy_from_slice(&written.to_be_bytes());
                let said = Message::new(chat.id, (BEN, name), Body::default(), written, State::Delivered);
                insert(w.tx, w.seal, &Message { written: Some(written), ..said })
            };
            say(10_000)?;
            for written in 1..=2_000 {
                say(written)?;
            }
            Ok(page(w.tx, w.seal, chat.id, i64::MAX, 10_000)?)
        });
        let times: Vec<u64> = all.await.unwrap().iter().rev().map(|message| message.at).collect();
        assert!(times.is_sorted() && times.len() == 2_001, "{times:?}");
    }

    #[tokio::test]
    async fn the_owner_never_writes_at_the_same_time_twice() {
        let node = Node::new("Ana", &clock().0).await;
        let times = node.deps.write(|w| {
            let chat = chats::ensure(w.tx, w.seal, -1, 1)?;
            let mut times = Vec::new();
            for (at, now) in [100, 100, 50, 200].into_iter().enumerate() {
                let written = written_now(w.tx, chat.id, now)?;
                let said =
                    Message::new(chat.id, (OWN, Id16([at as u8; 16])), Body::default(), now, State::Held);
                insert(w.tx, w.seal, &Message { written: Some(written), ..said })?;
                times.push(written);
            }
            Ok(times)
        });
        assert_eq!(times.await.unwrap(), [100, 101, 102, 200]);
    }
}
