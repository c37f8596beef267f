//! Messages of people who are no friends: they wait in a list of their own until the owner answers. Nothing notifies, nothing
//! is told back, and all of it has bounds (docs/decisions/0030-message-requests.md). Rules only.

use openred_chat::{Head, Suite};
use openred_core::payload::{DirectMessage, Order as Said, Payload, Talk, TalkKind};

use super::{
    changed,
    groups::{self, store as group_rows},
    keys,
    messages::store as messages,
    mls, notices, own, sending,
    store::{self as chats, Chat, Request},
    whom::{ChatId, With},
};
use crate::{
    deps::{Deps, Work},
    error::NodeError,
    modules::{
        contacts::{
            self,
            person::{Following, Person},
            store as people,
        },
        settings::{MessageRequests, store as settings},
    },
};

/// Messages that somebody may write before they are answered.
pub const MESSAGES_MAX: i64 = 5;
/// Characters of each: a short letter.
pub const CHARS_MAX: usize = 1_000;
/// Conversations that wait for the owner's answer at once.
pub const REQUESTS_MAX: i64 = 100;
/// They wait so long, then they are forgotten.
pub const WAIT_MS: u64 = 30 * 86_400_000;
/// Strangers who hold keys of the owner and have not written yet.
const KEYS_MAX: i64 = 100;
/// For so long keys are good.
const KEYS_MS: u64 = 28 * 86_400_000;
/// The other's node is asked for a key again, and gives one again, after this.
const ASK_AGAIN_MS: u64 = 3_600_000;
/// Who finds no room is told to come back after this, seconds.
const FULL_S: u64 = 86_400;
/// Groups in common that are named.
const GROUPS_SHOWN: usize = 3;
/// Messages put into the index in one go, and requests forgotten.
const STEP: i64 = 50;

/// The owner writes to somebody who is no friend: a conversation begins that they are to answer first.
///
/// # Errors
/// [`NodeError::Refused`].
pub(super) fn begin(work: &Work<'_, '_>, id: &ChatId) -> Result<(), NodeError> {
    let ChatId::Person(node_id) = id else { return Ok(()) };
    if *node_id == work.me.node_id {
        return Err(NodeError::Refused("that is your own node"));
    }
    let person = people::ensure(work.tx, work.seal, node_id, work.now)?;
    if person.is_friend() || chats::with(work.tx, work.seal, person.id)?.is_some() {
        return Ok(());
    }
    if person.is_blocked() {
        return Err(NodeError::Refused("you have blocked this person: unblock them first"));
    }
    let chat = chats::ensure(work.tx, work.seal, person.id, work.now)?;
    Ok(chats::set_request(work.tx, chat.id, Request::Out, work.now)?)
}

/// Whether the owner may write.
///
/// # Errors
/// [`NodeError::Refused`] says why not.
pub(super) fn may_write(with: &With, chat: &Chat) -> Result<(), NodeError> {
    match (with, chat.request) {
        (With::Person(person), _) if person.is_friend() => Ok(()),
        (With::Person(person), _) if person.is_blocked() => {
            Err(NodeError::Refused("you have blocked this person: unblock them first"))
        }
        (With::Person(_), Request::In) => Err(NodeError::Refused("accept their messages first")),
        (With::Person(_), Request::Out | Request::Accepted) => Ok(()),
        // It begins with the first message.
        (With::Person(_), Request::None) if chat.id == 0 => Ok(()),
        (With::Person(_), Request::None) | (With::Group(_), _) => with.may_write(),
    }
}

/// Whether all that conversations can is possible here: files, reactions, timers.
///
/// # Errors
/// [`NodeError::Refused`] while one of both has yet to answer.
pub(super) fn is_answered(chat: &Chat) -> Result<(), NodeError> {
    match chat.request {
        Request::In => Err(NodeError::Refused("accept their messages first")),
        Request::Out => Err(NodeError::Refused("only words before they have answered")),
        Request::None | Request::Accepted => Ok(()),
    }
}

/// Whether one more message may be written before they have answered.
///
/// # Errors
/// [`NodeError::Refused`], [`NodeError::Invalid`].
pub(super) fn bounds(work: &Work<'_, '_>, chat: &Chat, new: &own::New) -> Result<(), NodeError> {
    if chat.request != Request::Out {
        return Ok(());
    }
    if new.file.is_some() {
        return Err(NodeError::Refused("only words before they have answered"));
    }
    if new.words.text.chars().count() > CHARS_MAX {
        return Err(NodeError::invalid("text", "at most 1,000 characters before they have answered"));
    }
    if messages::written(work.tx, chat.id)? >= MESSAGES_MAX {
        return Err(NodeError::Refused("five messages wait already: they have to answer first"));
    }
    Ok(())
}

/// A message waits for a key of somebody who is no friend: their node is asked for one. That it refuses is the message's
/// matter (`chat_messages.id`).
pub(super) fn want_key(
    work: &Work<'_, '_>,
    chat: &Chat,
    to: &Person,
    message: Option<i64>,
) -> Result<(), NodeError> {
    let is_due = work.now.saturating_sub(chat.key_asked_at) >= ASK_AGAIN_MS;
    if to.is_friend() || !matches!(chat.request, Request::Out | Request::Accepted) || !is_due {
        return Ok(());
    }
    ask_key(work, chat, to, message)
}

/// Asks the other's node for a key, whoever they are.
pub(super) fn ask_key(
    work: &Work<'_, '_>,
    chat: &Chat,
    to: &Person,
    message: Option<i64>,
) -> Result<(), NodeError> {
    chats::key_asked(work.tx, chat.id, work.now)?;
    let order = Said::Key { suite: Suite::Hybrid.code().into() };
    contacts::say_for(work, to, DirectMessage::Order { group: keys::NO_GROUP, order }.into(), message)
}

/// Somebody asks for a key, to write to the owner.
///
/// # Errors
/// [`NodeError::Refused`] where that is not wanted, [`NodeError::SlowDown`] where there is no room.
pub(super) fn on_key_wanted(work: &Work<'_, '_>, from: &Person) -> Result<(), NodeError> {
    if !from.is_friend() && !may_speak(work, from)? {
        is_wanted(work, from)?;
        room(work, from)?;
    }
    let again = work.now.saturating_sub(ASK_AGAIN_MS);
    if keys::store::given_at(work.tx, from.id)?.is_some_and(|at| at > again) {
        return Ok(());
    }
    keys::give(work, from)
}

/// Whether the owner wants to hear from them at all.
fn is_wanted(work: &Work<'_, '_>, from: &Person) -> Result<(), NodeError> {
    let is_wanted = match settings::get(work.tx)?.allow_message_requests {
        MessageRequests::Everybody => true,
        MessageRequests::Known => standing(work, from)? > 0,
        MessageRequests::Nobody => false,
    };
    // Somebody who was a friend, and is none by the decision of one of both, does not come back by this way.
    if is_wanted && chats::with(work.tx, work.seal, from.id)?.is_none() {
        Ok(())
    } else {
        Err(NodeError::Refused("this person takes no messages of people they do not know"))
    }
}

/// There is room for one more; when there is none, for who is known better than the least known of those who wait.
fn room(work: &Work<'_, '_>, from: &Person) -> Result<(), NodeError> {
    let since = work.now.saturating_sub(KEYS_MS);
    if keys::store::strangers(work.tx, since)? >= KEYS_MAX && standing(work, from)? == 0 {
        return Err(NodeError::SlowDown(FULL_S));
    }
    if chats::requests_held(work.tx)? < REQUESTS_MAX {
        return Ok(());
    }
    let mut least: Option<(u32, Chat)> = None;
    for chat in chats::requests(work.tx, work.seal)? {
        let Some(person) = people::get(work.tx, work.seal, chat.person)? else { continue };
        let known = standing(work, &person)?;
        if least.as_ref().is_none_or(|(least, _)| known < *least) {
            least = Some((known, chat));
        }
    }
    match least {
        Some((known, chat)) if known < standing(work, from)? => drop_whole(work, &chat),
        _ => Err(NodeError::SlowDown(FULL_S)),
    }
}

/// How well somebody is known who is no friend; 0 for strangers. A friend's word counts most.
pub fn standing(work: &Work<'_, '_>, person: &Person) -> Result<u32, NodeError> {
    let introduced = introducer(work, person)?.is_some();
    let groups = group_rows::shared_with(work.tx, person.id)?.len().min(3) as u32;
    let follows = u32::from(person.is_follower()) + u32::from(person.following == Following::Yes);
    Ok(u32::from(introduced) * 8 + groups * 2 + follows)
}

fn introducer(work: &Work<'_, '_>, person: &Person) -> Result<Option<Person>, NodeError> {
    let Some(id) = person.details.introduced_by else { return Ok(None) };
    Ok(people::find(work.tx, work.seal, &id)?.filter(Person::is_friend))
}

/// Why somebody is not quite unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The friend who introduced them.
    pub introduced_by: Option<Person>,
    /// Names of groups in common, at most three.
    pub groups: Vec<String>,
    /// They follow the owner.
    pub follows: bool,
    /// Since when this node knows of them, unix ms.
    pub since: u64,
    /// See [`standing`].
    pub standing: u32,
}

/// What this node knows of somebody who is no friend.
pub fn known(work: &Work<'_, '_>, person: &Person) -> Result<Known, NodeError> {
    let mut groups = Vec::new();
    for id in group_rows::shared_with(work.tx, person.id)?.into_iter().take(GROUPS_SHOWN) {
        if let Some(group) = group_rows::get(work.tx, work.seal, id)? {
            groups.push(group.facts.name);
        }
    }
    Ok(Known {
        introduced_by: introducer(work, person)?,
        groups,
        follows: person.is_follower(),
        since: person.created_at,
        standing: standing(work, person)?,
    })
}

/// Whether they and the owner are in a conversation without being friends.
pub(super) fn may_speak(work: &Work<'_, '_>, from: &Person) -> Result<bool, NodeError> {
    let chat = chats::with(work.tx, work.seal, from.id)?;
    Ok(chat.is_some_and(|chat| chat.request != Request::None))
}

/// Whether this belongs to a request, so that it is taken from people who are no contacts.
///
/// # Errors
/// What the tables say.
pub(super) fn is_expected(work: &Work<'_, '_>, from: &Person, said: &Payload) -> Result<bool, NodeError> {
    Ok(match said {
        Payload::DirectMessage(DirectMessage::Order { group: keys::NO_GROUP, order: Said::Key { .. } }) => {
            true
        }
        Payload::DirectMessage(DirectMessage::Whole { group, mls }) => match Head::read(&mls.0) {
            Some(Head::KeyPackage) if *group == keys::NO_GROUP => is_written_to(work, from)?,
            Some(Head::Welcome) => may_speak(work, from)? || has_keys(work, from)?,
            Some(Head::Group(_)) => may_speak(work, from)?,
            _ => false,
        },
        _ => false,
    })
}

/// The owner wrote to them, or takes what they write.
fn is_written_to(work: &Work<'_, '_>, from: &Person) -> Result<bool, NodeError> {
    let chat = chats::with(work.tx, work.seal, from.id)?;
    Ok(chat.is_some_and(|chat| matches!(chat.request, Request::Out | Request::Accepted)))
}

fn has_keys(work: &Work<'_, '_>, from: &Person) -> Result<bool, NodeError> {
    let since = work.now.saturating_sub(KEYS_MS);
    Ok(keys::store::given_at(work.tx, from.id)?.is_some_and(|at| at >= since))
}

/// Whether somebody who is no friend may begin a conversation of two: it waits for the owner's answer then, unless the owner
/// wrote to them too.
///
/// # Errors
/// [`NodeError::Refused`], [`NodeError::SlowDown`].
pub(super) fn welcome(work: &Work<'_, '_>, from: &Person) -> Result<(), NodeError> {
    if may_speak(work, from)? {
        return Ok(());
    }
    is_wanted(work, from)?;
    if has_keys(work, from)? { room(work, from) } else { Err(NodeError::Refused("ask for a key first")) }
}

/// They have begun a conversation with the owner.
pub(super) fn begun(work: &Work<'_, '_>, from: &Person, chat: &Chat) -> Result<(), NodeError> {
    match chat.request {
        Request::None if !from.is_friend() => {
            Ok(chats::set_request(work.tx, chat.id, Request::In, work.now)?)
        }
        // Each wrote to the other: that is an answer.
        Request::Out => answered(work, chat),
        Request::None | Request::In | Request::Accepted => Ok(()),
    }
}

/// Whether what they say is heard at the present state. False: nothing is done with it.
///
/// # Errors
/// [`NodeError::Refused`], [`NodeError::TooLarge`], [`NodeError::SlowDown`] beyond what may wait.
pub(super) fn hears(work: &Work<'_, '_>, chat: &Chat, talk: &Talk) -> Result<bool, NodeError> {
    match chat.request {
        Request::None | Request::Accepted => return Ok(true),
        Request::Out => return answered(work, chat).map(|()| true),
        Request::In => {}
    }
    let is_short = talk.text.as_ref().is_none_or(|text| text.chars().count() <= CHARS_MAX);
    match talk.kind {
        TalkKind::Text | TalkKind::Edit if !is_short => {
            Err(NodeError::TooLarge("at most 1,000 characters before the owner has answered"))
        }
        TalkKind::Text if talk.file.is_none() && chat.requested < MESSAGES_MAX => {
            chats::count_requested(work.tx, chat.id)?;
            Ok(true)
        }
        TalkKind::Text if talk.file.is_none() => Err(NodeError::SlowDown(FULL_S)),
        TalkKind::Edit | TalkKind::Delete => Ok(true),
        TalkKind::Read | TalkKind::Accept => Ok(false),
        _ => Err(NodeError::Refused("only words before the owner has answered")),
    }
}

/// They answered: what waits for that is as in any conversation.
fn answered(work: &Work<'_, '_>, chat: &Chat) -> Result<(), NodeError> {
    chats::set_request(work.tx, chat.id, Request::Accepted, work.now)?;
    changed(work, chat.person)
}

/// The owner takes what somebody writes from now on. They are told so.
///
/// # Errors
/// [`NodeError::Unknown`], [`NodeError::Conflict`] when nothing waits.
pub fn accept(work: &Work<'_, '_>, id: ChatId) -> Result<(), NodeError> {
    let (to, chat) = own::held(work, id)?;
    if chat.request != Request::In {
        return Err(NodeError::Conflict("there is no message request of theirs"));
    }
    let chat = taken(work, &chat)?;
    let talk = Talk::new(own::drawn()?, TalkKind::Accept);
    sending::say(work, &chat, &to, &talk, None)?;
    Ok(())
}

/// What waited becomes a conversation like others.
fn taken(work: &Work<'_, '_>, chat: &Chat) -> Result<Chat, NodeError> {
    chats::set_request(work.tx, chat.id, Request::Accepted, work.now)?;
    changed(work, chat.person)?;
    Ok(Chat { request: Request::Accepted, ..chat.clone() })
}

/// Somebody became a friend, or was blocked: nothing of theirs waits for an answer any more.
pub fn settle(work: &Work<'_, '_>, person: &Person) -> Result<(), NodeError> {
    if !(person.is_friend() || person.is_blocked()) {
        return Ok(());
    }
    let Some(chat) = chats::with(work.tx, work.seal, person.id)? else { return Ok(()) };
    match chat.request {
        Request::None => Ok(()),
        Request::In if person.is_friend() => taken(work, &chat).map(drop),
        Request::In => drop_whole(work, &chat),
        Request::Out if person.is_friend() => answered(work, &chat),
        Request::Accepted if person.is_friend() => Ok(()),
        Request::Out | Request::Accepted => close(work, person),
    }
}

/// The owner wants nothing to do with them any more: the conversation stays, and is closed.
pub fn close(work: &Work<'_, '_>, person: &Person) -> Result<(), NodeError> {
    let Some(chat) = chats::with(work.tx, work.seal, person.id)? else { return Ok(()) };
    match chat.request {
        Request::None => Ok(()),
        Request::In => drop_whole(work, &chat),
        Request::Out | Request::Accepted => {
            Ok(chats::set_request(work.tx, chat.id, Request::None, work.now)?)
        }
    }
}

/// Forgets a request: words, keys, that it was there.
fn drop_whole(work: &Work<'_, '_>, chat: &Chat) -> Result<(), NodeError> {
    own::empty(work, chat.id)?;
    messages::remove_all(work.tx, chat.id)?;
    notices::look_again(work, chat.id)?;
    for group in chats::groups(work.tx, chat.id)? {
        mls::with(work, |mls| mls.forget(group))?.map_err(groups::internal)?;
    }
    chats::remove(work.tx, chat.id)?;
    changed(work, chat.person)
}

/// Forgets requests that nobody answered in time.
///
/// # Errors
/// [`NodeError::Locked`], and what the tables say.
pub(super) async fn let_go(deps: &Deps) -> Result<(), NodeError> {
    loop {
        let old = |w: &Work<'_, '_>| Ok(chats::requests_over(w.tx, w.now.saturating_sub(WAIT_MS), STEP)?);
        let old: Vec<i64> = deps.read(old).await?;
        if old.is_empty() {
            return Ok(());
        }
        deps.write(move |w| {
            for &id in &old {
                if let Some(chat) = chats::get(w.tx, w.seal, id)? {
                    drop_whole(w, &chat)?;
                }
            }
            Ok(())
        })
        .await?;
    }
}

/// When the next is to be forgotten, unix ms.
///
/// # Errors
/// What the tables say.
pub(super) fn next(work: &Work<'_, '_>) -> Result<Option<u64>, NodeError> {
    Ok(chats::oldest_request(work.tx)?.map(|at| at + WAIT_MS))
}
