//! The P2P API over HTTPS (S2, Annex A.4, A.5): what other nodes and directories call. No rules here.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use openred_core::{
    call::{ReceiveAnswer, ReceiveCall, ServerRole, WellKnown},
    hello::HelloRefusal,
    ids::B64,
    json,
    session_keys::{HTTPS_BODY_MAX, HttpsBody},
};
use openred_proto::session::ChannelError;
use openred_service::problem::Problem;
use serde_json::json;

use super::{
    Network,
    accept::{self, Door},
    live::POLL_S,
};
use crate::modules::wall::{self, After};

/// Most bytes of a pushed grant's JSON.
const RECEIVE_MAX: usize = 64 << 10;

/// All P2P routes.
pub fn router(net: Network) -> Router {
    Router::new()
        .route("/.well-known/openred", get(well_known))
        .route("/p2p/descriptor", get(descriptor))
        .route("/p2p/wall", get(wall))
        .route("/p2p/handshake", post(handshake))
        .route("/p2p/message", post(message))
        .route("/p2p/message/send", post(message))
        .route("/p2p/file-request", post(message))
        .route("/p2p/file/share", post(message))
        .route("/p2p/auth/challenge", post(message))
        .route("/tokens/receive", post(receive))
        .layer(axum::extract::DefaultBodyLimit::max(HTTPS_BODY_MAX + (HTTPS_BODY_MAX >> 1)))
        .with_state(net)
}

async fn well_known(State(net): State<Network>) -> Response {
    let Some(own) = net.own.current() else { return problem(404) };
    let body = WellKnown {
        node_id: own.node_id(),
        role: ServerRole::Node,
        versions: vec![3],
        descriptor: B64(own.bytes().to_vec()),
        token_mode: None,
        token_seed: None,
    };
    Json(body).into_response()
}

async fn descriptor(State(net): State<Network>) -> Response {
    let Some(own) = net.own.current() else { return problem(404) };
    octets(own.bytes().to_vec())
}

/// Where a page of the wall begins.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WallQuery {
    after: Option<String>,
}

/// The owner's public posts, for anybody, also while the node is locked.
async fn wall(State(net): State<Network>, Query(query): Query<WallQuery>) -> Response {
    if let Err(slow) = net.inflow.wall() {
        return Problem::from(slow).into_response();
    }
    let Ok(me) = net.deps.me.get() else { return problem(404) };
    let after = query.after.as_deref().map_or(Some(After::BEGIN), After::parse);
    let Some(after) = after else { return problem(400) };
    match wall::page(&net.deps.db, me.node_id, after, net.deps.clock.now_ms()).await {
        Ok(page) => ([(header::CACHE_CONTROL, "public, max-age=60")], Json(page)).into_response(),
        Err(error) => Problem::from(error).into_response(),
    }
}

async fn handshake(State(net): State<Network>, body: Bytes) -> Response {
    let outcome = accept::hello_counted(&net, &body, &Door::HTTPS).await;
    match outcome {
        Ok(reply) => Json(reply).into_response(),
        Err(refusal) => refused(&refusal),
    }
}

fn refused(refusal: &HelloRefusal) -> Response {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let mut body = serde_json::to_value(refusal.body()).unwrap_or_else(|_| json!({}));
    if let Some(members) = body.as_object_mut() {
        members.insert("type".to_owned(), json!("about:blank"));
        members.insert("title".to_owned(), json!(status.canonical_reason().unwrap_or("Refused")));
        members.insert("status".to_owned(), json!(refusal.status()));
    }
    let mut response = (status, Json(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/problem+json"));
    if let HelloRefusal::SlowDown { retry_after, .. } = refusal {
        headers.insert(header::RETRY_AFTER, (*retry_after).into());
    }
    response
}

/// Paths for one request each; the same body as for all.
const PATHS: [&str; 4] = ["/p2p/message/send", "/p2p/file-request", "/p2p/file/share", "/p2p/auth/challenge"];

/// Binary bodies, or S2's JSON `{data}` with the same bytes in base64url.
async fn message(State(net): State<Network>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let path = PATHS.into_iter().find(|path| *path == uri.path());
    let is_json =
        headers.get(header::CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"application/json"));
    // A request at its own path is answered by its response.
    let wait = if path.is_some() { POLL_S } else { preferred(&headers) };
    let bytes = if is_json {
        match json::from_slice_strict::<Data>(&body, HTTPS_BODY_MAX * 3 / 2) {
            Ok(data) => Bytes::from(data.data.0),
            Err(_) => return problem(400),
        }
    } else {
        body
    };
    match exchange(&net, &bytes, path, wait).await {
        Ok(answer) if is_json => Json(json!({"received": true, "data": B64(answer)})).into_response(),
        Ok(answer) => octets(answer),
        Err(400) if path.is_some() => {
            Problem::malformed().detail("the only REQUEST of the body must name this path").into_response()
        }
        Err(status) => problem(status),
    }
}

/// Seconds for which the caller wants its answer held, at most 25 (`Prefer: wait=N`).
fn preferred(headers: &HeaderMap) -> u64 {
    let said = headers.get("prefer").and_then(|v| v.to_str().ok()?.strip_prefix("wait="));
    said.and_then(|n| n.parse().ok()).map_or(0, |n: u64| n.min(POLL_S))
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    data: B64,
}

async fn exchange(
    net: &Network,
    bytes: &[u8],
    path: Option<&'static str>,
    wait: u64,
) -> Result<Vec<u8>, u16> {
    let mut body = HttpsBody::decode(bytes).map_err(|e| match e {
        openred_core::session_keys::BodyError::TooLarge => 413_u16,
        openred_core::session_keys::BodyError::Malformed => 400,
    })?;
    if let Some(half) = net.take_half_open(&body.session_id, &Door::HTTPS.binding) {
        // The first body has FIRST alone: no request.
        if path.is_some() || body.chunks.len() != 1 || body.chunks[0].n != 0 {
            return Err(400);
        }
        let chunk = body.chunks.remove(0);
        return accept::first(net, body.session_id, half, chunk).await.map_err(|_| 401);
    }
    let live = net.pool.named(&body.session_id).ok_or(409_u16)?;
    live.post(body, path, wait).await.map_err(|error| match error {
        ChannelError::Lost | ChannelError::Seal(_) => 409,
        ChannelError::Open | ChannelError::Frame(_) | ChannelError::Window => 400,
    })
}

/// A directory pushes a grant. Every well-formed push is answered alike, up to the limits.
async fn receive(State(net): State<Network>, body: Bytes) -> Response {
    if let Err(slow) = net.inflow.push() {
        return Problem::from(slow).into_response();
    }
    let Ok(call) = json::from_slice_strict::<ReceiveCall>(&body, RECEIVE_MAX) else {
        return problem(400);
    };
    match net.received(&call.from, call.token.0).await {
        Ok(()) => Json(ReceiveAnswer { received: true }).into_response(),
        Err(slow) => Problem::from(slow).into_response(),
    }
}

fn octets(bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response()
}

fn problem(status: u16) -> Response {
    let problem = match status {
        401 => Problem::bad_presentation(),
        404 => Problem::unknown(),
        409 => Problem::session_lost(),
        413 => Problem::too_large(),
        _ => Problem::malformed(),
    };
    problem.into_response()
}
