//! Endpoints of invitations.

use axum::{
    Json,
    extract::{Path, State},
    response::Response,
};
use http::StatusCode;
use openred_core::ids::Id16;
use openred_service::problem::{Problem, ProblemJson};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::store;
use crate::{
    api::Api,
    deps::Work,
    error::NodeError,
    modules::contacts::{
        store as people,
        view::{self, Face},
    },
    qr,
};

/// Life of a link unless said otherwise, days.
const DAYS: u64 = 7;

/// An invitation of the owner.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationView {
    id: String,
    /// `openred:i#…`.
    link: String,
    /// `https://HOST/i#…`.
    web_link: Option<String>,
    created_at: u64,
    expires_at: u64,
    used_by: Option<Face>,
    /// `open used expired revoked`.
    state: &'static str,
}

/// A list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Invitations {
    items: Vec<InvitationView>,
}

/// The newest 256.
#[utoipa::path(get, path = "/invitations", tag = "people", responses((status = 200, body = Invitations)))]
pub async fn invitations(State(api): State<Api>) -> Result<Json<Invitations>, Problem> {
    let items = api.deps.read(|w| store::list(w.tx, w.seal)?.iter().map(|row| shown(w, row)).collect());
    Ok(Json(Invitations { items: items.await? }))
}

/// Terms of a new one.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    /// 1 to 7; 7 when absent.
    days: Option<u64>,
    /// Who redeems it becomes a friend without being asked; true when absent.
    auto_accept: Option<bool>,
}

/// A new one, with its code.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedInvitation {
    #[serde(flatten)]
    invitation: InvitationView,
    /// SVG.
    qr_svg: String,
}

/// Makes a link that one person can redeem.
#[utoipa::path(post, path = "/invitations", tag = "people", request_body = NewInvitation, responses((status = 201, body = CreatedInvitation)))]
pub async fn create(
    State(api): State<Api>,
    body: Option<ProblemJson<NewInvitation>>,
) -> Result<(StatusCode, Json<CreatedInvitation>), Problem> {
    let body = body.map(|json| json.0).unwrap_or_default();
    let routes = api.net.routes();
    if routes.is_empty() {
        return Err(NodeError::Refused(
            "nobody could reach this node: add a directory in the settings first",
        )
        .into());
    }
    let (days, auto_accept) = (body.days.unwrap_or(DAYS), body.auto_accept.unwrap_or(true));
    let row = super::create(&api.deps, days, auto_accept, https_host(&api), routes).await?;
    let qr_svg = qr::svg(text_of(&row))?;
    let invitation = api.deps.read(move |w| shown(w, &row)).await?;
    Ok((StatusCode::CREATED, Json(CreatedInvitation { invitation, qr_svg })))
}

/// Host and port of the public https address, for links that browsers follow.
pub(in crate::modules) fn https_host(api: &Api) -> Option<String> {
    let url = url::Url::parse(api.place.api_url.as_deref()?).ok().filter(|url| url.scheme() == "https")?;
    let host = url.host_str()?.to_owned();
    Some(url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}")))
}

/// The code of an invitation.
#[utoipa::path(get, path = "/invitations/{id}/qr", tag = "people", params(("id" = String, Path)), responses((status = 200, content_type = "image/svg+xml", body = String)))]
pub async fn qr_code(State(api): State<Api>, Path(id): Path<String>) -> Result<Response, Problem> {
    let id = invite_id(&id)?;
    let row = api
        .deps
        .read(move |w| store::get(w.tx, w.seal, &id)?.ok_or(NodeError::Unknown("this invitation")))
        .await?;
    Ok(qr::picture(text_of(&row))?)
}

/// Takes an invitation back.
#[utoipa::path(delete, path = "/invitations/{id}", tag = "people", params(("id" = String, Path)), responses((status = 204)))]
pub async fn revoke(State(api): State<Api>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let id = invite_id(&id)?;
    if !api.deps.write_plain(move |tx| store::revoke(tx, &id)).await? {
        return Err(NodeError::Unknown("this invitation").into());
    }
    Ok(StatusCode::NO_CONTENT)
}

/// A link of somebody.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RedeemBody {
    link: String,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Redeemed {
    node_id: String,
    /// `sent` or `waiting`.
    state: &'static str,
    display_name: String,
}

/// Redeems a link that somebody gave to the owner: asks its maker to become friends.
#[utoipa::path(post, path = "/invitations/redeem", tag = "people", request_body = RedeemBody, responses((status = 200, body = Redeemed)))]
pub async fn redeem(
    State(api): State<Api>,
    ProblemJson(body): ProblemJson<RedeemBody>,
) -> Result<Json<Redeemed>, Problem> {
    let (id, state) = api.net.redeem(&body.link).await?;
    let person = api.deps.read(move |w| Ok(people::find(w.tx, w.seal, &id)?)).await?;
    let display_name = person.map(|p| p.shown_name()).unwrap_or_default();
    Ok(Json(Redeemed { node_id: id.to_string(), state, display_name }))
}

fn shown(work: &Work<'_, '_>, row: &store::Row) -> Result<InvitationView, NodeError> {
    let used_by = match row.bound_person {
        Some(person) => people::get(work.tx, work.seal, person)?.map(|p| view::face(&p)),
        None => None,
    };
    let state = if row.revoked {
        "revoked"
    } else if row.bound_person.is_some() {
        "used"
    } else if work.now >= row.expires_at {
        "expired"
    } else {
        "open"
    };
    Ok(InvitationView {
        id: row.invite_id.to_string(),
        link: row.links.link.clone(),
        web_link: row.links.web_link.clone(),
        created_at: row.created_at,
        expires_at: row.expires_at,
        used_by,
        state,
    })
}

/// What its code says.
fn text_of(row: &store::Row) -> &str {
    row.links.web_link.as_ref().unwrap_or(&row.links.link)
}

fn invite_id(text: &str) -> Result<Id16, NodeError> {
    text.parse().map_err(|_| NodeError::Unknown("this invitation"))
}
