//! What the owner does in a conversation.

use openred_core::{
    ids::Id16,
    payload::{Mention, PayloadError, Talk, TalkKind},
};

use super::{
    changed,
    files::{self, NewFile},
    messages::store::{self as messages, Body, Message, OWN, State},
    notices, requests, sending,
    store::{self as chats, Chat, Request},
    timer,
    whom::{self, ChatId, With},
};
use crate::{
    deps::Work,
    error::NodeError,
    modules::{search, settings::store as settings},
};

/// Most characters of a text that was begun.
const DRAFT_CHARS_MAX: usize = 8_000;
/// Messages looked at in one go.
const STEP: i64 = 500;

/// A text and who is named in it.
#[derive(Debug, Clone, Default)]
pub struct Words {
    /// At most 8,000 characters.
    pub text: String,
    /// At most 32, of people in the conversation, in the order of the text.
    pub mentions: Vec<Mention>,
}

impl From<String> for Words {
    fn from(text: String) -> Self {
        Self { text, mentions: Vec::new() }
    }
}

/// What is written.
#[derive(Debug, Clone)]
pub struct New {
    /// Its name, drawn by the app: the same one makes no second message.
    pub name: Id16,
    /// Its text may be empty only with a file.
    pub words: Words,
    /// What it answers.
    pub reply_to: Option<Id16>,
    /// What it carries.
    pub file: Option<NewFile>,
}

/// Who is at the other end, and the conversation with them.
pub fn with(work: &Work<'_, '_>, id: impl Into<ChatId>) -> Result<(With, Chat), NodeError> {
    let with = With::named(work, id.into())?;
    let chat = match (whom::begun(work, &with)?, &with) {
        (Some(chat), _) => chat,
        (None, With::Person(person)) if !person.is_friend() => {
            return Err(NodeError::Unknown("this conversation"));
        }
        (None, with) => chats::ensure(work.tx, work.seal, with.number(), work.now)?,
    };
    Ok((with, chat))
}

/// The same for reading: a conversation that has not begun is empty.
pub fn held(work: &Work<'_, '_>, id: impl Into<ChatId>) -> Result<(With, Chat), NodeError> {
    let with = With::named(work, id.into())?;
    match (whom::begun(work, &with)?, &with) {
        (Some(chat), _) => Ok((with, chat)),
        (None, With::Person(person)) if person.is_blocked() => Err(NodeError::Unknown("this conversation")),
        (None, _) => {
            let empty = Chat::empty(with.number(), work.now);
            Ok((with, empty))
        }
    }
}

/// Writes a message. It leaves when it cannot be taken back any more, or when the next one is written.
pub fn write(work: &Work<'_, '_>, to: impl Into<ChatId>, new: New) -> Result<i64, NodeError> {
    let to = to.into();
    requests::begin(work, &to)?;
    let (to, chat) = with(work, to)?;
    requests::may_write(&to, &chat)?;
    if let Some(held) = messages::named(work.tx, work.seal, chat.id, OWN, new.name)? {
        return if is_same(&held, &new) {
            Ok(held.id)
        } else {
            Err(NodeError::Conflict("another message has this id"))
        };
    }
    requests::bounds(work, &chat, &new)?;
    let file = new.file.as_ref().map(|file| files::begin(work, file, new.name)).transpose()?;
    let Words { text, mentions } = new.words;
    all_here(work, &to, &mentions)?;
    if text.trim().is_empty() && file.is_none() {
        return Err(NodeError::invalid("text", "write something"));
    }
    let (file, offer, carried) = match file {
        Some((body, offer, carried)) => (Some(body), Some(offer), Some(carried)),
        None => (None, None, None),
    };
    let body = Body { text, mentions, reply_to: new.reply_to, file, note: None };
    let lives_s = Some(chat.timer_s).filter(|seconds| *seconds > 0);
    let written = chat.is_group().then(|| messages::written_now(work.tx, chat.id, work.now)).transpose()?;
    let held = Message::new(chat.id, (OWN, new.name), body.clone(), work.now, State::Held);
    let held = Message { lives_s, written, ..held };
    sending::talk_of(&held, &body, offer).to_bytes().map_err(out_of_bounds)?;
    messages::hasten(work.tx, chat.id, work.now)?;
    let undo_ms = u64::from(settings::get(work.tx)?.undo_send_s) * 1_000;
    let message = Message { due_at: Some(work.now + undo_ms), ..held };
    let id = messages::insert(work.tx, work.seal, &message)?;
    let id = id.ok_or(NodeError::Conflict("another message has this id"))?;
    if let Some(carried) = carried {
        files::store::put(work.tx, id, carried)?;
    }
    search::came(work, id, &body)?;
    chats::touch(work.tx, chat.id, work.now)?;
    if !chat.draft.is_empty() {
        chats::set(work.tx, work.seal, &Chat { draft: String::new(), ..chat.clone() })?;
    }
    // What was written before goes first.
    if undo_ms == 0 {
        sending::send_held(work, &chat, &to)?;
    }
    changed(work, chat.person)?;
    work.wake_chats();
    Ok(id)
}

fn is_same(held: &Message, new: &New) -> bool {
    let file = |body: &Body| body.file.as_ref().and_then(|file| file.own);
    held.body.as_ref().is_some_and(|body| {
        body.text == new.words.text
            && body.mentions == new.words.mentions
            && body.reply_to == new.reply_to
            && file(body) == new.file.as_ref().map(|f| f.id)
    })
}

/// Who is named is in the conversation.
fn all_here(work: &Work<'_, '_>, to: &With, mentions: &[Mention]) -> Result<(), NodeError> {
    for mention in mentions {
        if !to.is_with(work, &mention.who)? {
            return Err(NodeError::invalid("mentions", "people who are in this conversation"));
        }
    }
    Ok(())
}

fn out_of_bounds(error: PayloadError) -> NodeError {
    match error {
        PayloadError::Form("mentions") | PayloadError::TooMany("mentions") => {
            NodeError::invalid("mentions", "at most 32, each in the text and in its order")
        }
        PayloadError::Form("ms") | PayloadError::TooLong("levels") => {
            NodeError::invalid("voice", "1 ms to an hour, at most 64 levels")
        }
        _ => NodeError::invalid("text", "at most 8,000 characters, and 1,500 of a file's description"),
    }
}

/// Takes a message back that has not left. A file that it was to carry stays.
pub fn undo(work: &Work<'_, '_>, with_whom: impl Into<ChatId>, name: Id16) -> Result<Body, NodeError> {
    let (_, chat, message) = own_message(work, with_whom, name)?;
    let body = message.body.clone().ok_or(NodeError::Gone("this message was deleted"))?;
    if !matches!(message.state, State::Held | State::NoKey) {
        return Err(NodeError::Conflict("it has left already: delete it instead"));
    }
    files::store::take(work.tx, message.id)?;
    search::remove(work, message.id, &body)?;
    messages::remove(work.tx, message.id)?;
    changed(work, chat.person)?;
    Ok(body)
}

/// Another text for a message of the owner.
pub fn edit(
    work: &Work<'_, '_>,
    with_whom: impl Into<ChatId>,
    name: Id16,
    words: impl Into<Words>,
) -> Result<i64, NodeError> {
    let Words { text, mentions } = words.into();
    let (to, chat, message) = own_message(work, with_whom, name)?;
    let body = message.body.clone().ok_or(NodeError::Gone("this message was deleted"))?;
    if text.trim().is_empty() && body.file.is_none() {
        return Err(NodeError::invalid("text", "write something, or delete the message"));
    }
    all_here(work, &to, &mentions)?;
    let edited = Body { text, mentions, ..body.clone() };
    let talk = sending::edit_of(name, drawn()?, &edited);
    talk.to_bytes().map_err(out_of_bounds)?;
    if chat.request == Request::Out && edited.text.chars().count() > requests::CHARS_MAX {
        return Err(NodeError::invalid("text", "at most 1,000 characters before they have answered"));
    }
    if messages::edit(work.tx, work.seal, message.id, &edited, work.now)? {
        search::changed(work, message.id, &body, &edited)?;
    }
    if has_left(&message) {
        sending::say(work, &chat, &to, &talk, None)?;
    }
    changed(work, chat.person)?;
    Ok(message.id)
}

/// Takes a message of the owner back from everybody. Who has read it has read it.
pub fn remove(work: &Work<'_, '_>, with_whom: impl Into<ChatId>, name: Id16) -> Result<(), NodeError> {
    let (to, chat, message) = own_message(work, with_whom, name)?;
    emptied(work, &message)?;
    if !has_left(&message) {
        messages::remove(work.tx, message.id)?;
    } else if messages::erase(work.tx, message.id, work.now)? {
        let talk = Talk { target: Some(name), ..Talk::new(drawn()?, TalkKind::Delete) };
        sending::say(work, &chat, &to, &talk, None)?;
    }
    changed(work, chat.person)
}

/// Reacts to a message; empty takes the owner's reaction away.
pub fn react(
    work: &Work<'_, '_>,
    with_whom: impl Into<ChatId>,
    name: Id16,
    reaction: String,
) -> Result<i64, NodeError> {
    let (to, chat) = with(work, with_whom)?;
    requests::is_answered(&chat)?;
    let message = messages::any_named(work.tx, work.seal, chat.id, name)?;
    let message = message.ok_or(NodeError::Unknown("this message"))?;
    no_note(&message)?;
    if message.body.is_none() {
        return Err(NodeError::Gone("this message was deleted"));
    }
    let talk =
        Talk { target: Some(name), text: Some(reaction.clone()), ..Talk::new(drawn()?, TalkKind::Reaction) };
    talk.to_bytes().map_err(|_| NodeError::invalid("reaction", "at most 16 bytes: usually one emoji"))?;
    messages::react(work.tx, work.seal, (message.id, OWN), &reaction, work.now)?;
    sending::say(work, &chat, &to, &talk, None)?;
    changed(work, chat.person)?;
    Ok(message.id)
}

/// The owner has read up to and with this message. The other is told, unless the owner does not want that.
pub fn read(work: &Work<'_, '_>, with_whom: impl Into<ChatId>, name: Id16) -> Result<(), NodeError> {
    let (to, chat) = with(work, with_whom)?;
    let message = messages::any_named(work.tx, work.seal, chat.id, name)?;
    let message = message.ok_or(NodeError::Unknown("this message"))?;
    if !chats::read_upto(work.tx, chat.id, message.id)? {
        return Ok(());
    }
    notices::look_again(work, chat.id)?;
    if messages::begins_upto(work.tx, chat.id, message.id, work.now)? > 0 {
        work.wake_chats();
    }
    if chat.request != Request::In
        && settings::get(work.tx)?.read_receipts
        && sending::tells_read(work, &to)?
        && let Some(theirs) = messages::newest_of_other(work.tx, chat.id, chat.told_upto, message.id)?
    {
        let talk = Talk { target: Some(theirs.1), ..Talk::new(drawn()?, TalkKind::Read) };
        sending::say(work, &chat, &to, &talk, None)?;
        chats::told_upto(work.tx, chat.id, theirs.0)?;
    }
    changed(work, chat.person)
}

/// What the owner sets for a conversation; absent stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Stands above the others.
    pub pinned: Option<bool>,
    /// Does not notify.
    pub muted: Option<bool>,
    /// Put away until something comes.
    pub archived: Option<bool>,
    /// Text that was begun.
    pub draft: Option<String>,
    /// How long new messages stay, seconds; 0: for ever.
    pub timer_s: Option<u64>,
}

/// Changes what the owner sets for a conversation.
pub fn set(work: &Work<'_, '_>, with_whom: impl Into<ChatId>, change: Change) -> Result<(), NodeError> {
    let (to, mut chat) = with(work, with_whom)?;
    if let Some(seconds) = change.timer_s {
        requests::is_answered(&chat)?;
        timer::set(work, &to, &chat, seconds)?;
    }
    chat.pinned = change.pinned.unwrap_or(chat.pinned);
    chat.muted = change.muted.unwrap_or(chat.muted);
    chat.archived = change.archived.unwrap_or(chat.archived);
    if let Some(draft) = change.draft {
        if draft.chars().count() > DRAFT_CHARS_MAX {
            return Err(NodeError::invalid("draft", "at most 8,000 characters"));
        }
        chat.draft = draft;
    }
    chats::set(work.tx, work.seal, &chat)?;
    notices::look_again(work, chat.id)?;
    changed(work, chat.person)
}

/// Removes a conversation here; it may go on, with the keys that it has. The other keeps theirs.
pub fn forget(work: &Work<'_, '_>, with_whom: impl Into<ChatId>) -> Result<(), NodeError> {
    let with = With::named(work, with_whom.into())?;
    let Some(chat) = whom::begun(work, &with)? else {
        return Err(NodeError::Unknown("this conversation"));
    };
    empty(work, chat.id)?;
    messages::remove_all(work.tx, chat.id)?;
    chats::clear(work.tx, chat.id, messages::last_number(work.tx)?)?;
    notices::look_again(work, chat.id)?;
    changed(work, chat.person)
}

/// A message says nothing any more, or is about to go: what it carried goes, and nobody finds it.
pub(super) fn emptied(work: &Work<'_, '_>, message: &Message) -> Result<(), NodeError> {
    files::drop_of(work, message)?;
    message.body.as_ref().map_or(Ok(()), |body| search::remove(work, message.id, body))
}

/// The same for all messages of a conversation.
pub(super) fn empty(work: &Work<'_, '_>, chat: i64) -> Result<(), NodeError> {
    let mut after = 0;
    loop {
        let page = messages::after(work.tx, work.seal, Some(chat), after, STEP)?;
        page.iter().try_for_each(|message| emptied(work, message))?;
        match page.last() {
            Some(last) => after = last.id,
            None => return Ok(()),
        }
    }
}

fn own_message(
    work: &Work<'_, '_>,
    with_whom: impl Into<ChatId>,
    name: Id16,
) -> Result<(With, Chat, Message), NodeError> {
    let (to, chat) = with(work, with_whom)?;
    let message = messages::named(work.tx, work.seal, chat.id, OWN, name)?;
    let message = message.ok_or(NodeError::Unknown("this message of yours"))?;
    no_note(&message)?;
    Ok((to, chat, message))
}

fn no_note(message: &Message) -> Result<(), NodeError> {
    if message.is_note() {
        return Err(NodeError::Refused("this is no message, but a line about the conversation"));
    }
    Ok(())
}

fn has_left(message: &Message) -> bool {
    !matches!(message.state, State::Held | State::NoKey)
}

/// A name for something that is said.
pub(super) fn drawn() -> Result<Id16, NodeError> {
    let mut id = Id16([0; 16]);
    getrandom::fill(&mut id.0)?;
    Ok(id)
}
