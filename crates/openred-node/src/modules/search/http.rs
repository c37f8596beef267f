//! Endpoint of search.

#![expect(unused_qualifications, reason = "the macro of utoipa repeats the type of a query")]

use axum::{
    Json,
    extract::{Query, State},
};
use openred_service::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Found, Piece};
use crate::{
    api::Api,
    deps::Work,
    error::NodeError,
    modules::{
        chats::{self, messages::store::OWN, whom::ChatId},
        contacts::{
            store as people,
            view::{self, Face},
        },
    },
};

/// Hits of a page, unless the client says otherwise, and at most.
const PAGE: (usize, usize) = (30, 100);

/// What is looked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct SearchQuery {
    /// Words, 1 to 200 characters. All of them must be there; from three letters on a beginning is enough. Case and accents do
    /// not count.
    q: String,
    /// In this conversation; else in all.
    chat: Option<String>,
    /// `next` of the page before.
    before: Option<i64>,
    /// At most 100; else 30.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
}

/// What says it.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HitKind {
    /// A message of a conversation.
    Message,
}

/// Something that was found.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchHit {
    kind: HitKind,
    /// Id of the conversation.
    chat: String,
    /// With whom, or its name.
    title: String,
    /// Id of the message.
    id: String,
    /// Its number in the conversation.
    number: i64,
    /// Of the owner.
    mine: bool,
    /// Who wrote it, if somebody else.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<Face>,
    /// Unix ms.
    at: u64,
    /// What is around the first hit, in pieces.
    snippet: Vec<Piece>,
    /// Name of the file that it carries.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
}

/// A page of what was found, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchHits {
    items: Vec<SearchHit>,
    /// `before` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

/// Looks for words in conversations.
#[utoipa::path(get, path = "/search", tag = "chats", params(SearchQuery), responses((status = 200, body = SearchHits)))]
pub async fn search(
    State(api): State<Api>,
    Query(query): Query<SearchQuery>,
) -> Result<Json<SearchHits>, Problem> {
    let limit = query.limit.unwrap_or(PAGE.0);
    if !(1..=PAGE.1).contains(&limit) {
        return Err(NodeError::invalid("limit", "1 to 100").into());
    }
    let chat: Option<ChatId> = match &query.chat {
        Some(id) => Some(id.parse().map_err(|_| NodeError::Unknown("this conversation"))?),
        None => None,
    };
    let read = api.deps.read(move |w| {
        let chat = chat.map(|id| Ok::<_, NodeError>(chats::own::held(w, id)?.1.id)).transpose()?;
        let answer = super::find(w, &query.q, chat, query.before.unwrap_or(i64::MAX), limit)?;
        let items = answer.found.into_iter().map(|found| hit(w, found)).collect::<Result<_, _>>()?;
        Ok(SearchHits { items, next: answer.next })
    });
    Ok(Json(read.await?))
}

fn hit(work: &Work<'_, '_>, Found { message, snippet }: Found) -> Result<SearchHit, NodeError> {
    let (chat, title) = chats::named(work, message.chat)?;
    let by = match message.author {
        OWN => None,
        author => people::get(work.tx, work.seal, author)?.map(|person| view::face(&person)),
    };
    let file = message.body.and_then(|body| body.file).map(|file| file.name);
    Ok(SearchHit {
        kind: HitKind::Message,
        chat,
        title,
        id: message.name.to_string(),
        number: message.id,
        mine: message.author == OWN,
        by,
        at: message.at,
        snippet,
        file,
    })
}
