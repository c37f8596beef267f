//! The notification of a conversation: one for all that the owner has not read there, none while it is muted.

use super::{
    messages::store as messages,
    path_of,
    store::{self as chats},
};
use crate::{
    deps::Work,
    error::NodeError,
    modules::notify::{self, Params, What},
};

/// Something came: the notification is as new.
pub(super) fn came(work: &Work<'_, '_>, chat: i64) -> Result<(), NodeError> {
    show(work, chat, notify::renew)
}

/// What is not read changed otherwise: it was read, deleted or edited, or the conversation was muted.
pub(super) fn look_again(work: &Work<'_, '_>, chat: i64) -> Result<(), NodeError> {
    show(work, chat, notify::amend)
}

type Say = fn(&Work<'_, '_>, (What, i64), Option<i64>, &Params) -> Result<(), NodeError>;

fn show(work: &Work<'_, '_>, chat: i64, say: Say) -> Result<(), NodeError> {
    let about = (What::Message, chat);
    let Some(chat) = chats::get(work.tx, work.seal, chat)?.filter(|chat| !chat.muted) else {
        return notify::gone(work, about);
    };
    let newest = messages::newest_unread(work.tx, work.seal, chat.id, chat.read_upto)?;
    let Some((author, body)) = newest.and_then(|newest| Some((newest.author, newest.body?))) else {
        return notify::gone(work, about);
    };
    let params = Params {
        chat: Some(path_of(work, &chat)?),
        file: body.file.as_ref().map(|file| file.name.clone()),
        count: Some(messages::unread(work.tx, chat.id, chat.read_upto)?),
        ..Params::words(&body.text)
    };
    say(work, about, Some(author), &params)
}
