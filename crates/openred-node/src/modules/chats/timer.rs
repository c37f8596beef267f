//! Messages that go by themselves: how long new ones stay in a conversation, and their end. Each message says its own time:
//! what was written under another timer keeps the one that it had.

use openred_core::ids::Id16;

use super::{
    messages::store::{self as messages, Body, Message, Note, OWN, State},
    notices, own, requests, sending,
    store::{self as chats, Chat},
    told,
    whom::With,
};
use crate::{
    deps::{Deps, Work},
    error::NodeError,
};

/// Shortest time, and longest: a year.
const TIMER_S: (u64, u64) = (5, 366 * 86_400);
/// Messages removed by one transaction.
const STEP: i64 = 100;

/// The owner says how long new messages stay, for all.
pub(super) fn set(work: &Work<'_, '_>, to: &With, chat: &Chat, seconds: u64) -> Result<(), NodeError> {
    if seconds != 0 && !(TIMER_S.0..=TIMER_S.1).contains(&seconds) {
        return Err(NodeError::invalid("timer_s", "0 for no end, or 5 seconds to 366 days"));
    }
    requests::may_write(to, chat)?;
    if seconds == chat.timer_s {
        return Ok(());
    }
    messages::hasten(work.tx, chat.id, work.now)?;
    note(work, chat, (OWN, own::drawn()?), State::NoKey, seconds, work.now)?;
    chats::set_timer(work.tx, chat.id, seconds, work.now)?;
    sending::send_held(work, chat, to)
}

/// Somebody says how long new messages stay, under this name.
pub(super) fn heard(
    work: &Work<'_, '_>,
    chat: &Chat,
    (author, name): (i64, Id16),
    seconds: u64,
    at: u64,
) -> Result<(), NodeError> {
    if note(work, chat, (author, name), State::Read, seconds, at)? {
        chats::set_timer(work.tx, chat.id, seconds, at)?;
    }
    Ok(())
}

/// The line that says so; false when it is there.
fn note(
    work: &Work<'_, '_>,
    chat: &Chat,
    (author, name): (i64, Id16),
    state: State,
    seconds: u64,
    at: u64,
) -> Result<bool, NodeError> {
    let body = Body { note: Some(Note::timer(seconds)), ..Body::default() };
    let message = Message::new(chat.id, (author, name), body, at, state);
    Ok(messages::insert(work.tx, work.seal, &message)?.is_some())
}

/// Removes the messages whose time is over. For the task of conversations.
///
/// # Errors
/// [`NodeError::Locked`], and what the tables say.
pub(super) async fn let_go(deps: &Deps) -> Result<(), NodeError> {
    loop {
        let now = deps.clock.now_ms();
        let next = deps.db.read(messages::next_over).await?;
        if next.is_none_or(|at| at > now) {
            return Ok(());
        }
        deps.write(remove_over).await?;
    }
}

fn remove_over(work: &Work<'_, '_>) -> Result<(), NodeError> {
    let over = messages::over(work.tx, work.seal, work.now, STEP)?;
    for message in &over {
        own::emptied(work, message)?;
        messages::remove(work.tx, message.id)?;
    }
    let mut chats: Vec<_> = over.iter().map(|message| message.chat).collect();
    chats.sort_unstable();
    chats.dedup();
    for chat in chats {
        notices::look_again(work, chat)?;
        told(work, chat)?;
    }
    Ok(())
}
