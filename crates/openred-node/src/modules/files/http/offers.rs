//! Endpoints of offers: files for others, and of others.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use http::StatusCode;
use openred_core::ids::NodeId;
use openred_service::problem::{Problem, ProblemJson};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    super::{Files, offers as rules, store, store::offers as rows},
    FileView, PAGE, PageQuery, file_id, shown, view_of,
};
use crate::{
    api::Api,
    deps::Work,
    error::NodeError,
    modules::contacts::{
        store as people,
        view::{self, Face},
    },
};

/// For whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShareBody {
    node_id: String,
    /// How long it can be fetched, at most 366 days; absent: until it is taken back.
    expires_s: Option<u64>,
}

/// Offers a file to a contact. They are told when their node is reached, and decide whether they fetch it.
#[utoipa::path(post, path = "/files/{id}/share", tag = "files", params(("id" = String, Path)), request_body = ShareBody, responses((status = 200, body = FileView)))]
pub async fn share(
    State(api): State<Api>,
    Path(id): Path<String>,
    ProblemJson(body): ProblemJson<ShareBody>,
) -> Result<Json<FileView>, Problem> {
    let id = file_id(&id)?;
    rules::share(&api.deps, id, node_id(&body.node_id)?, body.expires_s).await?;
    view_of(&api, id).await
}

/// Takes a file back from a person: their node is given nothing of it any more. A copy that it has it keeps.
#[utoipa::path(delete, path = "/files/{id}/share/{node_id}", tag = "files", params(("id" = String, Path), ("node_id" = String, Path)), responses((status = 200, body = FileView)))]
pub async fn unshare(
    State(api): State<Api>,
    Path((id, person)): Path<(String, String)>,
) -> Result<Json<FileView>, Problem> {
    let (id, person) = (file_id(&id)?, node_id(&person)?);
    api.deps.write(move |w| rules::take_back(w, &id, &person)).await?;
    view_of(&api, id).await
}

/// A file that somebody offers.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfferView {
    id: i64,
    from: Option<Face>,
    name: String,
    /// Bytes.
    size: u64,
    media_type: String,
    /// Unix ms; null: until it is taken back.
    expires_at: Option<u64>,
    created_at: u64,
    /// The copy, once the owner wanted it.
    file: Option<FileView>,
}

/// A page of offers.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfferList {
    items: Vec<OfferView>,
    /// `before` of the next page.
    next: Option<i64>,
}

/// What others offer to the owner, newest first.
#[utoipa::path(get, path = "/files/offers", tag = "files", params(("before" = Option<i64>, Query)), responses((status = 200, body = OfferList)))]
pub async fn offers(
    State(api): State<Api>,
    Query(query): Query<PageQuery>,
) -> Result<Json<OfferList>, Problem> {
    let (before, files) = (query.before.unwrap_or(i64::MAX), api.deps.files.clone());
    let read = api.deps.read(move |w| {
        let page = rows::list(w.tx, w.seal, false, (before, PAGE), w.now)?;
        let next = (page.len() as i64 == PAGE).then(|| page.last().map(|offer| offer.id)).flatten();
        let items = page.iter().map(|offer| offer_view(w, &files, offer)).collect::<Result<_, _>>()?;
        Ok(OfferList { items, next })
    });
    Ok(Json(read.await?))
}

/// Fetches what is offered: the file comes from now on, whenever the other node is there. Asked again, it is tried again.
#[utoipa::path(post, path = "/files/offers/{id}/accept", tag = "files", params(("id" = i64, Path)), responses((status = 200, body = FileView)))]
pub async fn accept_offer(State(api): State<Api>, Path(id): Path<i64>) -> Result<Json<FileView>, Problem> {
    let file = rules::want(&api.deps, id).await?;
    view_of(&api, file.file_id).await
}

/// Declines an offer; a copy that came by it is removed.
#[utoipa::path(post, path = "/files/offers/{id}/decline", tag = "files", params(("id" = i64, Path)), responses((status = 204)))]
pub async fn decline_offer(State(api): State<Api>, Path(id): Path<i64>) -> Result<StatusCode, Problem> {
    rules::decline(&api.deps, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn offer_view(work: &Work<'_, '_>, files: &Files, offered: &rows::Offered) -> Result<OfferView, NodeError> {
    let from = people::get(work.tx, work.seal, offered.person)?.map(|person| view::face(&person));
    let file = match offered.file {
        Some(file) => {
            store::get(work.tx, work.seal, file)?.map(|file| shown(work, files, &file)).transpose()?
        }
        None => None,
    };
    let offer = &offered.offer;
    Ok(OfferView {
        id: offered.id,
        from,
        name: offer.name.clone(),
        size: offer.size,
        media_type: offer.media_type.clone(),
        expires_at: offer.expires.map(|at| at.saturating_mul(1_000)),
        created_at: offered.created_at,
        file,
    })
}

fn node_id(text: &str) -> Result<NodeId, NodeError> {
    text.parse().map_err(|_| NodeError::invalid("node_id", "64 digits of a node id"))
}
