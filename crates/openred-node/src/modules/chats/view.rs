//! Conversations and messages as the owner's app shows them. Reads rows; changes nothing.

use openred_core::payload::Mention;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    files::{self, view::MessageFile},
    groups::{
        said::store as said,
        store as groups,
        view::{GroupPerson, person as group_person},
    },
    messages::store::{self as messages, Message, Note, OWN, State},
    notices, own, requests,
    store::{self as chats, Chat, Request},
    whom::{ChatId, With},
};
use crate::{
    deps::Work,
    error::NodeError,
    modules::contacts::{person::Person, store as people},
};

/// Characters of what was answered, and of the newest message in the list.
const GIST_CHARS: usize = 140;

/// With whom.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PartnerView {
    /// 64 hex digits.
    pub node_id: String,
    /// `[a-z0-9_]{1,32}`, or empty.
    pub username: String,
    /// To show; never empty.
    pub display_name: String,
    /// On this node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// The owner compared the safety number.
    pub verified: bool,
    /// Their key was replaced, and the owner has not compared since (unix ms).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_changed_at: Option<u64>,
    /// Unix ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen_at: Option<u64>,
}

/// A conversation.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChatView {
    /// Its name in the API: the node id of the person, or the id of the group.
    pub id: String,
    /// `person` or `group`.
    pub kind: &'static str,
    /// Name of the person or group; never empty.
    pub title: String,
    /// With whom, where it is one person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<PartnerView>,
    /// How many people are in the group, the owner included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<i64>,
    /// The newest message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<MessageView>,
    /// Messages that the owner has not read; 1,000 stands for more.
    pub unread: i64,
    /// Number of a message that names the owner and was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mentioned: Option<i64>,
    /// Stands above the others.
    pub pinned: bool,
    /// Does not notify.
    pub muted: bool,
    /// Put away until something comes.
    pub archived: bool,
    /// Text that was begun.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub draft: String,
    /// Whether the owner may write: they are friends, or the owner is in the group.
    pub open: bool,
    /// How long new messages stay, seconds; 0: for ever.
    pub timer_s: u64,
    /// Where one of both has yet to answer: they are no friends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<MessageRequestView>,
}

/// A conversation with somebody who is no friend, before one of both has answered.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MessageRequestView {
    /// `new`: nothing was said; `in`: they wrote, and the owner has not answered; `out`: the owner wrote, and they have not.
    pub state: &'static str,
    /// Of `new` and `out`: how many more messages may be written before they answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<i64>,
    /// Of `in`: when it is forgotten, unix ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
    /// The friend who introduced them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub introduced_by: Option<AuthorView>,
    /// Names of groups in which both are, at most three.
    pub groups: Vec<String>,
    /// They follow the owner.
    pub follows: bool,
    /// Since when this node knows of them, unix ms.
    pub known_since: u64,
    /// How far the network trusts their node, thousandths; 500 is a stranger's. In the list of requests only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust: Option<u32>,
    /// How well they are known here; by this the list is sorted, and then by trust.
    pub standing: u32,
}

/// A reaction to a message.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChatReaction {
    /// Usually one emoji.
    pub reaction: String,
    /// Of the owner.
    pub mine: bool,
    /// Whose, in a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<AuthorView>,
}

/// Who said something in a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AuthorView {
    /// 64 hex digits.
    pub node_id: String,
    /// To show; never empty.
    pub display_name: String,
    /// On this node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
}

/// A line about the conversation: the app says it in its language. Others may come: show nothing for what is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NoteView {
    /// `timer`: new messages stay so long. Of a group: `created`, `added`, `removed`, `left`, `renamed`, `made_admin`, `unmade_admin`.
    pub what: String,
    /// Whom it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<GroupPerson>,
    /// The new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Of a timer; 0: for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
}

/// How far a message of the owner is in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReceiptsView {
    /// For how many members it is.
    pub of: i64,
    /// How many of their nodes have it, those who have read it among them.
    pub delivered: i64,
    /// How many have read it, as far as they tell.
    pub read: i64,
}

/// What a message answers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AnsweredView {
    /// Its id, 16 bytes.
    pub id: String,
    /// Of the owner.
    pub mine: bool,
    /// Whose, in a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<AuthorView>,
    /// How it begins; none when it was deleted or is not here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gist: Option<String>,
}

/// Somebody who is named in a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MentionView {
    /// Where the name begins in the text, in characters (Unicode scalar values).
    pub at: u64,
    /// How long it is, in characters.
    pub len: u64,
    /// 64 hex digits.
    pub node_id: String,
    /// As the owner knows them; absent for somebody who is not known here, and for the owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// It is the owner.
    pub me: bool,
}

/// What something in a conversation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// Somebody says it.
    Message,
    /// A line about the conversation.
    Note,
}

/// A message.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MessageView {
    /// `message`, or `note`: a line about the conversation, without text, that nobody answers or takes back.
    pub kind: MessageKind,
    /// 16 bytes, as its author named it.
    pub id: String,
    /// Rises with the order of the conversation.
    pub number: i64,
    /// Of the owner.
    pub mine: bool,
    /// Whose, in a group; of a note who did it. Absent where it is the owner's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<AuthorView>,
    /// Of a note: what happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<NoteView>,
    /// Its text, empty where a file is all of it; none when it was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Who is named in the text, in its order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<MentionView>,
    /// The file that it carries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<MessageFile>,
    /// What it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<AnsweredView>,
    /// When it was written, unix ms.
    pub at: u64,
    /// When its text was replaced, unix ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<u64>,
    /// Of the owner's in a group, once it was sent: who has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipts: Option<ReceiptsView>,
    /// Of the owner's: `held` (it may be taken back), `no_key` (it cannot be encrypted yet), `sent` (on its way),
    /// `at_relay` (a relay keeps it for them), `failed` (refused there), `delivered`, `read`; in a group by all; `requested`
    /// (they are no friend and have not answered: whether it arrived is not told).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'static str>,
    /// Of one that failed, before they answered: the code of the refusal, such as `refused` or `slow_down`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// Until when it may be taken back, unix ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo_until: Option<u64>,
    /// How long it stays: the owner's from when it left, others' from when it was read; seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_s: Option<u64>,
    /// When it goes, unix ms; absent before that time has begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
    /// Reactions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<ChatReaction>,
}

/// A page of conversations.
pub fn list(
    work: &Work<'_, '_>,
    archived: bool,
    offset: i64,
    limit: i64,
) -> Result<Vec<ChatView>, NodeError> {
    let mut views = Vec::new();
    for chat in chats::list(work.tx, work.seal, archived, offset, limit)? {
        if let Some(with) = With::of(work, &chat)? {
            views.push(chat_view(work, &chat, &with)?);
        }
    }
    Ok(views)
}

/// Conversations that wait for the owner's answer, the best known people first.
pub fn requests(work: &Work<'_, '_>) -> Result<Vec<ChatView>, NodeError> {
    let mut views = Vec::new();
    for chat in chats::requests(work.tx, work.seal)? {
        let Some(with) = With::of(work, &chat)? else { continue };
        let view = chat_view(work, &chat, &with)?;
        // What the owner deleted is there to be counted only.
        if view.last.as_ref().is_some_and(|last| last.text.is_some()) {
            views.push(view);
        }
    }
    sort(&mut views);
    Ok(views)
}

/// The best known first, then the most trusted, then the newest.
pub fn sort(views: &mut [ChatView]) {
    let rank = |view: &ChatView| {
        let request = view.request.as_ref();
        let newest = view.last.as_ref().map_or(0, |last| last.at);
        (request.map_or(0, |r| r.standing), request.and_then(|r| r.trust).unwrap_or_default(), newest)
    };
    views.sort_by_key(|view| std::cmp::Reverse(rank(view)));
}

/// The conversation with somebody.
pub fn one(work: &Work<'_, '_>, id: impl Into<ChatId>) -> Result<ChatView, NodeError> {
    let (with, chat) = own::held(work, id)?;
    chat_view(work, &chat, &with)
}

/// Messages before `before`, the newest first.
pub fn page(
    work: &Work<'_, '_>,
    id: impl Into<ChatId>,
    before: i64,
    limit: i64,
) -> Result<Vec<MessageView>, NodeError> {
    let (_, chat) = own::held(work, id)?;
    let page = messages::page(work.tx, work.seal, chat.id, before, limit)?;
    page.iter().map(|message| message_view(work, &chat, message)).collect()
}

/// Which messages of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those before this number.
    Before(i64),
    /// Those that follow this number.
    After(i64),
    /// This one and those on both sides of it.
    Around(i64),
}

/// A part of a conversation, the newest first.
pub fn part(
    work: &Work<'_, '_>,
    id: impl Into<ChatId>,
    which: Which,
    limit: i64,
) -> Result<Vec<MessageView>, NodeError> {
    let (number, newer) = match which {
        Which::Before(number) => return page(work, id, number, limit),
        Which::After(number) => (number, limit),
        Which::Around(number) => (number, limit / 2),
    };
    let (_, chat) = own::held(work, id)?;
    let mut part = messages::after(work.tx, work.seal, Some(chat.id), number, newer)?;
    part.reverse();
    if matches!(which, Which::Around(_)) {
        part.extend(messages::page(work.tx, work.seal, chat.id, number.saturating_add(1), limit - newer)?);
    }
    part.iter().map(|message| message_view(work, &chat, message)).collect()
}

/// A message by its number.
pub fn message(work: &Work<'_, '_>, number: i64) -> Result<MessageView, NodeError> {
    let message = messages::get(work.tx, work.seal, number)?.ok_or(NodeError::Unknown("this message"))?;
    let chat =
        chats::get(work.tx, work.seal, message.chat)?.ok_or(NodeError::Unknown("this conversation"))?;
    message_view(work, &chat, &message)
}

fn chat_view(work: &Work<'_, '_>, chat: &Chat, with: &With) -> Result<ChatView, NodeError> {
    let last = messages::page(work.tx, work.seal, chat.id, i64::MAX, 1)?.pop();
    let mut last = last.map(|message| message_view(work, chat, &message)).transpose()?;
    if let Some(text) = last.as_mut().and_then(|last| last.text.as_mut()) {
        *text = gist(text);
    }
    if let Some(last) = last.as_mut() {
        last.mentions.retain(|mention| mention.at + mention.len <= GIST_CHARS as u64);
    }
    let (kind, person, members) = match with {
        With::Person(person) => ("person", Some(partner(person)), None),
        With::Group(group) => ("group", None, Some(groups::count(work.tx, group.id)?)),
    };
    Ok(ChatView {
        id: with.id().to_string(),
        kind,
        title: with.title(),
        person,
        members,
        last,
        unread: messages::unread(work.tx, chat.id, chat.read_upto)?,
        mentioned: notices::mention(work, chat)?.map(|message| message.id),
        pinned: chat.pinned,
        muted: chat.muted,
        archived: chat.archived,
        draft: chat.draft.clone(),
        open: requests::may_write(with, chat).is_ok(),
        timer_s: chat.timer_s,
        request: match with {
            With::Person(person) => request_view(work, chat, person)?,
            With::Group(_) => None,
        },
    })
}

fn request_view(
    work: &Work<'_, '_>,
    chat: &Chat,
    person: &Person,
) -> Result<Option<MessageRequestView>, NodeError> {
    let state = match chat.request {
        _ if person.is_friend() || person.is_blocked() => return Ok(None),
        Request::None if chat.id == 0 => "new",
        Request::In => "in",
        Request::Out => "out",
        Request::None | Request::Accepted => return Ok(None),
    };
    let known = requests::known(work, person)?;
    let left = requests::MESSAGES_MAX - messages::written(work.tx, chat.id)?;
    Ok(Some(MessageRequestView {
        state,
        left: (state != "in").then_some(left.max(0)),
        until: (state == "in").then_some(chat.request_at + requests::WAIT_MS),
        introduced_by: known.introduced_by.as_ref().map(author_view),
        groups: known.groups,
        follows: known.follows,
        known_since: known.since,
        trust: None,
        standing: known.standing,
    }))
}

fn partner(person: &Person) -> PartnerView {
    PartnerView {
        node_id: person.node_id.to_string(),
        username: person.username.clone(),
        display_name: person.shown_name(),
        avatar_url: avatar_url(person),
        verified: person.details.verified,
        identity_changed_at: person.details.identity_changed_at,
        last_seen_at: person.last_seen_at,
    }
}

fn avatar_url(person: &Person) -> Option<String> {
    let avatar = person.details.avatar.as_ref();
    avatar.map(|content| format!("/api/v1/avatars/{}", content.content_id))
}

/// Who said it, where that is not clear from whom the conversation is with.
fn author(work: &Work<'_, '_>, in_group: bool, number: i64) -> Result<Option<AuthorView>, NodeError> {
    if !in_group || number == OWN {
        return Ok(None);
    }
    Ok(people::get(work.tx, work.seal, number)?.as_ref().map(author_view))
}

fn author_view(person: &Person) -> AuthorView {
    AuthorView {
        node_id: person.node_id.to_string(),
        display_name: person.shown_name(),
        avatar_url: avatar_url(person),
    }
}

fn note_view(work: &Work<'_, '_>, note: &Note) -> Result<NoteView, NodeError> {
    let people = note.people.iter().map(|id| group_person(work, id)).collect::<Result<_, _>>()?;
    Ok(NoteView { what: note.what.clone(), people, name: note.name.clone(), seconds: note.seconds })
}

fn message_view(work: &Work<'_, '_>, chat: &Chat, message: &Message) -> Result<MessageView, NodeError> {
    let mine = message.author == OWN;
    let (in_group, waits) = (chat.is_group(), chat.request == Request::Out);
    let note = message.body.as_ref().and_then(|body| body.note.as_ref());
    let answered = match message.body.as_ref().and_then(|body| body.reply_to) {
        Some(name) => {
            let held = messages::any_named(work.tx, work.seal, message.chat, name)?;
            let mine = held.as_ref().is_some_and(|held| held.author == OWN);
            let author = match &held {
                Some(held) => author(work, in_group, held.author)?,
                None => None,
            };
            let gist = held.and_then(|held| held.body).map(|body| gist(body.gist()));
            Some(AnsweredView { id: name.to_string(), mine, author, gist })
        }
        None => None,
    };
    let mut reactions = Vec::new();
    for (by, reaction) in messages::reactions(work.tx, work.seal, message.id)? {
        let author = author(work, in_group, by)?;
        reactions.push(ChatReaction { reaction, mine: by == OWN, author });
    }
    let is_said = mine && note.is_none();
    let has_left = !matches!(message.state, State::Held | State::NoKey);
    let receipts = if is_said && in_group && has_left { Some(receipts(work, message.id)?) } else { None };
    let file = message.body.as_ref().and_then(|body| body.file.as_ref());
    Ok(MessageView {
        id: message.name.to_string(),
        number: message.id,
        kind: if note.is_some() { MessageKind::Note } else { MessageKind::Message },
        mine,
        author: author(work, in_group, message.author)?,
        text: message.body.as_ref().filter(|body| !body.is_note()).map(|body| body.text.clone()),
        note: note.map(|note| note_view(work, note)).transpose()?,
        mentions: mention_views(work, message)?,
        file: file.map(|file| files::view::shown(work, message.id, file)).transpose()?,
        reply_to: answered,
        at: message.at,
        edited_at: message.edited_at,
        refusal: if is_said && waits { messages::refusal(work.tx, message.id)? } else { None },
        state: match (is_said, waits) {
            (false, _) => None,
            (true, true) => Some(asked_state(work, message)?),
            (true, false) => Some(state(work, message, in_group)?),
        },
        receipts,
        undo_until: message.due_at.filter(|_| message.state == State::Held),
        expires_s: message.lives_s,
        expires_at: message.expires_at,
        reactions,
    })
}

fn mention_views(work: &Work<'_, '_>, message: &Message) -> Result<Vec<MentionView>, NodeError> {
    let mentions = message.body.as_ref().map_or(&[][..], |body| &body.mentions);
    let shown = |mention: &Mention| {
        let me = mention.who == work.me.node_id;
        let person = if me { None } else { people::find(work.tx, work.seal, &mention.who)? };
        Ok(MentionView {
            at: mention.at,
            len: mention.len,
            node_id: mention.who.to_string(),
            display_name: person.map(|person| person.shown_name()),
            me,
        })
    };
    mentions.iter().map(shown).collect()
}

fn receipts(work: &Work<'_, '_>, message: i64) -> Result<ReceiptsView, NodeError> {
    let (of, delivered, read) = said::receipts(work.tx, message)?;
    Ok(ReceiptsView { of, delivered, read })
}

fn state(work: &Work<'_, '_>, message: &Message, in_group: bool) -> Result<&'static str, NodeError> {
    Ok(match message.state {
        State::Held => "held",
        State::NoKey => "no_key",
        State::Sent if in_group => said::way(work.tx, message.id)?,
        State::Sent => messages::way(work.tx, message.id)?,
        State::Delivered => "delivered",
        State::Read => "read",
    })
}

/// Before they have answered nothing is told of what they have.
fn asked_state(work: &Work<'_, '_>, message: &Message) -> Result<&'static str, NodeError> {
    Ok(match message.state {
        State::Held => "held",
        _ if messages::refusal(work.tx, message.id)?.is_some() => "failed",
        State::NoKey | State::Sent | State::Delivered | State::Read => "requested",
    })
}

fn gist(text: &str) -> String {
    text.chars().take(GIST_CHARS).collect()
}
