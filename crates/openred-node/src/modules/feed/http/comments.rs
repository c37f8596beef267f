//! Threads and reactions.

use axum::{
    Json,
    extract::{Path, State},
};
use http::{HeaderMap, StatusCode};
use openred_core::ids::Hash;
use openred_service::problem::{Problem, ProblemJson};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    super::{
        home::{
            self,
            view::{CommentView, ReactionView, ThreadView},
        },
        own,
    },
    posts::{NewText, bring, idempotency_key},
};
use crate::{api::Api, error::NodeError};

/// A new comment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewComment {
    /// 1 to 280 characters.
    text: String,
    /// The comment it answers; else it answers the post.
    #[schema(value_type = Option<String>)]
    parent: Option<Hash>,
}

/// A reaction.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReaction {
    /// At most 16 bytes, usually one emoji.
    reaction: String,
}

/// What something got.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reactions {
    reactions: Vec<ReactionView>,
}

/// A post with its thread. Replies known to be missing are asked for, at most once an hour.
#[utoipa::path(get, path = "/posts/{id}/thread", tag = "feed", params(("id" = String, Path)), responses((status = 200, body = ThreadView)))]
pub async fn thread(State(api): State<Api>, Path(id): Path<Hash>) -> Result<Json<ThreadView>, Problem> {
    bring(&api, id).await?;
    own::comments::ask_missing(&api.deps, id).await?;
    Ok(Json(api.deps.read(move |w| home::thread(w, &id)).await?))
}

/// Comments on a post. With a header `Idempotency-Key` the same call within 24 hours makes no second one.
#[utoipa::path(post, path = "/posts/{id}/comments", tag = "feed", request_body = NewComment, responses((status = 201, body = CommentView)),
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible characters")))]
pub async fn create(
    State(api): State<Api>,
    Path(post): Path<Hash>,
    headers: HeaderMap,
    ProblemJson(new): ProblemJson<NewComment>,
) -> Result<(StatusCode, Json<CommentView>), Problem> {
    let key = idempotency_key(&headers)?;
    let id = own::comments::create(&api.deps, post, new.text, new.parent, key).await?;
    Ok((StatusCode::CREATED, Json(view(&api, id).await?)))
}

/// Changes a comment of the owner.
#[utoipa::path(patch, path = "/comments/{id}", tag = "feed", params(("id" = String, Path)), request_body = NewText, responses((status = 200, body = CommentView)))]
pub async fn edit(
    State(api): State<Api>,
    Path(id): Path<Hash>,
    ProblemJson(new): ProblemJson<NewText>,
) -> Result<Json<CommentView>, Problem> {
    own::comments::edit(&api.deps, id, new.text).await?;
    Ok(Json(view(&api, id).await?))
}

/// Deletes a comment of the owner, or another's on the owner's wall.
#[utoipa::path(delete, path = "/comments/{id}", tag = "feed", params(("id" = String, Path)), responses((status = 204)))]
pub async fn remove(State(api): State<Api>, Path(id): Path<Hash>) -> Result<StatusCode, Problem> {
    own::comments::remove(&api.deps, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Reacts to a post or comment, instead of the owner's reaction before.
#[utoipa::path(put, path = "/reactions/{id}", tag = "feed", params(("id" = String, Path)), request_body = NewReaction, responses((status = 200, body = Reactions)))]
pub async fn react(
    State(api): State<Api>,
    Path(id): Path<Hash>,
    ProblemJson(new): ProblemJson<NewReaction>,
) -> Result<Json<Reactions>, Problem> {
    if new.reaction.is_empty() {
        return Err(NodeError::invalid("reaction", "choose one, or delete yours").into());
    }
    own::reactions::react(&api.deps, id, new.reaction).await?;
    reactions(&api, id).await
}

/// Withdraws the owner's reaction.
#[utoipa::path(delete, path = "/reactions/{id}", tag = "feed", params(("id" = String, Path)), responses((status = 200, body = Reactions)))]
pub async fn unreact(State(api): State<Api>, Path(id): Path<Hash>) -> Result<Json<Reactions>, Problem> {
    own::reactions::react(&api.deps, id, String::new()).await?;
    reactions(&api, id).await
}

async fn reactions(api: &Api, id: Hash) -> Result<Json<Reactions>, Problem> {
    let reactions = api.deps.read(move |w| home::reactions(w, &id)).await?;
    Ok(Json(Reactions { reactions }))
}

async fn view(api: &Api, id: Hash) -> Result<CommentView, NodeError> {
    api.deps.read(move |w| home::comment(w, &id)).await
}
