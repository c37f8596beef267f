//! What leaves: a group if there is none yet, the encrypted message, and the row that sends it, in one transaction.

use openred_chat::{ChatError, Head, Settings};
use openred_core::{
    envelope::Verified,
    ids::{B64, Hash, Id16},
    payload::{DirectMessage, FileOffer, MLS_BYTES_MAX, Mention, Payload, Talk, TalkKind},
};

use super::{
    changed, files,
    groups::{self, said::store as said},
    keys,
    messages::store::{self as messages, Body, Message, State},
    mls, own, requests,
    store::{self as chats, Chat},
    whom::With,
};
use crate::{
    delivery::store as delivery,
    deps::{Deps, Work},
    error::NodeError,
    modules::contacts::{self, person::Person},
};

/// Messages that waited, sent by one step.
const STEP: i64 = 50;
/// A message that the other cannot open is said again at most so often by itself; then it has failed.
const SAID_AGAIN_MAX: i64 = 3;
/// In groups of more members nobody is told who has read what.
const READ_MEMBERS_MAX: i64 = 32;

/// Says something in a conversation. False when the other's node has given no key yet: nothing was sent.
pub(super) fn say(
    work: &Work<'_, '_>,
    chat: &Chat,
    to: &With,
    talk: &Talk,
    message: Option<i64>,
) -> Result<bool, NodeError> {
    match to {
        With::Person(person) => say_to(work, chat, person, talk, message),
        With::Group(group) => groups::talk::say(work, chat, group, talk, message),
    }
}

/// Whether those at the other end are told what the owner has read: not in large groups, where it would be most of what is said.
pub(super) fn tells_read(work: &Work<'_, '_>, to: &With) -> Result<bool, NodeError> {
    match to {
        With::Person(_) => Ok(true),
        With::Group(group) => Ok(groups::store::count(work.tx, group.id)? <= READ_MEMBERS_MAX),
    }
}

fn say_to(
    work: &Work<'_, '_>,
    chat: &Chat,
    to: &Person,
    talk: &Talk,
    message: Option<i64>,
) -> Result<bool, NodeError> {
    let Some(group) = group(work, chat, to)? else {
        requests::want_key(work, chat, to, message)?;
        return Ok(false);
    };
    let content = talk.to_bytes()?;
    let bytes = match mls::with(work, |chat| chat.encrypt(group, &content))? {
        Ok(bytes) => bytes,
        // The keys of this installation are others now, or the group is gone: the other's next key begins a new one.
        Err(ChatError::LeafReplaced | ChatError::NoGroup | ChatError::Damaged) => {
            chats::speak_in(work.tx, chat.id, None)?;
            let anew = Chat { group: None, ..chat.clone() };
            return say_to(work, &anew, to, talk, message);
        }
        Err(error) => return Err(NodeError::Internal(error.to_string())),
    };
    send(work, to, group, bytes, message)?;
    Ok(true)
}

/// Sends what may leave of a conversation, in the order in which it was written.
pub(super) fn send_held(work: &Work<'_, '_>, chat: &Chat, to: &With) -> Result<(), NodeError> {
    loop {
        let waiting = messages::waiting(work.tx, work.seal, chat.id, work.now, STEP)?;
        for message in &waiting {
            if !send_message(work, chat, to, message)? {
                return Ok(());
            }
        }
        if (waiting.len() as i64) < STEP {
            return Ok(());
        }
    }
}

fn send_message(work: &Work<'_, '_>, chat: &Chat, to: &With, message: &Message) -> Result<bool, NodeError> {
    let Some(body) = &message.body else { return Ok(true) };
    let file = match to {
        With::Person(person) => files::offer(work, message, body, std::slice::from_ref(person))?,
        With::Group(group) => files::offer(work, message, body, &groups::others(work, group.id)?)?,
    };
    if file.is_none() && body.text.is_empty() && body.note.is_none() {
        // The owner deleted the file that was all of it.
        own::emptied(work, message)?;
        messages::erase(work.tx, message.id, work.now)?;
        return Ok(true);
    }
    let talk = talk_of(message, body, file);
    // The group may have been made by the message before.
    let chat = chats::get(work.tx, work.seal, chat.id)?.ok_or(NodeError::Unknown("this conversation"))?;
    let sent = say(work, &chat, to, &talk, Some(message.id))?;
    messages::set_state(work.tx, message.id, if sent { State::Sent } else { State::NoKey })?;
    if sent && message.lives_s.is_some() {
        messages::begins(work.tx, message.id, work.now)?;
        work.wake_chats();
    }
    Ok(sent)
}

/// A message as it is said, under its name and with its time, and the seconds that it stays.
pub(super) fn talk_of(message: &Message, body: &Body, file: Option<FileOffer>) -> Talk {
    let (name, seconds) = (message.name, message.lives_s);
    if let Some(seconds) = body.note.as_ref().and_then(|note| note.seconds) {
        return Talk { seconds: Some(seconds), ..Talk::new(name, TalkKind::Timer) };
    }
    let kind = if body.text.is_empty() { TalkKind::File } else { TalkKind::Text };
    let text = Some(body.text.clone()).filter(|text| !text.is_empty());
    let mentions = mentions_of(body).filter(|_| text.is_some());
    let voice = body.file.as_ref().and_then(|file| file.voice.clone()).filter(|_| file.is_some());
    let at = Some(message.written.unwrap_or(message.at));
    Talk { text, reply_to: body.reply_to, file, seconds, mentions, voice, at, ..Talk::new(name, kind) }
}

/// What is said when the text of the message `target` is another now.
pub(super) fn edit_of(target: Id16, name: Id16, body: &Body) -> Talk {
    let (text, mentions) = (Some(body.text.clone()), mentions_of(body));
    Talk { target: Some(target), text, mentions, ..Talk::new(name, TalkKind::Edit) }
}

fn mentions_of(body: &Body) -> Option<Vec<Mention>> {
    Some(body.mentions.clone()).filter(|mentions| !mentions.is_empty())
}

/// Sends what has waited long enough, of all conversations.
///
/// # Errors
/// [`NodeError::Locked`], and what the tables say.
pub(super) async fn send_all_due(deps: &Deps) -> Result<(), NodeError> {
    loop {
        let due = deps.read(|w| Ok(messages::due_chats(w.tx, w.now, STEP)?)).await?;
        if due.is_empty() {
            return Ok(());
        }
        deps.write(move |w| send_due(w, &due)).await?;
    }
}

fn send_due(work: &Work<'_, '_>, due: &[i64]) -> Result<(), NodeError> {
    for &id in due {
        messages::not_due(work.tx, id, work.now)?;
        let Some(chat) = chats::get(work.tx, work.seal, id)? else { continue };
        let Some(to) = With::of(work, &chat)? else { continue };
        send_held(work, &chat, &to)?;
        changed(work, chat.person)?;
    }
    Ok(())
}

/// The group in which the owner speaks; made with the other's key package when there is none.
fn group(work: &Work<'_, '_>, chat: &Chat, to: &Person) -> Result<Option<Id16>, NodeError> {
    if chat.group.is_some() {
        return Ok(chat.group);
    }
    while let Some(package) = keys::store::take(work.tx, work.seal, to.id)? {
        let made = mls::with(work, |chat| {
            let offered = chat.read_key_package(&package)?;
            let group = chat.create(offered.suite, &Settings::default())?.id;
            let welcome = chat.add(group, &[&package])?.welcome;
            chat.confirm(group)?;
            Ok((group, welcome))
        })?;
        match made {
            Ok((group, Some(welcome))) => {
                chats::add_group(work.tx, group, chat.id)?;
                chats::speak_in(work.tx, chat.id, Some(group))?;
                send(work, to, group, welcome, None)?;
                return Ok(Some(group));
            }
            Ok((group, None)) => return Err(NodeError::Internal(format!("group {group} without a welcome"))),
            Err(error) => tracing::info!(%error, "a key package cannot be used: the next is tried"),
        }
    }
    Ok(None)
}

fn send(
    work: &Work<'_, '_>,
    to: &Person,
    group: Id16,
    mls: Vec<u8>,
    message: Option<i64>,
) -> Result<(), NodeError> {
    if mls.len() > MLS_BYTES_MAX {
        return Err(NodeError::TooLarge("a message of at most 44,000 bytes"));
    }
    contacts::say_for(work, to, DirectMessage::Whole { group, mls: B64(mls) }.into(), message)
}

/// The other cannot open what was said at place `n` of their stream: their installation has lost the group, or never had
/// it. What they do not have is said again in a new one, as soon as they have given a key for it.
///
/// # Errors
/// What the tables say.
pub fn unreadable_there(work: &Work<'_, '_>, peer: &Person, n: u64) -> Result<(), NodeError> {
    let Some((id, last, bytes)) = delivery::carried_at(work.tx, work.seal, peer.id, n)? else {
        return Ok(());
    };
    let Ok(said) = Verified::from_trusted_store(&bytes) else { return Ok(()) };
    let (group, head) = match said.payload() {
        Ok(Payload::DirectMessage(DirectMessage::Whole { group, mls })) => (group, Head::read(&mls.0)),
        Ok(Payload::DirectMessage(DirectMessage::Part { group, .. })) => (group, None),
        _ => return Ok(()),
    };
    if let Some(known) = groups::store::find(work.tx, work.seal, group)? {
        let Some(Head::Group(head)) = head else { return Ok(()) };
        let sent = (head.epoch, said.envelope().timestamp_ms);
        return groups::heard::unreadable_there(work, peer, known, sent);
    }
    let message = messages::get(work.tx, work.seal, id)?;
    let chat = chats::with(work.tx, work.seal, peer.id)?;
    let Some(chat) = chat.filter(|chat| message.is_some_and(|message| message.chat == chat.id)) else {
        return Ok(());
    };
    if messages::times_said(work.tx, id)? > SAID_AGAIN_MAX {
        return Ok(());
    }
    delivery::withdraw(work.tx, (peer.id, n as i64), work.now)?;
    if chat.group == Some(group) {
        tracing::info!("a conversation goes on in a new group: the other cannot open the one before");
        chats::speak_in(work.tx, chat.id, None)?;
        // They could not open what came after it either.
        messages::say_again_from(work.tx, chat.id, id)?;
    } else if last {
        messages::say_again_one(work.tx, id)?;
    }
    let chat = chats::get(work.tx, work.seal, chat.id)?.unwrap_or(chat);
    send_held(work, &chat, &With::Person(peer.clone()))?;
    changed(work, chat.person)
}

/// Things of the outbox have reached the other.
pub fn delivered(work: &Work<'_, '_>, things: &[Hash]) -> Result<(), NodeError> {
    for thing in things {
        if let Some((message, person)) = said::carried(work.tx, thing)? {
            if let Some(chat) = said::delivered(work.tx, message, person)?
                && let Some(chat) = chats::get(work.tx, work.seal, chat)?
            {
                changed(work, chat.person)?;
            }
        } else if let Some((_, chat)) = messages::delivered(work.tx, thing)?
            && let Some(chat) = chats::get(work.tx, work.seal, chat)?
        {
            changed(work, chat.person)?;
        }
    }
    Ok(())
}
