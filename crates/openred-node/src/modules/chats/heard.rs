//! What comes in private conversations.

use openred_chat::{Applied, ChatError, Head, Message as Opened};
use openred_core::{
    envelope::Verified,
    ids::Id16,
    payload::{DirectMessage, Order, Talk, TalkKind},
};

use super::{
    changed,
    files::{self, FileBody},
    groups::{self, said::store as said, store::Group},
    keys,
    messages::store::{self as messages, Body, Message, OWN, State},
    mls, notices, own, requests, sending,
    store::{self as chats, Chat, Request},
    timer,
    whom::With,
};
use crate::{
    delivery::inbox::UNREADABLE,
    deps::Work,
    error::NodeError,
    modules::{contacts::person::Person, search},
};

/// A `direct_message` of a contact.
pub fn on_direct(
    work: &Work<'_, '_>,
    from: &Person,
    item: &Verified,
    message: DirectMessage,
) -> Result<(), NodeError> {
    let (group, bytes) = match message {
        DirectMessage::Whole { group, mls } => (group, mls.0),
        DirectMessage::Part { group, part } => {
            let whole = mls::with(work, |chat| chat.take_part(&from.node_id, &part))?;
            let Some(whole) = whole.map_err(|error| NodeError::invalid("part", error.to_string()))? else {
                return Ok(());
            };
            (group, whole)
        }
        DirectMessage::Order { group: keys::NO_GROUP, order: Order::Key { .. } } => {
            return requests::on_key_wanted(work, from);
        }
        DirectMessage::Order { group, order } => {
            return groups::heard::contained(groups::heard::on_order(work, from, group, order));
        }
    };
    let at = item.envelope().timestamp_ms;
    let known = groups::store::find(work.tx, work.seal, group)?;
    match (Head::read(&bytes), known) {
        (Some(Head::KeyPackage), _) => on_package(work, from, &bytes),
        (Some(Head::Welcome), known) => on_welcome(work, from, known, &bytes, at),
        (Some(Head::Group(_)), Some(known)) => {
            groups::heard::contained(groups::heard::on_message(work, from, known, bytes, at))
        }
        (Some(Head::Group(_)), None) if from.is_friend() || requests::may_speak(work, from)? => {
            on_message(work, from, group, &bytes, at)
        }
        (Some(Head::Group(_)), None) => Err(NodeError::Refused("conversations are for friends")),
        (None, _) => Err(NodeError::invalid("mls", "no message of MLS that is used here")),
    }
}

/// New keys of somebody. When they are of another installation, the group with the earlier one is over: what it did not get
/// is said again in a new one.
fn on_package(work: &Work<'_, '_>, from: &Person, bytes: &[u8]) -> Result<(), NodeError> {
    let offered = keys::on_package(work, from, bytes)?;
    groups::heard::on_keys(work, from, &offered)?;
    let Some(chat) = chats::with(work.tx, work.seal, from.id)? else { return Ok(()) };
    if let Some(group) = chat.group {
        let known = match mls::with(work, |chat| chat.group(group))? {
            Ok(group) => group.members.iter().any(|leaf| leaf.key == offered.leaf.key),
            Err(_) => false,
        };
        if !known {
            chats::speak_in(work.tx, chat.id, None)?;
            messages::say_again(work.tx, chat.id)?;
        }
    }
    let chat = chats::get(work.tx, work.seal, chat.id)?.unwrap_or(chat);
    sending::send_held(work, &chat, &With::Person(from.clone()))?;
    changed(work, chat.person)
}

/// Somebody begins a group with the owner.
fn on_welcome(
    work: &Work<'_, '_>,
    from: &Person,
    known: Option<Group>,
    bytes: &[u8],
    at: u64,
) -> Result<(), NodeError> {
    if let Some(known) = known {
        return match mls::with(work, |chat| chat.look_at_welcome(bytes))? {
            Ok((group, epoch)) if group == known.group => {
                groups::heard::on_welcome_again(work, from, known, (bytes, epoch), at)
            }
            Ok(_) => Err(NodeError::invalid("group", "the group of the invitation")),
            // It was used before, or is for keys that are gone: there is nothing to do.
            Err(ChatError::NotForUs) => Ok(()),
            Err(error) => refused(&error),
        };
    }
    if !from.is_friend() && !groups::is_asked_to_join(work, from, None)? {
        requests::welcome(work, from)?;
    }
    let joined = match mls::with(work, |chat| chat.join(bytes, at / 1_000))? {
        Ok(joined) => joined,
        Err(ChatError::Exists) => return Ok(()),
        Err(error) => return refused(&error),
    };
    let people = joined.group.people();
    let pair =
        people.len() == 2 && people.contains_key(&from.node_id) && people.contains_key(&work.me.node_id);
    let is_group = !joined.group.settings.sequencers.is_empty();
    let is_invited = from.is_friend() || groups::is_asked_to_join(work, from, Some(joined.group.id))?;
    if is_group && joined.by.node_id == from.node_id && is_invited {
        return groups::heard::on_joined(work, from, &joined);
    }
    if !from.is_friend() && !is_group {
        requests::welcome(work, from)?;
    }
    if joined.by.node_id != from.node_id || !pair || is_group {
        mls::with(work, |chat| chat.forget(joined.group.id))?
            .map_err(|e| NodeError::Internal(e.to_string()))?;
        return Err(NodeError::Refused("a group that nobody puts in order"));
    }
    let chat = chats::ensure(work.tx, work.seal, from.id, work.now)?;
    requests::begun(work, from, &chat)?;
    chats::add_group(work.tx, joined.group.id, chat.id)?;
    // Both began one at the same time: the smaller id stays, the other is still read. One whose keys are lost does not stay.
    let speaks_in = match chat.group {
        Some(own) => mls::with(work, |chat| chat.group(own))?.ok().map(|held| held.id),
        None => None,
    };
    if speaks_in.is_none_or(|own| joined.group.id.0 < own.0) {
        chats::speak_in(work.tx, chat.id, Some(joined.group.id))?;
    }
    // The package that it used is used up.
    if from.is_friend() {
        keys::give(work, from)?;
    }
    let chat = Chat { group: Some(joined.group.id), ..chat };
    sending::send_held(work, &chat, &With::Person(from.clone()))
}

fn on_message(
    work: &Work<'_, '_>,
    from: &Person,
    group: Id16,
    bytes: &[u8],
    at: u64,
) -> Result<(), NodeError> {
    let chat = match chats::of_group(work.tx, group)? {
        Some(chat) => chats::get(work.tx, work.seal, chat)?,
        None => None,
    };
    let Some(chat) = chat.filter(|chat| chat.person == from.id) else {
        return refused(&ChatError::NoGroup);
    };
    match mls::with(work, |chat| chat.process(group, bytes, at / 1_000))? {
        Ok(Applied::Message(opened)) => on_talk(work, from, &chat, &opened, at),
        Ok(Applied::Commit(change)) if change.out => Ok(chats::speak_in(work.tx, chat.id, None)?),
        Ok(Applied::Commit(_) | Applied::Leaves(_)) => Ok(()),
        Err(ChatError::Replayed | ChatError::Own) => Ok(()),
        Err(error) => refused(&error),
    }
}

/// What cannot be opened is refused by a code of its own, so that its sender begins anew.
fn refused(error: &ChatError) -> Result<(), NodeError> {
    tracing::info!(%error, "a message of a conversation cannot be opened");
    Err(NodeError::ItemRefused { n: 0, code: UNREADABLE })
}

/// Somebody is told that what they said cannot be opened here: new keys let them say it again. What is refused is rolled
/// back, so that this comes after it.
///
/// # Errors
/// What the tables say.
pub fn unreadable_here(work: &Work<'_, '_>, from: &Person) -> Result<(), NodeError> {
    let chat = chats::with(work.tx, work.seal, from.id)?;
    if chat.is_some_and(|chat| chat.request == Request::In) {
        return Ok(());
    }
    keys::give_again(work, from)
}

/// What somebody says in a conversation.
pub(super) fn on_talk(
    work: &Work<'_, '_>,
    from: &Person,
    chat: &Chat,
    opened: &Opened,
    at: u64,
) -> Result<(), NodeError> {
    if opened.from != from.node_id {
        return Err(NodeError::Refused("a message of somebody else"));
    }
    let talk = Talk::parse(&opened.content)?;
    if !requests::hears(work, chat, &talk)? {
        return Ok(());
    }
    let waits = chat.request == Request::In;
    let text = || talk.text.clone().unwrap_or_default();
    let theirs = |name: Option<Id16>| match name {
        Some(name) => messages::named(work.tx, work.seal, chat.id, from.id, name),
        None => Ok(None),
    };
    match talk.kind {
        TalkKind::Text | TalkKind::File => {
            let body = Body {
                text: text(),
                reply_to: talk.reply_to,
                file: talk.file.as_ref().map(|offer| FileBody::of(offer, talk.voice.as_ref())),
                mentions: talk.mentions.clone().unwrap_or_default(),
                note: None,
            };
            let lives_s = talk.seconds.filter(|seconds| *seconds > 0);
            // When it was written, unless that is later than when it was sent.
            let said_at = talk.at.filter(|said| *said <= at);
            let new =
                Message::new(chat.id, (from.id, talk.id), body, said_at.unwrap_or(at), State::Delivered);
            let message = Message { lives_s, written: said_at.filter(|_| chat.is_group()), ..new };
            if let Some(id) = messages::insert(work.tx, work.seal, &message)? {
                if let Some(offer) = &talk.file {
                    files::came(work, from.id, &Message { id, ..message.clone() }, offer)?;
                }
                message.body.as_ref().map_or(Ok(()), |body| search::came(work, id, body))?;
                if messages::is_late(id) {
                    chats::not_read(work.tx, chat.id, id)?;
                }
                chats::touch(work.tx, chat.id, work.now)?;
                if !waits {
                    notices::came(work, chat, id, message.body.as_ref())?;
                }
            }
        }
        TalkKind::Edit => {
            if let Some(message) = theirs(talk.target)?
                && let Some(body) = message.body.filter(|body| !body.is_note())
            {
                let mentions = talk.mentions.clone().unwrap_or_default();
                let edited = Body { text: text(), mentions, ..body.clone() };
                if messages::edit(work.tx, work.seal, message.id, &edited, at)? {
                    search::changed(work, message.id, &body, &edited)?;
                }
                notices::look_again(work, chat.id)?;
            }
        }
        TalkKind::Delete => {
            let theirs = theirs(talk.target)?;
            if let Some(message) = theirs.filter(|message| !message.is_note()) {
                own::emptied(work, &message)?;
                messages::erase(work.tx, message.id, at)?;
                notices::look_again(work, chat.id)?;
            }
        }
        TalkKind::Reaction => {
            let Some(target) = talk.target else { return Ok(()) };
            if let Some(message) = messages::any_named(work.tx, work.seal, chat.id, target)?
                && message.body.as_ref().is_some_and(|body| !body.is_note())
            {
                messages::react(work.tx, work.seal, (message.id, from.id), &text(), at)?;
            }
        }
        TalkKind::Read => {
            let Some(target) = talk.target else { return Ok(()) };
            if chat.is_group() {
                if let Some(message) = messages::any_named(work.tx, work.seal, chat.id, target)? {
                    said::read(work.tx, chat.id, from.id, message.id)?;
                }
            } else if let Some(message) = messages::named(work.tx, work.seal, chat.id, OWN, target)? {
                messages::read_by_other(work.tx, chat.id, message.id)?;
            }
        }
        TalkKind::Timer => {
            timer::heard(work, chat, (from.id, talk.id), talk.seconds.unwrap_or_default(), at)?;
        }
        // What it means was done with its being heard.
        TalkKind::Accept => {}
        // Of circles and later versions: nothing of a conversation.
        TalkKind::Post | TalkKind::Comment | TalkKind::Typing | TalkKind::Fork | TalkKind::Wall => {
            return Err(NodeError::Refused("not taken by this version"));
        }
    }
    changed(work, chat.person)
}
