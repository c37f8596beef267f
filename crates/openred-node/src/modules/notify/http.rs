//! Endpoints of notifications.

#![expect(unused_qualifications, reason = "the macro of utoipa repeats the type of a query")]

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Query, State},
};
use http::StatusCode;
use openred_service::problem::{Problem, ProblemJson};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Params, What, read_upto,
    store::{self, Notification},
    words,
};
use crate::{api::Api, deps::Work, error::NodeError, modules::contacts::store as people};

/// Notifications of a page.
const PAGE: i64 = 50;

/// Query of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// `next` of the page before.
    after: Option<i64>,
}

/// Who caused it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Actor {
    /// 64 hex digits.
    node_id: String,
    /// `[a-z0-9_]{1,32}`, or empty.
    username: String,
    /// To show; never empty.
    display_name: String,
    /// On this node.
    avatar_url: Option<String>,
}

/// Something happened.
#[derive(Debug, Serialize, ToSchema)]
pub struct NotificationView {
    id: String,
    /// What happened.
    kind: What,
    /// What there is to say beside, for the app to put into words.
    params: Params,
    actor: Option<Actor>,
    /// The post it is about.
    post: Option<String>,
    /// The whole in English, for the command line.
    text: String,
    /// Unix ms.
    created_at: u64,
    read: bool,
}

/// A page.
#[derive(Debug, Serialize, ToSchema)]
pub struct Notifications {
    items: Vec<NotificationView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// Of all.
    unread: u64,
}

/// Up to where the owner has read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// Number of a notification.
    upto: String,
}

/// Notifications, newest first.
#[utoipa::path(get, path = "/notifications", tag = "notifications", params(ListQuery), responses((status = 200, body = Notifications)))]
pub async fn notifications(
    State(api): State<Api>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Notifications>, Problem> {
    let before = query.after.unwrap_or(i64::MAX);
    Ok(Json(api.deps.read(move |w| page(w, before)).await?))
}

/// Marks all up to one as read.
#[utoipa::path(post, path = "/notifications/read", tag = "notifications", request_body = Read, responses((status = 204)))]
pub async fn mark_read(
    State(api): State<Api>,
    ProblemJson(read): ProblemJson<Read>,
) -> Result<StatusCode, Problem> {
    let upto: i64 = read.upto.parse().map_err(|_| NodeError::invalid("upto", "the id of a notification"))?;
    api.deps.write(move |w| read_upto(w, upto)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn page(work: &Work<'_, '_>, before: i64) -> Result<Notifications, NodeError> {
    let page = store::page(work.tx, work.seal, before, PAGE)?;
    let next = page.last().filter(|_| page.len() as i64 == PAGE).map(|last| last.id.to_string());
    let mut actors = BTreeMap::new();
    let items = page.into_iter().map(|n| view(work, &mut actors, n)).collect::<Result<_, _>>()?;
    Ok(Notifications { items, next, unread: store::unread(work.tx)? })
}

fn view(
    work: &Work<'_, '_>,
    actors: &mut BTreeMap<i64, Option<Actor>>,
    n: Notification,
) -> Result<NotificationView, NodeError> {
    let actor = match n.actor {
        None => None,
        Some(id) => match actors.get(&id) {
            Some(known) => known.clone(),
            None => actors.entry(id).or_insert(actor(work, id)?).clone(),
        },
    };
    let name = actor.as_ref().map_or("Somebody", |actor| &actor.display_name);
    let text = words::english(n.what, name, &n.params);
    Ok(NotificationView {
        id: n.id.to_string(),
        kind: n.what,
        params: n.params,
        actor,
        post: n.post.map(|id| id.to_string()),
        text,
        created_at: n.created_at,
        read: n.read,
    })
}

fn actor(work: &Work<'_, '_>, id: i64) -> Result<Option<Actor>, NodeError> {
    let person = people::get(work.tx, work.seal, id)?;
    Ok(person.map(|person| Actor {
        node_id: person.node_id.to_string(),
        display_name: person.shown_name(),
        avatar_url: person.details.avatar.as_ref().map(|c| format!("/api/v1/avatars/{}", c.content_id)),
        username: person.username,
    }))
}
