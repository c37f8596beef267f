//! Endpoints of links into groups. Each reads its words and calls one rule.

use axum::{
    Json,
    extract::{Path, State},
    response::Response,
};
use http::StatusCode;
use openred_core::ids::{Id16, NodeId};
use openred_service::problem::{Problem, ProblemJson};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    super::{own, store as groups, view},
    Terms,
    store::{self, Join, Link},
};
use crate::{
    api::Api,
    deps::Work,
    error::NodeError,
    modules::{
        contacts::{self, store as people},
        invitations::http::https_host,
    },
    qr,
};

/// Life of a link unless said otherwise, days.
const DAYS: u64 = 7;

/// Terms of a new link.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGroupLink {
    /// 1 to 7; 7 when absent.
    days: Option<u64>,
    /// How many people may come in by it, 1 to 499; 1 when absent.
    uses: Option<i64>,
    /// Whether the owner is asked about each; false when absent.
    #[serde(default)]
    approval: bool,
}

/// A link into a group.
#[derive(Debug, Serialize, ToSchema)]
pub struct GroupLinkView {
    id: String,
    /// `openred:g#…`.
    link: String,
    /// `https://HOST/g#…`.
    web_link: Option<String>,
    created_at: u64,
    expires_at: u64,
    uses: i64,
    used: i64,
    approval: bool,
    /// `open used expired revoked`.
    state: &'static str,
}

/// GroupLinks into a group, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct GroupLinks {
    items: Vec<GroupLinkView>,
}

/// An answer to who asks to come in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskingAnswer {
    accept: bool,
}

/// A link of somebody.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupLinkBody {
    link: String,
}

/// What a link leads to.
#[derive(Debug, Serialize, ToSchema)]
pub struct GroupLook {
    /// Id of the group.
    group: String,
    /// Its name, as the link says it.
    name: String,
    /// Who made the link.
    by: view::GroupPerson,
    /// Who made it is asked about each who comes.
    approval: bool,
    /// Unix ms.
    expires_at: u64,
    /// The owner is in it already.
    member: bool,
}

/// A group that the owner asked to come into.
#[derive(Debug, Serialize, ToSchema)]
pub struct GroupJoinView {
    /// Id of the group.
    group: String,
    /// Its name, as the link says it.
    name: String,
    /// Who made the link.
    by: view::GroupPerson,
    /// `asked`, `waits` (who made the link is to say), `refused`, `gone` (the link is good no more).
    state: &'static str,
    /// Since when, unix ms.
    at: u64,
}

/// Groups that the owner asked to come into and is not in yet.
#[derive(Debug, Serialize, ToSchema)]
pub struct GroupJoins {
    items: Vec<GroupJoinView>,
}

/// Makes a link by which people can come into a group.
#[utoipa::path(post, path = "/groups/{id}/links", tag = "groups", params(("id" = String, Path)), request_body = NewGroupLink, responses((status = 201, body = GroupLinkView)))]
pub async fn create_group_link(
    State(api): State<Api>,
    Path(id): Path<Id16>,
    ProblemJson(new): ProblemJson<NewGroupLink>,
) -> Result<(StatusCode, Json<GroupLinkView>), Problem> {
    let routes = api.net.routes();
    if routes.is_empty() {
        let why = "nobody could reach this node: add a directory in the settings first";
        return Err(NodeError::Refused(why).into());
    }
    let terms = Terms { days: new.days.unwrap_or(DAYS), uses: new.uses.unwrap_or(1), approval: new.approval };
    let host = https_host(&api);
    let made = api.deps.write(move |w| {
        let made = super::create(w, id, &terms, host.as_deref(), routes.clone())?;
        Ok(shown(&made, w.now))
    });
    Ok((StatusCode::CREATED, Json(made.await?)))
}

/// GroupLinks into a group.
#[utoipa::path(get, path = "/groups/{id}/links", tag = "groups", params(("id" = String, Path)), responses((status = 200, body = GroupLinks)))]
pub async fn group_links(State(api): State<Api>, Path(id): Path<Id16>) -> Result<Json<GroupLinks>, Problem> {
    let items = api.deps.read(move |w| {
        let group = own::known(w, id)?;
        Ok(store::list(w.tx, w.seal, group.id)?.iter().map(|link| shown(link, w.now)).collect())
    });
    Ok(Json(GroupLinks { items: items.await? }))
}

/// The code of a link.
#[utoipa::path(get, path = "/groups/{id}/links/{link}/qr", tag = "groups", params(("id" = String, Path), ("link" = String, Path)), responses((status = 200, content_type = "image/svg+xml", body = String)))]
pub async fn group_link_qr(
    State(api): State<Api>,
    Path((id, link)): Path<(Id16, Id16)>,
) -> Result<Response, Problem> {
    let link = api.deps.read(move |w| {
        let group = own::known(w, id)?;
        let link = store::get(w.tx, w.seal, link)?.filter(|link| link.group == group.id);
        link.ok_or(NodeError::Unknown("this link"))
    });
    let texts = link.await?.texts;
    Ok(qr::picture(texts.web_link.as_ref().unwrap_or(&texts.link))?)
}

/// Takes a link back. Who came in by it stays.
#[utoipa::path(delete, path = "/groups/{id}/links/{link}", tag = "groups", params(("id" = String, Path), ("link" = String, Path)), responses((status = 204)))]
pub async fn revoke_group_link(
    State(api): State<Api>,
    Path((id, link)): Path<(Id16, Id16)>,
) -> Result<StatusCode, Problem> {
    api.deps.write(move |w| super::revoke(w, id, link)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets somebody in who asked, or does not.
#[utoipa::path(post, path = "/groups/{id}/asking/{node_id}", tag = "groups", params(("id" = String, Path), ("node_id" = String, Path)), request_body = AskingAnswer, responses((status = 200, body = view::GroupView)))]
pub async fn answer_group_asking(
    State(api): State<Api>,
    Path((id, node_id)): Path<(Id16, NodeId)>,
    ProblemJson(said): ProblemJson<AskingAnswer>,
) -> Result<Json<view::GroupView>, Problem> {
    let answered = api.deps.write(move |w| {
        let who = contacts::known(w, &node_id)?;
        super::answer(w, id, &who, said.accept)?;
        view::group(w, id)
    });
    Ok(Json(answered.await?))
}

/// What a link leads to. Nobody is asked.
#[utoipa::path(post, path = "/groups/look", tag = "groups", request_body = GroupLinkBody, responses((status = 200, body = GroupLook)))]
pub async fn look_at_group_link(
    State(api): State<Api>,
    ProblemJson(body): ProblemJson<GroupLinkBody>,
) -> Result<Json<GroupLook>, Problem> {
    let link = super::read(&body.link, api.deps.clock.now_ms())?;
    let look = api.deps.read(move |w| {
        let group = groups::find(w.tx, w.seal, link.group)?;
        Ok(GroupLook {
            group: link.group.to_string(),
            name: link.name.clone(),
            by: view::person(w, &link.invitation.node_id)?,
            approval: link.approval,
            expires_at: link.invitation.not_after * 1_000,
            member: group.is_some_and(|group| group.facts.member),
        })
    });
    Ok(Json(look.await?))
}

/// Asks the maker of a link to come into their group.
#[utoipa::path(post, path = "/groups/join", tag = "groups", request_body = GroupLinkBody, responses((status = 200, body = GroupJoinView)))]
pub async fn join_group(
    State(api): State<Api>,
    ProblemJson(body): ProblemJson<GroupLinkBody>,
) -> Result<Json<GroupJoinView>, Problem> {
    let group = api.net.join_group(&body.link).await?;
    let asked = api.deps.read(move |w| {
        let joins = store::joins(w.tx, w.seal)?;
        let join = joins.iter().find(|join| join.group == group);
        join_view(w, join.ok_or(NodeError::Unknown("this group"))?)
    });
    Ok(Json(asked.await?))
}

/// Groups that the owner asked to come into and is not in yet.
#[utoipa::path(get, path = "/groups/joins", tag = "groups", responses((status = 200, body = GroupJoins)))]
pub async fn group_joins(State(api): State<Api>) -> Result<Json<GroupJoins>, Problem> {
    let items =
        api.deps.read(|w| store::joins(w.tx, w.seal)?.iter().map(|join| join_view(w, join)).collect());
    Ok(Json(GroupJoins { items: items.await? }))
}

/// Forgets that the owner asked.
#[utoipa::path(delete, path = "/groups/joins/{id}", tag = "groups", params(("id" = String, Path)), responses((status = 204)))]
pub async fn forget_group_join(State(api): State<Api>, Path(id): Path<Id16>) -> Result<StatusCode, Problem> {
    api.deps.write(move |w| Ok(store::joined(w.tx, id)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn shown(link: &Link, now: u64) -> GroupLinkView {
    GroupLinkView {
        id: link.link_id.to_string(),
        link: link.texts.link.clone(),
        web_link: link.texts.web_link.clone(),
        created_at: link.created_at,
        expires_at: link.expires_at,
        uses: link.uses,
        used: link.used,
        approval: link.approval,
        state: link.state(now),
    }
}

fn join_view(work: &Work<'_, '_>, join: &Join) -> Result<GroupJoinView, NodeError> {
    let by = people::get(work.tx, work.seal, join.person)?.ok_or(NodeError::Unknown("this person"))?;
    Ok(GroupJoinView {
        group: join.group.to_string(),
        name: join.name.clone(),
        by: view::person(work, &by.node_id)?,
        state: join.state.as_str(),
        at: join.at,
    })
}
