//! Endpoints of conversations. Each reads its words and calls one rule.

#![expect(unused_qualifications, reason = "the macro of utoipa repeats the type of a query")]

use std::time::Duration;

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{Path, Query, State},
    response::{IntoResponse as _, Response},
};
use futures_util::stream;
use http::{StatusCode, header};
use openred_core::{
    ids::{Id16, NodeId},
    payload::{Mention, Voice},
};
use openred_service::problem::{Problem, ProblemJson};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::{
    files::{NewFile, view::VoiceView},
    own, requests, store, typing,
    view::{self, ChatView, MessageView, Which},
    whom::ChatId,
};
use crate::{api::Api, error::NodeError};

/// Conversations of a page, and messages, unless the client says otherwise.
const PAGE: i64 = 50;
/// At most.
const PAGE_MAX: i64 = 200;
/// Messages that are read at once for an export.
const EXPORTED: i64 = 200;
/// A sign that has not left within this time is of no use.
const TYPING: Duration = Duration::from_secs(5);

/// Which conversations.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ChatsQuery {
    /// Those that were put away.
    #[serde(default)]
    archived: bool,
    /// Those that wait for the owner's answer, the best known people first; all of them, not more than 100.
    #[serde(default)]
    requests: bool,
    /// How many to leave out, from 0.
    #[param(minimum = 0)]
    offset: Option<i64>,
    /// At most 200; else 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

/// Which messages.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct MessagesQuery {
    /// Before this number.
    #[param(minimum = 1)]
    before: Option<i64>,
    /// After this number: those that follow it.
    #[param(minimum = 0)]
    after: Option<i64>,
    /// This number, what is before it and what follows it, half and half.
    #[param(minimum = 1)]
    around: Option<i64>,
    /// At most 200; else 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

/// Conversations, pinned ones first, then the newest.
#[derive(Debug, Serialize, ToSchema)]
pub struct Chats {
    items: Vec<ChatView>,
    /// How many more wait for the owner's answer: of people who are no friends.
    requests: i64,
}

/// Messages, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Messages {
    items: Vec<MessageView>,
}

/// A new message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    /// 16 bytes that the app draws, base64url: the same call again makes no second message. Drawn here when absent.
    #[schema(value_type = Option<String>)]
    id: Option<Id16>,
    /// At most 8,000 characters; it may be absent where there is a file.
    #[serde(default)]
    text: String,
    /// Who is named in the text, in its order, at most 32; people of this conversation.
    #[serde(default)]
    mentions: Vec<NewMention>,
    /// What it answers.
    #[schema(value_type = Option<String>)]
    reply_to: Option<Id16>,
    /// A whole file of the owner's, for who is in this conversation to fetch.
    #[schema(value_type = Option<String>)]
    file: Option<Id16>,
    /// Description of the file for who cannot see it, at most 1,500 characters.
    #[serde(default)]
    alt: String,
    /// The file is a recording of the owner.
    voice: Option<VoiceView>,
}

/// Somebody who is named in a text.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMention {
    /// Where the name begins, in characters (Unicode scalar values).
    at: u64,
    /// How long it is, in characters.
    len: u64,
    /// Who, 64 hex digits.
    #[schema(value_type = String)]
    node_id: NodeId,
}

impl From<NewMention> for Mention {
    fn from(NewMention { at, len, node_id }: NewMention) -> Self {
        Self { at, len, who: node_id }
    }
}

/// Another text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageText {
    /// 1 to 8,000 characters.
    text: String,
    /// Who is named in it, as in a new message.
    #[serde(default)]
    mentions: Vec<NewMention>,
}

/// A text and who is named in it.
fn words(text: String, mentions: Vec<NewMention>) -> own::Words {
    own::Words { text, mentions: mentions.into_iter().map(Mention::from).collect() }
}

/// What was taken back, to be written again.
#[derive(Debug, Serialize, ToSchema)]
pub struct Undone {
    text: String,
    /// The file that it was to carry.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// Its description.
    #[serde(skip_serializing_if = "String::is_empty")]
    alt: String,
}

/// A reaction.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageReaction {
    /// At most 16 bytes, usually one emoji.
    reaction: String,
}

/// Up to where the owner has read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadUpto {
    /// Id of the message.
    #[schema(value_type = String)]
    id: Id16,
}

/// What the owner sets for a conversation; absent members stay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChatChange {
    pinned: Option<bool>,
    muted: Option<bool>,
    archived: Option<bool>,
    /// Text that was begun, at most 8,000 characters.
    draft: Option<String>,
    /// How long new messages stay, for both: 5 seconds to 366 days; 0: for ever.
    timer_s: Option<u64>,
}

/// The owner's conversations.
#[utoipa::path(get, path = "/chats", tag = "chats", params(ChatsQuery), responses((status = 200, body = Chats)))]
pub async fn chats(State(api): State<Api>, Query(query): Query<ChatsQuery>) -> Result<Json<Chats>, Problem> {
    let (offset, limit) = (query.offset.unwrap_or(0).max(0), limit(query.limit)?);
    if query.requests {
        let items = with_trust(&api, api.deps.read(view::requests).await?).await?;
        return Ok(Json(Chats { requests: items.len() as i64, items }));
    }
    let page = api
        .deps
        .read(move |w| Ok((view::list(w, query.archived, offset, limit)?, store::requests_shown(w.tx)?)));
    let (items, requests) = page.await?;
    Ok(Json(Chats { items, requests }))
}

/// Adds how far the network trusts each, and sorts again. Without the network nobody is trusted more than another.
async fn with_trust(api: &Api, mut items: Vec<ChatView>) -> Result<Vec<ChatView>, Problem> {
    let ids: Vec<Option<NodeId>> = items.iter().map(|chat| chat.id.parse().ok()).collect();
    let read = api.net.overlay.read(move |machine, now| {
        let trust = |id: Option<NodeId>| id.map(|id| machine.trust(&id, now).effective);
        ids.into_iter().map(trust).collect::<Vec<_>>()
    });
    if let Ok(trusts) = read.await {
        for (chat, trust) in items.iter_mut().zip(trusts) {
            if let Some(request) = &mut chat.request {
                request.trust = trust.map(|millionths| (millionths / 1_000) as u32);
            }
        }
        view::sort(&mut items);
    }
    Ok(items)
}

/// Takes the messages of somebody who is no friend from now on; they are told so.
#[utoipa::path(post, path = "/chats/{node_id}/accept", tag = "chats", params(("node_id" = String, Path)), responses((status = 200, body = ChatView)))]
pub async fn accept_chat(State(api): State<Api>, Path(id): Path<ChatId>) -> Result<Json<ChatView>, Problem> {
    let accepted = api.deps.write(move |w| {
        requests::accept(w, id)?;
        view::one(w, id)
    });
    Ok(Json(accepted.await?))
}

/// The conversation with somebody, which begins with the first message, or of a group.
#[utoipa::path(get, path = "/chats/{node_id}", tag = "chats", params(("node_id" = String, Path, description = "Node id of the person, or id of the group.")), responses((status = 200, body = ChatView)))]
pub async fn chat(State(api): State<Api>, Path(id): Path<ChatId>) -> Result<Json<ChatView>, Problem> {
    Ok(Json(api.deps.read(move |w| view::one(w, id)).await?))
}

/// Pins, mutes, puts away, keeps a text that was begun.
#[utoipa::path(patch, path = "/chats/{node_id}", tag = "chats", params(("node_id" = String, Path, description = "Node id of the person, or id of the group.")), request_body = ChatChange, responses((status = 200, body = ChatView)))]
pub async fn change_chat(
    State(api): State<Api>,
    Path(id): Path<ChatId>,
    ProblemJson(change): ProblemJson<ChatChange>,
) -> Result<Json<ChatView>, Problem> {
    let ChatChange { pinned, muted, archived, draft, timer_s } = change;
    let change = own::Change { pinned, muted, archived, draft, timer_s };
    let changed = api.deps.write(move |w| {
        own::set(w, id, change.clone())?;
        view::one(w, id)
    });
    Ok(Json(changed.await?))
}

/// Removes a conversation here. The other keeps theirs.
#[utoipa::path(delete, path = "/chats/{node_id}", tag = "chats", params(("node_id" = String, Path, description = "Node id of the person, or id of the group.")), responses((status = 204)))]
pub async fn remove_chat(State(api): State<Api>, Path(id): Path<ChatId>) -> Result<StatusCode, Problem> {
    api.deps.write(move |w| own::forget(w, id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Messages of a conversation.
#[utoipa::path(get, path = "/chats/{node_id}/messages", tag = "chats", params(("node_id" = String, Path, description = "Node id of the person, or id of the group."), MessagesQuery), responses((status = 200, body = Messages)))]
pub async fn messages(
    State(api): State<Api>,
    Path(id): Path<ChatId>,
    Query(query): Query<MessagesQuery>,
) -> Result<Json<Messages>, Problem> {
    let limit = limit(query.limit)?;
    let which = match (query.before, query.after, query.around) {
        (None, None, None) => Which::Before(i64::MAX),
        (Some(number), None, None) => Which::Before(number),
        (None, Some(number), None) => Which::After(number),
        (None, None, Some(number)) => Which::Around(number),
        _ => return Err(NodeError::invalid("before", "one of before, after and around").into()),
    };
    let items = api.deps.read(move |w| view::part(w, id, which, limit)).await?;
    Ok(Json(Messages { items }))
}

/// Writes a message. It is stored here when this is answered, and leaves when it cannot be undone any more.
#[utoipa::path(post, path = "/chats/{node_id}/messages", tag = "chats", params(("node_id" = String, Path, description = "Node id of the person, or id of the group.")), request_body = NewMessage, responses((status = 201, body = MessageView)))]
pub async fn write_message(
    State(api): State<Api>,
    Path(id): Path<ChatId>,
    ProblemJson(new): ProblemJson<NewMessage>,
) -> Result<(StatusCode, Json<MessageView>), Problem> {
    let name = new.id.map_or_else(own::drawn, Ok)?;
    let NewMessage { text, mentions, reply_to, file, alt, voice, .. } = new;
    if voice.is_some() && file.is_none() {
        return Err(NodeError::invalid("voice", "a recording is a file").into());
    }
    let file = file.map(|id| NewFile { id, alt, voice: voice.map(Voice::from) });
    let new = own::New { name, words: words(text, mentions), reply_to, file };
    let written = api.deps.write(move |w| {
        let number = own::write(w, id, new.clone())?;
        view::message(w, number)
    });
    Ok((StatusCode::CREATED, Json(written.await?)))
}

/// Takes a message back that has not left; answers with its text.
#[utoipa::path(post, path = "/chats/{node_id}/messages/{id}/undo", tag = "chats", params(("node_id" = String, Path, description = "Node id of the person, or id of the group."), ("id" = String, Path)), responses((status = 200, body = Undone)))]
pub async fn undo_message(
    State(api): State<Api>,
    Path((node_id, id)): Path<(ChatId, Id16)>,
) -> Result<Json<Undone>, Problem> {
    let body = api.deps.write(move |w| own::undo(w, node_id, id)).await?;
    let file = body.file.and_then(|file| Some((file.own?.to_string(), file.alt)));
    let (file, alt) = file.map_or((None, String::new()), |(file, alt)| (Some(file), alt));
    Ok(Json(Undone { text: body.text, file, alt }))
}

/// Replaces the text of a message of the owner.
#[utoipa::path(patch, path = "/chats/{node_id}/messages/{id}", tag = "chats", params(("node_id" = String, Path, description = "Node id of the person, or id of the group."), ("id" = String, Path)), request_body = MessageText, responses((status = 200, body = MessageView)))]
pub async fn edit_message(
    State(api): State<Api>,
    Path((node_id, id)): Path<(ChatId, Id16)>,
    ProblemJson(new): ProblemJson<MessageText>,
) -> Result<Json<MessageView>, Problem> {
    let words = words(new.text, new.mentions);
    let edited = api.deps.write(move |w| {
        let number = own::edit(w, node_id, id, words.clone())?;
        view::message(w, number)
    });
    Ok(Json(edited.await?))
}

/// Deletes a message of the owner for both. Who has read it has read it.
#[utoipa::path(delete, path = "/chats/{node_id}/messages/{id}", tag = "chats", params(("node_id" = String, Path, description = "Node id of the person, or id of the group."), ("id" = String, Path)), responses((status = 204)))]
pub async fn remove_message(
    State(api): State<Api>,
    Path((node_id, id)): Path<(ChatId, Id16)>,
) -> Result<StatusCode, Problem> {
    api.deps.write(move |w| own::remove(w, node_id, id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Reacts to a message, instead of the owner's reaction before.
#[utoipa::path(put, path = "/chats/{node_id}/messages/{id}/reaction", tag = "chats", params(("node_id" = String, Path, description = "Node id of the person, or id of the group."), ("id" = String, Path)), request_body = MessageReaction, responses((status = 200, body = MessageView)))]
pub async fn react_to_message(
    State(api): State<Api>,
    Path((node_id, id)): Path<(ChatId, Id16)>,
    ProblemJson(new): ProblemJson<MessageReaction>,
) -> Result<Json<MessageView>, Problem> {
    if new.reaction.is_empty() {
        return Err(NodeError::invalid("reaction", "choose one, or delete yours").into());
    }
    reacted(&api, node_id, id, new.reaction).await
}

/// Withdraws the owner's reaction.
#[utoipa::path(delete, path = "/chats/{node_id}/messages/{id}/reaction", tag = "chats", params(("node_id" = String, Path, description = "Node id of the person, or id of the group."), ("id" = String, Path)), responses((status = 200, body = MessageView)))]
pub async fn unreact_to_message(
    State(api): State<Api>,
    Path((node_id, id)): Path<(ChatId, Id16)>,
) -> Result<Json<MessageView>, Problem> {
    reacted(&api, node_id, id, String::new()).await
}

/// Everything up to a message was read. The other is told, unless the settings say otherwise.
#[utoipa::path(post, path = "/chats/{node_id}/read", tag = "chats", params(("node_id" = String, Path, description = "Node id of the person, or id of the group.")), request_body = ReadUpto, responses((status = 204)))]
pub async fn read_chat(
    State(api): State<Api>,
    Path(node_id): Path<ChatId>,
    ProblemJson(upto): ProblemJson<ReadUpto>,
) -> Result<StatusCode, Problem> {
    api.deps.write(move |w| own::read(w, node_id, upto.id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The owner is writing. Friends who show such signs too see it, if a session with them is open and the settings say so;
/// nothing is stored. Call it every few seconds, not with every letter.
#[utoipa::path(post, path = "/chats/{node_id}/typing", tag = "chats", params(("node_id" = String, Path)), responses((status = 204)))]
pub async fn typing_in_chat(
    State(api): State<Api>,
    Path(node_id): Path<ChatId>,
) -> Result<StatusCode, Problem> {
    if let Some((group, people)) = api.deps.read(move |w| typing::whom(w, node_id)).await? {
        let said = json!({"group": group}).to_string();
        for live in people.iter().filter_map(|person| api.net.session_with(person)) {
            let said = said.clone();
            // Nobody waits for the answer, which is for nobody.
            api.deps.tasks.spawn_one_of_many("typing", async move {
                let _ = tokio::time::timeout(TYPING, live.ask(typing::PATH, said)).await;
            });
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

/// The whole conversation, the oldest message first: one JSON value a line.
#[utoipa::path(get, path = "/chats/{node_id}/export", tag = "chats", params(("node_id" = String, Path)), responses((status = 200, content_type = "application/jsonl", body = String)))]
pub async fn export_chat(State(api): State<Api>, Path(node_id): Path<ChatId>) -> Result<Response, Problem> {
    // What is not there is said before anything is sent.
    api.deps.read(move |w| own::held(w, node_id).map(drop)).await?;
    let deps = api.deps.clone();
    let lines = stream::try_unfold((deps, 0), move |(deps, after)| async move {
        let which = Which::After(after);
        let page = deps.read(move |w| view::part(w, node_id, which, EXPORTED)).await?;
        let Some(last) = page.first().map(|newest| newest.number) else { return Ok(None) };
        let mut lines = Vec::new();
        for message in page.iter().rev() {
            serde_json::to_writer(&mut lines, message).map_err(|e| NodeError::Internal(e.to_string()))?;
            lines.push(b'\n');
        }
        Ok::<_, NodeError>(Some((Bytes::from(lines), (deps, last))))
    });
    let headers = [
        (header::CONTENT_TYPE, "application/jsonl"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"conversation.jsonl\""),
    ];
    Ok((headers, Body::from_stream(lines)).into_response())
}

async fn reacted(
    api: &Api,
    node_id: ChatId,
    id: Id16,
    reaction: String,
) -> Result<Json<MessageView>, Problem> {
    let reacted = api.deps.write(move |w| {
        let number = own::react(w, node_id, id, reaction.clone())?;
        view::message(w, number)
    });
    Ok(Json(reacted.await?))
}

fn limit(said: Option<i64>) -> Result<i64, NodeError> {
    let limit = said.unwrap_or(PAGE);
    if (1..=PAGE_MAX).contains(&limit) { Ok(limit) } else { Err(NodeError::invalid("limit", "1 to 200")) }
}
