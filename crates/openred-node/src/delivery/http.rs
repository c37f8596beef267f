//! Endpoints of the outbox: what has not arrived, why, and what the owner can do about it.

#![expect(unused_qualifications, reason = "the macro of utoipa repeats the type of a query")]

use axum::{
    Json,
    extract::{Path, Query, State},
};
use http::StatusCode;
use openred_service::{
    database::{DbError, Tx},
    problem::Problem,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::store;
use crate::{
    api::Api,
    deps::Work,
    error::NodeError,
    events::Kind,
    modules::contacts::{
        store as people,
        view::{self, Face},
    },
};

/// Items of one page.
const PAGE: i64 = 50;

/// Where to go on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct After {
    /// `next` of the page before.
    after: Option<String>,
}

/// Something that has not arrived.
#[derive(Debug, Serialize, ToSchema)]
pub struct OutboxItem {
    id: String,
    to: Face,
    /// `post comment reaction request answer profile message …`.
    what: String,
    /// `waiting at_relay failed`.
    state: &'static str,
    /// Stable code; empty when nothing was tried.
    reason: String,
    since_at: u64,
    next_try_at: Option<u64>,
}

/// A page.
#[derive(Debug, Serialize, ToSchema)]
pub struct Outbox {
    items: Vec<OutboxItem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    waiting: u64,
    failed: u64,
}

/// What has not arrived, the newest first.
#[utoipa::path(get, path = "/outbox", tag = "outbox", params(After), responses((status = 200, body = Outbox)))]
pub async fn outbox(State(api): State<Api>, Query(query): Query<After>) -> Result<Json<Outbox>, Problem> {
    let before = match query.after.as_deref() {
        None => (i64::MAX, i64::MAX),
        Some(cursor) => pair(cursor).ok_or_else(|| NodeError::invalid("after", "not a cursor"))?,
    };
    let page = api.deps.read(move |w| {
        let rows = store::open(w.tx, before, PAGE)?;
        let next = rows
            .last()
            .filter(|_| rows.len() as i64 == PAGE)
            .map(|row| format!("{}.{}", row.outbox, row.person));
        let items = rows.into_iter().map(|row| shown(w, row)).collect::<Result<Vec<_>, _>>()?;
        let (waiting, failed) = store::counts(w.tx)?;
        Ok(Outbox { items: items.into_iter().flatten().collect(), next, waiting, failed })
    });
    Ok(Json(page.await?))
}

fn shown(w: &Work<'_, '_>, row: store::Open) -> Result<Option<OutboxItem>, NodeError> {
    let Some(person) = people::get(w.tx, w.seal, row.person)? else { return Ok(None) };
    let (state, next_try_at) = match (row.failed, row.mailed) {
        (true, _) => ("failed", None),
        (false, true) => ("at_relay", Some(row.next_at)),
        (false, false) => ("waiting", Some(row.next_at)),
    };
    Ok(Some(OutboxItem {
        id: format!("{}.{}", row.person, row.n),
        to: view::face(&person),
        what: noun(&row.what).to_owned(),
        state,
        reason: row.reason,
        since_at: row.since_at,
        next_try_at,
    }))
}

/// The type of a message in a word for people.
fn noun(kind: &str) -> &str {
    match kind {
        "post_share" => "post",
        "post_reaction" => "reaction",
        "friend_request" => "request",
        "connection_response" => "answer",
        "activity_update" => "profile",
        other => other,
    }
}

/// Tries one again now.
#[utoipa::path(post, path = "/outbox/{id}/retry", tag = "outbox", params(("id" = String, Path)), responses((status = 204)))]
pub async fn retry(State(api): State<Api>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    change(&api, &id, store::retry).await
}

/// Takes one back, or forgets one that failed.
#[utoipa::path(delete, path = "/outbox/{id}", tag = "outbox", params(("id" = String, Path)), responses((status = 204)))]
pub async fn withdraw(State(api): State<Api>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    change(&api, &id, store::withdraw).await
}

/// What can be done with one delivery, named by person and place. False when there is none.
type Rule = fn(&Tx<'_>, (i64, i64), u64) -> Result<bool, DbError>;

async fn change(api: &Api, id: &str, rule: Rule) -> Result<StatusCode, Problem> {
    const WHAT: &str = "this delivery";
    let id = pair(id).ok_or(NodeError::Unknown(WHAT))?;
    api.deps
        .write(move |w| {
            if !rule(w.tx, id, w.now)? {
                return Err(NodeError::Unknown(WHAT));
            }
            w.tell(Kind::Outbox, serde_json::json!({}));
            w.wake();
            Ok(())
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Two numbers with a dot between them.
fn pair(text: &str) -> Option<(i64, i64)> {
    let (a, b) = text.split_once('.')?;
    Some((a.parse().ok()?, b.parse().ok()?))
}
