//! Endpoints of circles. Each reads its words and calls one rule.

use axum::{
    Json,
    extract::{Path, State},
};
use http::StatusCode;
use openred_core::ids::{Id16, NodeId};
use openred_service::problem::{Problem, ProblemJson};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    own,
    view::{self, CircleView},
};
use crate::{api::Api, deps::Work, error::NodeError};

/// A new circle.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCircle {
    /// One line of 1 to 60 characters, which no other circle has. Nobody else learns it.
    name: String,
    /// Node ids of 1 to 499 friends.
    #[schema(value_type = Vec<String>)]
    people: Vec<NodeId>,
}

/// What is changed of a circle.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CircleChange {
    /// As of a new one.
    name: String,
}

/// Who is added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCirclePeople {
    /// Node ids of friends.
    #[schema(value_type = Vec<String>)]
    people: Vec<NodeId>,
}

/// The owner's circles.
#[derive(Debug, Serialize, ToSchema)]
pub struct Circles {
    items: Vec<CircleView>,
}

/// The owner's circles, the oldest first, at most 100.
#[utoipa::path(get, path = "/circles", tag = "circles", responses((status = 200, body = Circles)))]
pub async fn circles(State(api): State<Api>) -> Result<Json<Circles>, Problem> {
    Ok(Json(Circles { items: api.deps.read(view::list).await? }))
}

/// Makes a circle of friends. Who has given no key yet comes in when it comes.
#[utoipa::path(post, path = "/circles", tag = "circles", request_body = NewCircle, responses((status = 201, body = CircleView)))]
pub async fn create_circle(
    State(api): State<Api>,
    ProblemJson(new): ProblemJson<NewCircle>,
) -> Result<(StatusCode, Json<CircleView>), Problem> {
    let made = api.deps.write(move |w| {
        let id = own::create(w, &new.name, &new.people)?;
        view::circle(w, id)
    });
    Ok((StatusCode::CREATED, Json(made.await?)))
}

/// A circle and who is in it.
#[utoipa::path(get, path = "/circles/{id}", tag = "circles", params(("id" = String, Path)), responses((status = 200, body = CircleView)))]
pub async fn circle(State(api): State<Api>, Path(id): Path<Id16>) -> Result<Json<CircleView>, Problem> {
    Ok(Json(api.deps.read(move |w| view::circle(w, id)).await?))
}

/// Gives a circle another name.
#[utoipa::path(patch, path = "/circles/{id}", tag = "circles", params(("id" = String, Path)), request_body = CircleChange, responses((status = 200, body = CircleView)))]
pub async fn change_circle(
    State(api): State<Api>,
    Path(id): Path<Id16>,
    ProblemJson(change): ProblemJson<CircleChange>,
) -> Result<Json<CircleView>, Problem> {
    changed(&api, id, move |w| own::rename(w, id, &change.name)).await
}

/// Deletes a circle. Who has posts to it keeps them; nobody gets anything newer, and nobody fetches anything of them.
#[utoipa::path(delete, path = "/circles/{id}", tag = "circles", params(("id" = String, Path)), responses((status = 204)))]
pub async fn remove_circle(State(api): State<Api>, Path(id): Path<Id16>) -> Result<StatusCode, Problem> {
    api.deps.write(move |w| own::end(w, id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Adds friends. They see what is posted from now on.
#[utoipa::path(post, path = "/circles/{id}/members", tag = "circles", params(("id" = String, Path)), request_body = NewCirclePeople, responses((status = 200, body = CircleView)))]
pub async fn add_to_circle(
    State(api): State<Api>,
    Path(id): Path<Id16>,
    ProblemJson(new): ProblemJson<NewCirclePeople>,
) -> Result<Json<CircleView>, Problem> {
    changed(&api, id, move |w| own::add(w, id, &new.people)).await
}

/// Removes somebody: they get nothing newer, and can fetch nothing.
#[utoipa::path(delete, path = "/circles/{id}/members/{node_id}", tag = "circles", params(("id" = String, Path), ("node_id" = String, Path)), responses((status = 200, body = CircleView)))]
pub async fn remove_from_circle(
    State(api): State<Api>,
    Path((id, node_id)): Path<(Id16, NodeId)>,
) -> Result<Json<CircleView>, Problem> {
    changed(&api, id, move |w| own::remove(w, id, &node_id)).await
}

async fn changed(
    api: &Api,
    id: Id16,
    change: impl Fn(&Work<'_, '_>) -> Result<(), NodeError> + Send + 'static,
) -> Result<Json<CircleView>, Problem> {
    let done = api.deps.write(move |w| {
        change(w)?;
        view::circle(w, id)
    });
    Ok(Json(done.await?))
}
