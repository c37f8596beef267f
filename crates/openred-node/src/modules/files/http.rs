//! Endpoints of files. Bytes, offers, links, the public page and storage have files of their own.

mod data;
mod links;
mod offers;
pub(crate) mod public;
mod storage;

pub use self::{data::*, links::*, offers::*, storage::*};

use axum::{
    Json,
    extract::{Path, Query, State},
};
use http::StatusCode;
use openred_core::ids::Id16;
use openred_service::problem::{Problem, ProblemJson};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Files, NewFile, WHAT,
    store::{self, OWN, Stored},
    uploads,
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

/// Files on a page.
const PAGE: i64 = 50;

/// A file of the owner, or a copy of somebody's.
#[derive(Debug, Serialize, ToSchema)]
pub struct FileView {
    id: String,
    name: String,
    /// Bytes.
    size: u64,
    media_type: String,
    /// Bytes that are here, about.
    have: u64,
    /// SHA-256 of the ciphertext, which names it between nodes; null while it comes.
    hash: Option<String>,
    /// `coming`, `here`, `waiting` (a copy that is on its way) or `failed`.
    state: &'static str,
    /// Why a copy is not here yet: `peer_away full slow_down altered refused unknown gone internal`; empty otherwise.
    reason: String,
    /// Whose file it is a copy of; null for the owner's.
    from: Option<Face>,
    /// With whom the owner shares it.
    shared_with: Vec<Face>,
    /// Brought for a conversation: it goes with the last message that carries it.
    for_chat: bool,
    thumbnail_url: Option<String>,
    created_at: u64,
    used_at: u64,
}

/// A page of files.
#[derive(Debug, Serialize, ToSchema)]
pub struct FileList {
    items: Vec<FileView>,
    /// `before` of the next page.
    next: Option<i64>,
}

/// Which page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// From the page before.
    before: Option<i64>,
}

/// Files, newest first: the owner's and copies of others'.
#[utoipa::path(get, path = "/files", tag = "files", params(("before" = Option<i64>, Query)), responses((status = 200, body = FileList)))]
pub async fn files(
    State(api): State<Api>,
    Query(query): Query<PageQuery>,
) -> Result<Json<FileList>, Problem> {
    let (before, files) = (query.before.unwrap_or(i64::MAX), api.deps.files.clone());
    let read = api.deps.read(move |w| {
        let page = store::list(w.tx, w.seal, before, PAGE)?;
        let next = (page.len() as i64 == PAGE).then(|| page.last().map(|file| file.id)).flatten();
        let items = page.iter().map(|file| shown(w, &files, file)).collect::<Result<_, _>>()?;
        Ok(FileList { items, next })
    });
    Ok(Json(read.await?))
}

/// A file that is to come.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFileBody {
    /// Without folders, at most 255 bytes.
    name: String,
    /// Bytes.
    size: u64,
    /// `type/subtype`, lower case; `application/octet-stream` when absent.
    media_type: Option<String>,
    /// Keeps a picture as it is, with place, time and whatever a camera wrote into it. Otherwise JPEG, PNG and WebP up to
    /// 32 MiB are written anew without them. False when absent.
    keep_original: Option<bool>,
    /// It is for a message: it goes with the last one that carries it, and after a day when none does. False when absent.
    for_chat: Option<bool>,
}

/// Notes a file that is to come; its bytes follow by `PUT /files/{id}/data?offset=0`.
#[utoipa::path(post, path = "/files", tag = "files", request_body = NewFileBody, responses((status = 201, body = FileView)))]
pub async fn create_file(
    State(api): State<Api>,
    ProblemJson(body): ProblemJson<NewFileBody>,
) -> Result<(StatusCode, Json<FileView>), Problem> {
    let new = NewFile {
        name: body.name,
        size: body.size,
        media_type: body.media_type.unwrap_or_else(|| "application/octet-stream".to_owned()),
        keep_original: body.keep_original.unwrap_or(false),
        for_chat: body.for_chat.unwrap_or(false),
    };
    let file = super::begin(&api.deps, new).await?;
    let files = api.deps.files.clone();
    let view = api.deps.read(move |w| shown(w, &files, &file)).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// One file.
#[utoipa::path(get, path = "/files/{id}", tag = "files", params(("id" = String, Path)), responses((status = 200, body = FileView)))]
pub async fn file(State(api): State<Api>, Path(id): Path<String>) -> Result<Json<FileView>, Problem> {
    view_of(&api, file_id(&id)?).await
}

/// Another name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FileChange {
    name: String,
}

/// Gives a file another name. What was offered keeps the name it had.
#[utoipa::path(patch, path = "/files/{id}", tag = "files", params(("id" = String, Path)), request_body = FileChange, responses((status = 200, body = FileView)))]
pub async fn rename_file(
    State(api): State<Api>,
    Path(id): Path<String>,
    ProblemJson(change): ProblemJson<FileChange>,
) -> Result<Json<FileView>, Problem> {
    let id = file_id(&id)?;
    api.deps.write(move |w| super::rename(w, &id, change.name.clone())).await?;
    view_of(&api, id).await
}

/// Deletes a file; its offers and links end. A copy can be fetched again as long as it is offered.
#[utoipa::path(delete, path = "/files/{id}", tag = "files", params(("id" = String, Path)), responses((status = 204)))]
pub async fn remove_file(State(api): State<Api>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    super::remove(&api.deps, file_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn view_of(api: &Api, id: Id16) -> Result<Json<FileView>, Problem> {
    let files = api.deps.files.clone();
    let view = api.deps.read(move |w| shown(w, &files, &super::known(w, &id)?)).await?;
    Ok(Json(view))
}

fn shown(work: &Work<'_, '_>, files: &Files, file: &Stored) -> Result<FileView, NodeError> {
    let face = |person: i64| -> Result<Option<Face>, NodeError> {
        Ok(people::get(work.tx, work.seal, person)?.map(|person| view::face(&person)))
    };
    let download = if file.whole { None } else { store::download_of(work.tx, file.id)? };
    let state = match &download {
        _ if file.whole => "here",
        _ if file.person == OWN => "coming",
        Some(download) if download.next_at.is_some() => "waiting",
        _ => "failed",
    };
    let mut shared_with = Vec::new();
    for offer in store::offers::of_file(work.tx, work.seal, file.id)? {
        shared_with.extend(face(offer.person)?.filter(|_| !offer.is_over(work.now)));
    }
    let size = file.about.size;
    Ok(FileView {
        id: file.file_id.to_string(),
        name: file.about.name.clone(),
        size,
        media_type: file.about.media_type.clone(),
        have: if file.whole { size } else { files.folder().part_offset(&file.file_id).min(size) },
        hash: file.hash.map(|hash| hash.to_string()),
        state,
        reason: download.map(|download| download.reason).unwrap_or_default(),
        from: if file.person == OWN { None } else { face(file.person)? },
        shared_with,
        for_chat: file.for_chat,
        thumbnail_url: file.has_thumbnail.then(|| format!("/api/v1/files/{}/thumbnail", file.file_id)),
        created_at: file.created_at,
        used_at: file.used_at,
    })
}

fn file_id(text: &str) -> Result<Id16, NodeError> {
    text.parse().map_err(|_| NodeError::Unknown(WHAT))
}
