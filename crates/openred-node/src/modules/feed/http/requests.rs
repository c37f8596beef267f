//! Asking for access, and deciding about it.

use axum::{
    Json,
    extract::{Path, State},
};
use http::StatusCode;
use openred_core::ids::Hash;
use openred_service::problem::{Problem, ProblemJson};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    super::{access, home::view::PostView},
    posts::view,
};
use crate::{
    api::Api,
    error::NodeError,
    modules::contacts::{
        store as people,
        view::{self as person_view, PersonView},
    },
};

/// Longest note, characters (Annex A.2).
const NOTE_CHARS_MAX: usize = 500;

/// A question for access.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// At most 500 characters.
    #[serde(default)]
    note: String,
}

/// The owner's answer.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Gives the post and allows its fetch.
    Grant,
    /// Says no.
    Refuse,
}

/// A decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decide {
    decision: Decision,
}

/// Somebody asks to see a post.
#[derive(Debug, Serialize, ToSchema)]
pub struct RequestView {
    id: String,
    /// The post.
    post: String,
    from: PersonView,
    note: String,
    /// Unix ms.
    created_at: u64,
}

/// Undecided requests.
#[derive(Debug, Serialize, ToSchema)]
pub struct Requests {
    items: Vec<RequestView>,
}

/// Asks the author of a post for access to it.
#[utoipa::path(post, path = "/posts/{id}/access", tag = "feed", params(("id" = String, Path)), request_body = Option<Ask>, responses((status = 202, body = PostView)))]
pub async fn ask(
    State(api): State<Api>,
    Path(id): Path<Hash>,
    body: Option<ProblemJson<Ask>>,
) -> Result<(StatusCode, Json<PostView>), Problem> {
    let note = body.map(|ProblemJson(ask)| ask.note).unwrap_or_default();
    if note.chars().count() > NOTE_CHARS_MAX || note.contains('\0') {
        return Err(NodeError::invalid("note", "at most 500 characters").into());
    }
    access::ask(&api.deps, id, note).await?;
    Ok((StatusCode::ACCEPTED, Json(view(&api, id).await?)))
}

/// Who asks to see what.
#[utoipa::path(get, path = "/access-requests", tag = "feed", responses((status = 200, body = Requests)))]
pub async fn open(State(api): State<Api>) -> Result<Json<Requests>, Problem> {
    let net = api.net.clone();
    let items = api.deps.read(move |w| {
        let mut items = Vec::new();
        for request in access::open(w)? {
            let Some(person) = people::get(w.tx, w.seal, request.person)? else { continue };
            items.push(RequestView {
                id: request.id.to_string(),
                post: request.post_id.to_string(),
                from: person_view::person(w, &net, &person)?,
                note: request.note,
                created_at: request.created_at,
            });
        }
        Ok(items)
    });
    Ok(Json(Requests { items: items.await? }))
}

/// Answers a request.
#[utoipa::path(post, path = "/access-requests/{id}", tag = "feed", params(("id" = String, Path)), request_body = Decide, responses((status = 204)))]
pub async fn decide(
    State(api): State<Api>,
    Path(id): Path<i64>,
    ProblemJson(decide): ProblemJson<Decide>,
) -> Result<StatusCode, Problem> {
    let grant = matches!(decide.decision, Decision::Grant);
    api.deps.write(move |w| access::decide(w, id, grant)).await?;
    Ok(StatusCode::NO_CONTENT)
}
