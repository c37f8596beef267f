//! What everybody who has a link may call: its page, what it leads to, and the ciphertext. No log-in, no key.

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use openred_core::ids::{B64, Id16};
use openred_service::problem::Problem;
use serde_json::json;

use super::{
    super::{links, on_disk},
    data::Part,
};
use crate::{api::Api, error::NodeError};

/// Names the download to which a call belongs.
const DOWNLOAD: HeaderName = HeaderName::from_static("openred-download");
/// Bytes read from the disk at once.
const READ: u64 = 256 << 10;
/// Seconds after which one more download may have a place.
const BUSY_S: u64 = 30;

/// All public routes of files.
pub(crate) fn router() -> Router<Api> {
    Router::new()
        .route("/f/page.js", get(script))
        .route("/f/page.css", get(style))
        .route("/f/{id}", get(page))
        .route("/f/{id}/about", get(about))
        .route("/f/{id}/downloads", post(begin))
        .route("/f/{id}/data", get(data))
}

/// The same for every link: what it leads to is asked for by the script.
async fn page() -> Response {
    (
        [(header::CACHE_CONTROL, "no-cache")],
        text("text/html; charset=utf-8", include_str!("../links/page.html")),
    )
        .into_response()
}

async fn script() -> Response {
    text("text/javascript; charset=utf-8", include_str!("../links/page.js"))
}

async fn style() -> Response {
    text("text/css; charset=utf-8", include_str!("../links/page.css"))
}

fn text(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

async fn about(State(api): State<Api>, Path(id): Path<String>) -> Result<Response, Problem> {
    api.net.admit_link()?;
    let shown = links::look(&api.deps, link_id(&id)?).await?;
    let body = json!({
        "head": B64(shown.head), "bytes": shown.bytes, "expires_at": shown.expires_at, "uses_left": shown.uses_left,
    });
    Ok(fresh(Json(body)))
}

async fn begin(State(api): State<Api>, Path(id): Path<String>) -> Result<Response, Problem> {
    api.net.admit_link()?;
    let token = links::begin(&api.deps, link_id(&id)?).await?;
    Ok(fresh((StatusCode::CREATED, Json(json!({"token": token})))))
}

async fn data(
    State(api): State<Api>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = link_id(&id)?;
    let token = headers.get(DOWNLOAD).and_then(|value| value.to_str().ok()?.parse::<Id16>().ok());
    if token.is_none() {
        api.net.admit_link()?;
    }
    let (hash, bytes) = links::fetch(&api.deps, id, token).await?;
    let part = Part::of(&headers, bytes)?;
    let place = api.deps.files.link_place().ok_or(NodeError::SlowDown(BUSY_S))?;
    let deps = api.deps.clone();
    let pieces = stream::try_unfold((deps, place, part.from), move |(deps, place, at)| async move {
        if at >= part.to {
            return Ok(None);
        }
        // Who had it taken back does not go on.
        links::fetch(&deps, id, token).await?;
        let (folder, length) = (deps.files.folder().clone(), READ.min(part.to - at) as usize);
        let read = on_disk(move || folder.sealed(&hash, at, length)).await?;
        if read.is_empty() {
            return Err(NodeError::Gone("the bytes of this file are not on the disk any more"));
        }
        let next = at + read.len() as u64;
        Ok::<_, NodeError>(Some((Bytes::from(read), (deps, place, next))))
    });
    let mut response = part.response(Body::from_stream(pieces.boxed()));
    let kind = HeaderValue::from_static("application/octet-stream");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn fresh(answer: impl IntoResponse) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], answer).into_response()
}

fn link_id(text: &str) -> Result<Id16, NodeError> {
    text.parse().map_err(|_| NodeError::Unknown("this link"))
}
