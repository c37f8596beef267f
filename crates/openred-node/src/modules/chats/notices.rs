//! The notification of a conversation: one for all that the owner has not read there. While it is muted there is none, unless
//! somebody names the owner and the owner wants to know even then.

use super::{
    messages::store::{self as messages, Body, Message},
    path_of,
    store::{self as chats, Chat},
};
use crate::{
    deps::Work,
    error::NodeError,
    modules::{
        notify::{self, Params, What},
        settings::store as settings,
    },
};

/// A message came (`chat_messages.id`): the notification is as new.
pub(super) fn came(
    work: &Work<'_, '_>,
    chat: &Chat,
    message: i64,
    body: Option<&Body>,
) -> Result<(), NodeError> {
    let Some(chat) = chats::get(work.tx, work.seal, chat.id)? else { return Ok(()) };
    if body.is_some_and(|body| body.names(&work.me.node_id)) && tells_mentions(work, &chat)? {
        let params = Params { number: Some(message), ..Params::default() };
        notify::renew(work, (What::Mention, chat.id), None, &params)?;
    }
    show(work, &chat, notify::renew, Some(message).filter(|number| messages::is_late(*number)))
}

/// What is not read changed otherwise: it was read, deleted or edited, or the conversation was muted.
pub(super) fn look_again(work: &Work<'_, '_>, chat: i64) -> Result<(), NodeError> {
    let Some(chat) = chats::get(work.tx, work.seal, chat)? else { return Ok(()) };
    show(work, &chat, notify::amend, None)
}

/// The newest message that names the owner and was not read, as far as the owner is told of such.
pub(super) fn mention(work: &Work<'_, '_>, chat: &Chat) -> Result<Option<Message>, NodeError> {
    let told = notify::params(work, (What::Mention, chat.id))?.and_then(|params| params.number);
    let Some(number) = told.filter(|number| *number > chat.read_upto) else { return Ok(None) };
    let message = messages::get(work.tx, work.seal, number)?;
    let names = |message: &Message| message.body.as_ref().is_some_and(|body| body.names(&work.me.node_id));
    Ok(message.filter(names))
}

fn tells_mentions(work: &Work<'_, '_>, chat: &Chat) -> Result<bool, NodeError> {
    Ok(!chat.muted || settings::get(work.tx)?.mention_notices)
}

type Say = fn(&Work<'_, '_>, (What, i64), Option<i64>, &Params) -> Result<(), NodeError>;

/// `late`: what came now, when it stands before others that were not read.
fn show(work: &Work<'_, '_>, chat: &Chat, say: Say, late: Option<i64>) -> Result<(), NodeError> {
    let (all, named) = ((What::Message, chat.id), (What::Mention, chat.id));
    if tells_mentions(work, chat)?
        && let Some(message) = mention(work, chat)?
    {
        let params = Params { number: Some(message.id), ..params(work, chat, message.body.as_ref())? };
        notify::gone(work, all)?;
        return notify::amend(work, named, Some(message.author), &params);
    }
    notify::gone(work, named)?;
    if chat.muted {
        return notify::gone(work, all);
    }
    let newest = match late {
        Some(number) => messages::get(work.tx, work.seal, number)?,
        None => messages::newest_unread(work.tx, work.seal, chat.id, chat.read_upto)?,
    };
    let Some((author, body)) = newest.and_then(|newest| Some((newest.author, newest.body?))) else {
        return notify::gone(work, all);
    };
    say(work, all, Some(author), &params(work, chat, Some(&body))?)
}

fn params(work: &Work<'_, '_>, chat: &Chat, body: Option<&Body>) -> Result<Params, NodeError> {
    Ok(Params {
        chat: Some(path_of(work, chat)?),
        file: body.and_then(|body| body.file.as_ref()).map(|file| file.name.clone()),
        count: Some(messages::unread(work.tx, chat.id, chat.read_upto)?),
        ..Params::words(body.map_or("", |body| &body.text))
    })
}
