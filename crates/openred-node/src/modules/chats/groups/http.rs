//! Endpoints of groups. Each reads its words and calls one rule. Messages of groups are under `/chats/{id}`.

use axum::{
    Json,
    extract::{Path, State},
};
use http::StatusCode;
use openred_core::ids::{Id16, NodeId};
use openred_service::problem::{Problem, ProblemJson};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    own,
    view::{self, GroupView},
};
use crate::{api::Api, deps::Work, error::NodeError};

/// A new group.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGroup {
    /// One line of 1 to 120 characters.
    name: String,
    /// Node ids of 1 to 499 friends.
    #[schema(value_type = Vec<String>)]
    people: Vec<NodeId>,
}

/// What is changed of a group.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupChange {
    /// One line of 1 to 120 characters.
    name: String,
}

/// Who is added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMembers {
    /// Node ids of friends.
    #[schema(value_type = Vec<String>)]
    people: Vec<NodeId>,
}

/// What somebody may do.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Adds, removes, renames, sets roles.
    Admin,
    /// Speaks.
    Member,
}

/// Somebody's role.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRole {
    role: Role,
}

/// Makes a group with friends. Who has given no key yet is added when it comes.
#[utoipa::path(post, path = "/groups", tag = "groups", request_body = NewGroup, responses((status = 201, body = GroupView)))]
pub async fn create_group(
    State(api): State<Api>,
    ProblemJson(new): ProblemJson<NewGroup>,
) -> Result<(StatusCode, Json<GroupView>), Problem> {
    let made = api.deps.write(move |w| {
        let id = own::create(w, &new.name, &new.people)?;
        view::group(w, id)
    });
    Ok((StatusCode::CREATED, Json(made.await?)))
}

/// A group: its members, their roles, who puts changes in order, what waits.
#[utoipa::path(get, path = "/groups/{id}", tag = "groups", params(("id" = String, Path)), responses((status = 200, body = GroupView)))]
pub async fn group(State(api): State<Api>, Path(id): Path<Id16>) -> Result<Json<GroupView>, Problem> {
    Ok(Json(api.deps.read(move |w| view::group(w, id)).await?))
}

/// Gives a group another name.
#[utoipa::path(patch, path = "/groups/{id}", tag = "groups", params(("id" = String, Path)), request_body = GroupChange, responses((status = 200, body = GroupView)))]
pub async fn change_group(
    State(api): State<Api>,
    Path(id): Path<Id16>,
    ProblemJson(change): ProblemJson<GroupChange>,
) -> Result<Json<GroupView>, Problem> {
    changed(&api, id, move |w| own::rename(w, id, &change.name)).await
}

/// Adds friends.
#[utoipa::path(post, path = "/groups/{id}/members", tag = "groups", params(("id" = String, Path)), request_body = NewMembers, responses((status = 200, body = GroupView)))]
pub async fn add_members(
    State(api): State<Api>,
    Path(id): Path<Id16>,
    ProblemJson(new): ProblemJson<NewMembers>,
) -> Result<Json<GroupView>, Problem> {
    changed(&api, id, move |w| own::add(w, id, &new.people)).await
}

/// Removes somebody.
#[utoipa::path(delete, path = "/groups/{id}/members/{node_id}", tag = "groups", params(("id" = String, Path), ("node_id" = String, Path)), responses((status = 200, body = GroupView)))]
pub async fn remove_member(
    State(api): State<Api>,
    Path((id, node_id)): Path<(Id16, NodeId)>,
) -> Result<Json<GroupView>, Problem> {
    changed(&api, id, move |w| own::remove(w, id, &node_id)).await
}

/// Makes somebody administrator, or a member like others.
#[utoipa::path(put, path = "/groups/{id}/members/{node_id}/role", tag = "groups", params(("id" = String, Path), ("node_id" = String, Path)), request_body = NewRole, responses((status = 200, body = GroupView)))]
pub async fn set_member_role(
    State(api): State<Api>,
    Path((id, node_id)): Path<(Id16, NodeId)>,
    ProblemJson(new): ProblemJson<NewRole>,
) -> Result<Json<GroupView>, Problem> {
    let admin = matches!(new.role, Role::Admin);
    changed(&api, id, move |w| own::set_role(w, id, &node_id, admin)).await
}

/// Leaves a group. What was said stays readable here.
#[utoipa::path(post, path = "/groups/{id}/leave", tag = "groups", params(("id" = String, Path)), responses((status = 204)))]
pub async fn leave_group(State(api): State<Api>, Path(id): Path<Id16>) -> Result<StatusCode, Problem> {
    api.deps.write(move |w| own::leave(w, id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn changed(
    api: &Api,
    id: Id16,
    change: impl Fn(&Work<'_, '_>) -> Result<(), NodeError> + Send + 'static,
) -> Result<Json<GroupView>, Problem> {
    let done = api.deps.write(move |w| {
        change(w)?;
        view::group(w, id)
    });
    Ok(Json(done.await?))
}
