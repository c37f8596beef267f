//! Endpoints of storage: what lies on the disk, and making room.

use axum::{Json, extract::State};
use openred_service::problem::{Problem, ProblemJson};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::{on_disk, room};
use crate::api::Api;

/// Bytes on the disk by kind.
#[derive(Debug, Serialize, ToSchema)]
pub struct StorageView {
    /// The owner's files; never removed by the node.
    own_files: u64,
    /// Copies of files that others offered, those on their way included. Can be removed and fetched again.
    others_files: u64,
    /// Others' pictures and long texts, which are part of the database.
    others_texts: u64,
    /// The database of this node, 0 where it lies on a server.
    database: u64,
    /// Free on the disk; null where that cannot be known.
    free: Option<u64>,
    /// What copies of others' files may take at most.
    others_budget: u64,
}

/// What lies on the disk.
#[utoipa::path(get, path = "/storage", tag = "files", responses((status = 200, body = StorageView)))]
pub async fn storage(State(api): State<Api>) -> Result<Json<StorageView>, Problem> {
    let used = room::used(&api.deps).await?;
    let (place, folder) = (api.place.folder.clone(), api.deps.files.folder().clone());
    let (database, free) =
        on_disk(move || Ok((database_bytes(place.as_deref()), folder.free_bytes()))).await?;
    Ok(Json(StorageView {
        own_files: used.own,
        others_files: used.copies,
        others_texts: used.fetched,
        database,
        free,
        others_budget: used.budget,
    }))
}

/// What is to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StorageChange {
    /// Bytes that copies of others' files may take at most; what is beyond is removed, least used first.
    others_budget: u64,
}

/// Sets what others' media may take.
#[utoipa::path(patch, path = "/storage", tag = "files", request_body = StorageChange, responses((status = 200, body = StorageView)))]
pub async fn set_storage(
    State(api): State<Api>,
    ProblemJson(change): ProblemJson<StorageChange>,
) -> Result<Json<StorageView>, Problem> {
    room::set_budget(&api.deps, change.others_budget).await?;
    storage(State(api)).await
}

/// How much room is wanted.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FreeBody {
    /// Bytes; absent: all that can be fetched again.
    bytes: Option<u64>,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Freed {
    /// Bytes.
    freed: u64,
}

/// Removes others' media, least used first. They can be fetched again; nothing of the owner's goes.
#[utoipa::path(post, path = "/storage/free", tag = "files", request_body = FreeBody, responses((status = 200, body = Freed)))]
pub async fn free(
    State(api): State<Api>,
    body: Option<ProblemJson<FreeBody>>,
) -> Result<Json<Freed>, Problem> {
    let wanted = body.map(|json| json.0).unwrap_or_default().bytes;
    Ok(Json(Freed { freed: room::free(&api.deps, wanted).await? }))
}

/// The database and what belongs to it: `node.db`, `node.db-wal`, …
fn database_bytes(folder: Option<&std::path::Path>) -> u64 {
    let Some(Ok(entries)) = folder.map(std::fs::read_dir) else { return 0 };
    let is_part = |entry: &std::fs::DirEntry| {
        entry.file_name().to_str().is_some_and(|name| name.starts_with(crate::node::DATABASE_FILE))
    };
    entries
        .filter_map(Result::ok)
        .filter(is_part)
        .filter_map(|entry| entry.metadata().ok())
        .map(|m| m.len())
        .sum()
}
