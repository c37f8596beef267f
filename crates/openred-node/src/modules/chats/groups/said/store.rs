//! Rows of `chat_said chat_receipts`, and of `chat_messages` what only groups have. States of a receipt: 1 not in the group any more,
//! 2 on its way, 3 delivered, 4 read.

use std::collections::BTreeMap;

use openred_core::ids::{Hash, Id16};
use openred_service::database::{DbError, Row, Tx, Value};

use crate::{
    modules::{chats::messages::store as messages, contacts::store::StoreError},
    seal::Sealer,
};

const TALK: &str = "chat_said.talk";

/// The epoch of what could not be said yet.
pub const UNSAID: u64 = i64::MAX as u64;

/// What was said beside messages.
#[derive(Debug)]
pub struct Said {
    /// `chat_said.id`.
    pub id: i64,
    /// Its content.
    pub talk: Vec<u8>,
    /// Of a thing on a wall: what its receipts count.
    pub message: Option<i64>,
}

/// Keeps what was said beside messages, in the epoch in which it was encrypted; `message` as in [`Said`].
pub fn keep(
    tx: &Tx<'_>,
    seal: &Sealer,
    chat: i64,
    (talk, message): (&[u8], Option<i64>),
    epoch: u64,
    now: u64,
) -> Result<i64, DbError> {
    let sql =
        "INSERT INTO chat_said (chat, talk, epoch, at, message) VALUES ($1, $2, $3, $4, $5) RETURNING id";
    let message = message.map_or(Value::Null, Value::from);
    let values = [chat.into(), seal.seal(TALK, talk).into(), epoch.into(), now.into(), message];
    tx.one(sql, &values)?.ok_or(DbError::Gone)?.int(0)
}

/// What was said from this epoch on, in order; at most 1,000.
pub fn since(tx: &Tx<'_>, seal: &Sealer, chat: i64, epoch: u64) -> Result<Vec<Said>, StoreError> {
    let sql =
        "SELECT id, talk, message FROM chat_said WHERE chat = $1 AND epoch >= $2 ORDER BY id LIMIT 1000";
    let read = |row: &Row| {
        Ok(Said { id: row.int(0)?, talk: seal.open(TALK, row.blob(1)?)?, message: row.opt_int(2)? })
    };
    tx.all(sql, &[chat.into(), epoch.into()])?.iter().map(read).collect()
}

/// A thing on a wall is not said again: it was deleted.
pub fn unsay(tx: &Tx<'_>, message: i64) -> Result<(), DbError> {
    tx.execute("DELETE FROM chat_said WHERE message = $1", &[message.into()])?;
    tx.execute("DELETE FROM chat_receipts WHERE message = $1", &[message.into()]).map(drop)
}

/// It was encrypted again, in this epoch.
pub fn again(tx: &Tx<'_>, id: i64, epoch: u64) -> Result<(), DbError> {
    tx.execute("UPDATE chat_said SET epoch = $2 WHERE id = $1", &[id.into(), epoch.into()]).map(drop)
}

/// What could not be said yet in one conversation is said in another.
pub fn hand_over(tx: &Tx<'_>, from: i64, to: i64) -> Result<(), DbError> {
    let sql = "UPDATE chat_said SET chat = $2 WHERE chat = $1 AND epoch = $3";
    tx.execute(sql, &[from.into(), to.into(), UNSAID.into()]).map(drop)
}

/// Nothing said before this time (unix ms) can be lost any more. Things on walls that could not be said yet stay.
pub fn trim(tx: &Tx<'_>, before: u64) -> Result<(), DbError> {
    let sql = "DELETE FROM chat_said WHERE at < $1 AND (message IS NULL OR epoch < $2)";
    tx.execute(sql, &[before.into(), UNSAID.into()])?;
    // What became of things on walls is known for as long as they are in the outbox.
    let sql = "DELETE FROM chat_receipts WHERE message < 0 AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.chat_message = chat_receipts.message) AND NOT EXISTS (SELECT 1 FROM drafts d WHERE d.chat_message = chat_receipts.message)";
    tx.execute(sql, &[]).map(drop)
}

/// A message of the owner was encrypted in this epoch, for these people.
pub fn sent(tx: &Tx<'_>, message: i64, epoch: u64, to: &[i64]) -> Result<(), DbError> {
    tx.execute("UPDATE chat_messages SET epoch = $2 WHERE id = $1", &[message.into(), epoch.into()])?;
    let sql = "INSERT INTO chat_receipts (message, person, state) VALUES ($1, $2, 2) ON CONFLICT (message, person) DO UPDATE SET state = CASE WHEN chat_receipts.state < 4 THEN 2 ELSE 4 END";
    for person in to {
        tx.execute(sql, &[message.into(), (*person).into()])?;
    }
    Ok(())
}

/// The message of a group that a thing of the outbox carries, and to whom.
pub fn carried(tx: &Tx<'_>, outbox: &Hash) -> Result<Option<(i64, i64)>, DbError> {
    let sql = "SELECT o.chat_message, o.person FROM outbox o JOIN chat_receipts r ON r.message = o.chat_message AND r.person = o.person WHERE o.message_id = $1 AND o.chat_message IS NOT NULL";
    let row = tx.one(sql, &[outbox.0.to_vec().into()])?;
    row.map(|row| Ok((row.int(0)?, row.int(1)?))).transpose()
}

/// Somebody's node has a message of the owner. The conversation, when that was not known.
pub fn delivered(tx: &Tx<'_>, message: i64, person: i64) -> Result<Option<i64>, DbError> {
    let sql = "UPDATE chat_receipts SET state = 3 WHERE message = $1 AND person = $2 AND state = 2";
    if tx.execute(sql, &[message.into(), person.into()])? == 0 {
        return Ok(None);
    }
    roll_up(tx, message)
}

/// Somebody has read the owner's messages of a conversation up to and with `upto`, as far as they have them: one before it may
/// have been refused.
pub fn read(tx: &Tx<'_>, chat: i64, person: i64, upto: i64) -> Result<(), DbError> {
    let sql = "UPDATE chat_receipts SET state = 4 WHERE person = $2 AND (state = 3 OR (state = 2 AND message = $3)) AND message IN (SELECT id FROM chat_messages WHERE chat = $1 AND author = 0 AND kind = 0 AND state IN (2, 3) AND id <= $3) RETURNING message";
    for row in tx.all(sql, &[chat.into(), person.into(), upto.into()])? {
        roll_up(tx, row.int(0)?)?;
    }
    Ok(())
}

/// The state of a message is that of whoever is furthest behind.
fn roll_up(tx: &Tx<'_>, message: i64) -> Result<Option<i64>, DbError> {
    let sql = "UPDATE chat_messages SET state = (SELECT min(state) FROM chat_receipts WHERE message = $1 AND state >= 2) WHERE id = $1 AND state >= 2 RETURNING chat";
    tx.one(sql, &[message.into()])?.map(|row| row.int(0)).transpose()
}

/// Who is not in the group any more is not waited for. That it was for them stays written: who comes back by another branch
/// gets it, and nobody gets what was said before they came.
pub fn gone(tx: &Tx<'_>, chat: i64, person: i64) -> Result<(), DbError> {
    let sql = "UPDATE chat_receipts SET state = 1 WHERE person = $2 AND state = 2 AND message IN (SELECT id FROM chat_messages WHERE chat = $1 AND author = 0) RETURNING message";
    for row in tx.all(sql, &[chat.into(), person.into()])? {
        let sql = "UPDATE chat_messages SET state = COALESCE((SELECT min(state) FROM chat_receipts WHERE message = $1 AND state >= 2), 3) WHERE id = $1 AND state = 2";
        tx.execute(sql, &[row.int(0)?.into()])?;
    }
    Ok(())
}

/// What was encrypted from this epoch on is not known to have arrived: by this person, or by all. Who has read it has it. Where one
/// person says so, receipts for what was sent before say nothing any more: they may come later than the refusal.
pub fn unsettle(tx: &Tx<'_>, chat: i64, epoch: u64, person: Option<i64>) -> Result<(), DbError> {
    let sql = "UPDATE chat_receipts SET state = 2 WHERE state = 3 AND (person = $3 OR $3 = 0) AND message IN (SELECT id FROM chat_messages WHERE chat = $1 AND author = 0 AND kind = 0 AND epoch >= $2)";
    tx.execute(sql, &[chat.into(), epoch.into(), person.unwrap_or(0).into()])?;
    let sql = "UPDATE chat_messages SET state = 2 WHERE chat = $1 AND author = 0 AND kind = 0 AND epoch >= $2 AND state = 3 AND EXISTS (SELECT 1 FROM chat_receipts r WHERE r.message = chat_messages.id AND r.state = 2)";
    tx.execute(sql, &[chat.into(), epoch.into()])?;
    if let Some(person) = person {
        let sql = "UPDATE outbox SET chat_message = NULL WHERE person = $3 AND chat_message IN (SELECT id FROM chat_messages WHERE chat = $1 AND author = 0 AND kind = 0 AND epoch >= $2)";
        tx.execute(sql, &[chat.into(), epoch.into(), person.into()])?;
    }
    Ok(())
}

/// Messages of the owner that were encrypted from this epoch on and that a member for whom they are does not have, in order; at
/// most 1,000.
pub fn unsettled(tx: &Tx<'_>, chat: i64, group: i64, epoch: u64) -> Result<Vec<i64>, DbError> {
    let sql = "SELECT id FROM chat_messages m WHERE chat = $1 AND author = 0 AND kind = 0 AND epoch >= $2 AND body IS NOT NULL AND EXISTS (SELECT 1 FROM chat_receipts r JOIN mls_members g ON g.person = r.person WHERE r.message = m.id AND r.state < 3 AND g.mls_group = $3) ORDER BY id LIMIT 1000";
    tx.all(sql, &[chat.into(), epoch.into(), group.into()])?.iter().map(|row| row.int(0)).collect()
}

/// For whom this message is, of those who may not have it: members of now and of then.
pub fn lacking(tx: &Tx<'_>, message: i64) -> Result<Vec<i64>, DbError> {
    let sql = "SELECT person FROM chat_receipts WHERE message = $1 AND state < 3";
    tx.all(sql, &[message.into()])?.iter().map(|row| row.int(0)).collect()
}

/// For how many a message is, how many have it, how many have read it.
pub fn receipts(tx: &Tx<'_>, message: i64) -> Result<(i64, i64, i64), DbError> {
    let sql = "SELECT count(*), COALESCE(sum(CASE WHEN state >= 3 THEN 1 ELSE 0 END), 0), COALESCE(sum(CASE WHEN state = 4 THEN 1 ELSE 0 END), 0) FROM chat_receipts WHERE message = $1 AND state >= 2";
    let Some(row) = tx.one(sql, &[message.into()])? else { return Ok((0, 0, 0)) };
    Ok((row.int(0)?, row.int(1)?, row.int(2)?))
}

/// How far a message that was sent is at most: `sent`, `at_relay` where all who lack it take it from relays, `failed` where
/// all of them refused it.
pub fn way(tx: &Tx<'_>, message: i64) -> Result<&'static str, DbError> {
    let sql = "SELECT d.state, d.n <= s.mailed_to, count(*) FROM outbox o JOIN deliveries d ON d.outbox_id = o.id JOIN streams s ON s.person = d.person WHERE o.chat_message = $1 AND d.state < 2 GROUP BY d.state, d.n <= s.mailed_to";
    let mut kinds = BTreeMap::new();
    for row in tx.all(sql, &[message.into()])? {
        let kind = match (row.int(0)?, row.flag(1)?) {
            (0, true) => "at_relay",
            (1, _) => "failed",
            _ => "sent",
        };
        *kinds.entry(kind).or_insert(0) += row.int(2)?;
    }
    Ok(if kinds.len() == 1 { kinds.into_keys().next().unwrap_or("sent") } else { "sent" })
}

/// A note of the system: which conversation, its name, whose deed, the epoch that it tells of, and what it says, sealed as
/// the text of a message is.
#[derive(Debug)]
pub struct Note {
    /// `chats.id`.
    pub chat: i64,
    /// Drawn from the commit: the same for all members.
    pub name: Id16,
    /// 0 the owner, else `connections.id`.
    pub author: i64,
    /// Sealed.
    pub body: Value,
    /// Unix ms.
    pub at: u64,
    /// The epoch that it tells of.
    pub epoch: u64,
}

/// Writes a note. False when it is there.
pub fn add_note(tx: &Tx<'_>, note: Note) -> Result<bool, DbError> {
    let sql = "INSERT INTO chat_messages (id, chat, message_id, author, body, at, state, kind, epoch) VALUES ($1, $2, $3, $4, $5, $6, 4, 1, $7) ON CONFLICT (chat, author, message_id) DO NOTHING";
    let Note { chat, name, author, body, at, epoch } = note;
    let (id, name) = (messages::next_number(tx)?, name.0.to_vec());
    let values = [id.into(), chat.into(), name.into(), author.into(), body, at.into(), epoch.into()];
    Ok(tx.execute(sql, &values)? == 1)
}

/// What happened in epochs beyond this one has not happened.
pub fn drop_notes(tx: &Tx<'_>, chat: i64, epoch: u64) -> Result<(), DbError> {
    let sql = "DELETE FROM chat_messages WHERE chat = $1 AND kind = 1 AND epoch > $2";
    tx.execute(sql, &[chat.into(), epoch.into()]).map(drop)
}

/// Deliveries of messages of groups that were refused before `before`, of things not older than `since` (unix ms): person
/// and place. At most 200.
pub fn refused(tx: &Tx<'_>, before: u64, since: u64) -> Result<Vec<(i64, i64)>, DbError> {
    let sql = "SELECT d.person, d.n FROM chat_receipts r JOIN outbox o ON o.chat_message = r.message AND o.person = r.person JOIN deliveries d ON d.outbox_id = o.id AND d.person = r.person WHERE r.state = 2 AND d.state = 1 AND d.since_at < $1 AND o.created_at > $2 LIMIT 200";
    let rows = tx.all(sql, &[before.into(), since.into()])?;
    rows.iter().map(|row| Ok((row.int(0)?, row.int(1)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::chats::store as chats;
    use crate::modules::feed::tests::stage::{Node, clock};

    const MESSAGE: i64 = 70;
    const BEN: i64 = 8;

    /// A message of the owner of the fourth epoch, sent to one person.
    fn said(tx: &Tx<'_>, seal: &Sealer, outbox: u8) -> Result<i64, StoreError> {
        let chat = chats::ensure(tx, seal, -1, 1)?;
        let sql = "INSERT INTO chat_messages (id, chat, message_id, author, at, state) VALUES ($1, $2, $3, 0, 1, 2) ON CONFLICT DO NOTHING";
        tx.execute(sql, &[MESSAGE.into(), chat.id.into(), vec![1; 16].into()])?;
        let sql = "INSERT INTO outbox (message_id, what, audience, person, held, created_at, chat_message) VALUES ($1, 'direct_message', 'person', $2, 0, 1, $3)";
        tx.execute(sql, &[vec![outbox; 32].into(), BEN.into(), MESSAGE.into()])?;
        sent(tx, MESSAGE, 4, &[BEN])?;
        Ok(chat.id)
    }

    fn arrives(tx: &Tx<'_>, outbox: u8) -> Result<(), DbError> {
        match carried(tx, &Hash([outbox; 32]))? {
            Some((message, person)) => delivered(tx, message, person).map(drop),
            None => Ok(()),
        }
    }

    fn state(tx: &Tx<'_>) -> Result<i64, DbError> {
        let row = tx.one("SELECT state FROM chat_messages WHERE id = $1", &[MESSAGE.into()])?;
        row.map_or(Ok(0), |row| row.int(0))
    }

    #[tokio::test]
    async fn what_was_refused_is_not_delivered_until_it_is_said_again() {
        let node = Node::new("Ana", &clock().0).await;
        let states = node.deps.write(|w| {
            let chat = said(w.tx, w.seal, 1)?;
            arrives(w.tx, 1)?;
            let mut states = vec![state(w.tx)?];
            unsettle(w.tx, chat, 5, Some(BEN))?;
            states.push(state(w.tx)?);
            unsettle(w.tx, chat, 4, Some(BEN))?;
            states.push(state(w.tx)?);
            // The receipt of the first one was lost with its session and comes again.
            arrives(w.tx, 1)?;
            states.push(state(w.tx)?);
            said(w.tx, w.seal, 2)?;
            arrives(w.tx, 2)?;
            states.push(state(w.tx)?);
            Ok(states)
        });
        assert_eq!(states.await.unwrap(), [3, 3, 2, 2, 3], "a later epoch was refused first, then its own");
    }

    #[tokio::test]
    async fn a_receipt_for_a_later_message_says_nothing_of_a_refused_one() {
        let node = Node::new("Ana", &clock().0).await;
        let states = node.deps.write(|w| {
            let chat = said(w.tx, w.seal, 1)?;
            arrives(w.tx, 1)?;
            unsettle(w.tx, chat, 4, Some(BEN))?;
            let sql = "INSERT INTO chat_messages (id, chat, message_id, author, at, state) VALUES ($1, $2, $3, 0, 2, 2)";
            let later = MESSAGE + 1;
            w.tx.execute(sql, &[later.into(), chat.into(), vec![2; 16].into()])?;
            sent(w.tx, later, 4, &[BEN])?;
            read(w.tx, chat, BEN, later)?;
            Ok((state(w.tx)?, lacking(w.tx, MESSAGE)?, lacking(w.tx, later)?))
        });
        assert_eq!(states.await.unwrap(), (2, vec![BEN], Vec::new()), "the one is owed, the other was read");
    }
}
