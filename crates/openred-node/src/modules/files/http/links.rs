//! Endpoints of links, for the owner.

use axum::{
    Json,
    extract::{Path, State},
};
use http::StatusCode;
use openred_service::problem::{Problem, ProblemJson};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    super::links::{self as rules, Link},
    file_id,
};
use crate::{api::Api, error::NodeError};

/// Terms of a new link.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLink {
    /// 1 second to 30 days; 7 days when absent.
    expires_s: Option<u64>,
    /// Downloads that it allows; absent: as many as come.
    uses: Option<u64>,
}

/// A link to a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkToFile {
    id: String,
    /// The address to pass on. What stands behind # opens the file.
    url: String,
    uses_max: Option<u64>,
    used: u64,
    expires_at: u64,
    created_at: u64,
    /// `open used expired revoked`.
    state: &'static str,
}

/// Links of a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkList {
    items: Vec<LinkToFile>,
}

/// Makes a link by which whoever has it fetches this file for a while.
#[utoipa::path(post, path = "/files/{id}/links", tag = "files", params(("id" = String, Path)), request_body = NewLink, responses((status = 201, body = LinkToFile)))]
pub async fn create_link(
    State(api): State<Api>,
    Path(id): Path<String>,
    body: Option<ProblemJson<NewLink>>,
) -> Result<(StatusCode, Json<LinkToFile>), Problem> {
    let body = body.map(|json| json.0).unwrap_or_default();
    let expires_s = body.expires_s.unwrap_or(rules::EXPIRES_S);
    let (link, path) = rules::create(&api.deps, file_id(&id)?, expires_s, body.uses).await?;
    Ok((StatusCode::CREATED, Json(view(&api, &link, &path))))
}

/// The links of a file, newest first, with how often they were used.
#[utoipa::path(get, path = "/files/{id}/links", tag = "files", params(("id" = String, Path)), responses((status = 200, body = LinkList)))]
pub async fn links(State(api): State<Api>, Path(id): Path<String>) -> Result<Json<LinkList>, Problem> {
    let found = rules::list(&api.deps, file_id(&id)?).await?;
    Ok(Json(LinkList { items: found.iter().map(|(link, path)| view(&api, link, path)).collect() }))
}

/// Takes a link back.
#[utoipa::path(delete, path = "/files/{id}/links/{link}", tag = "files", params(("id" = String, Path), ("link" = String, Path)), responses((status = 204)))]
pub async fn revoke_link(
    State(api): State<Api>,
    Path((id, link)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let link = link.parse().map_err(|_| NodeError::Unknown("this link"))?;
    rules::revoke(&api.deps, file_id(&id)?, link).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn view(api: &Api, link: &Link, path: &str) -> LinkToFile {
    let here = format!("http://localhost:{}", api.place.port);
    let base = api.place.api_url.as_deref().unwrap_or(&here).trim_end_matches('/');
    let state = if link.revoked {
        "revoked"
    } else if link.expires_at <= api.deps.clock.now_ms() {
        "expired"
    } else if link.uses_max.is_some_and(|max| link.used >= max) {
        "used"
    } else {
        "open"
    };
    LinkToFile {
        id: link.link_id.to_string(),
        url: format!("{base}{path}"),
        uses_max: link.uses_max,
        used: link.used,
        expires_at: link.expires_at,
        created_at: link.created_at,
        state,
    }
}
