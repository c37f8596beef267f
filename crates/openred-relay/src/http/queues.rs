//! `/api/v1/queues/{queue_id}`: what the owner of a mailbox does with it.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use openred_core::payload::Secret32;
use openred_service::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::register::seen;
use super::{Parts, body, caller, openapi};
use crate::bounds::{HERE_SECS, MAX_FETCH_WAIT_SECS, MAX_FETCHED};
use crate::mailbox::{Mail, Queue, new_cap};
use crate::wire::{MAIL_HEAD, write_mail};

const PREFER: HeaderName = HeaderName::from_static("prefer");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// How far the owner has read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AckBody {
    /// Mail up to and including this seq is dropped.
    #[schema(example = 7)]
    upto: u64,
}

/// Nothing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RevokeBody {}

/// The capability from now on.
#[derive(Serialize, ToSchema)]
pub(super) struct Revoked {
    /// 32 bytes, base64url.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")]
    cap: Secret32,
}

/// Fetch mail.
///
/// `(seq:u64 ‖ received:u64 ‖ len:u32 ‖ content)…`, the oldest first; empty when there is none. `Prefer: wait=25` waits
/// for it up to 25 seconds. Mail stays until it is acknowledged.
#[utoipa::path(
    get, path = "/api/v1/queues/{queue_id}", tag = "mailbox",
    security(("owner" = [])),
    params(
        ("queue_id" = String, Path, description = "22 characters of base64url", pattern = "^[A-Za-z0-9_-]{21}[AQgw]$"),
        openapi::FetchParams,
        ("Prefer" = Option<String>, Header, description = "`wait=` and seconds, at most 25"),
    ),
    responses(
        (status = 200, description = "Mail, or nothing", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 400, description = "`malformed`", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`bad_signature`, `bad_presentation`", body = Problem,
         content_type = "application/problem+json"),
        (status = 404, description = "`unknown`", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "`used`: this nonce was here already", body = Problem,
         content_type = "application/problem+json"),
        (status = 429, description = "`slow_down`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`busy`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn fetch(
    State(parts): State<Arc<Parts>>,
    Path(id): Path<String>,
    (method, uri, headers): (Method, Uri, HeaderMap),
) -> Result<Response, Problem> {
    let queue = caller::owner(&parts, (&method, &uri, &headers), &id, b"").await?;
    let Query(params) = Query::<openapi::FetchParams>::try_from_uri(&uri)
        .map_err(|error| Problem::malformed().detail(error.body_text()))?;
    let max = params.max.map_or(Ok(MAX_FETCHED), usize::try_from).unwrap_or(usize::MAX);
    if !(1..=MAX_FETCHED).contains(&max) {
        return Err(Problem::malformed().detail("max: 1 to 100"));
    }
    seen(&parts, &queue).await?;
    let wait = preferred_wait(&headers);
    let mail = waited(&parts, &queue, params.after.unwrap_or_default(), max, wait).await?;
    parts.counters.fetched.add_many(mail.len() as u64);
    let mut bytes = Vec::with_capacity(mail.iter().map(|mail| MAIL_HEAD + mail.content.len()).sum());
    mail.iter().for_each(|mail| write_mail(&mut bytes, mail));
    let mut response = ([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if wait > 0 {
        let applied = HeaderValue::from_str(&format!("wait={wait}")).map_err(|_| Problem::internal())?;
        response.headers_mut().insert(PREFERENCE_APPLIED, applied);
    }
    Ok(response)
}

/// Seconds of `Prefer: wait=` (RFC 7240), at most 25; what cannot be read is no preference.
fn preferred_wait(headers: &HeaderMap) -> u64 {
    let values = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
    let mut words = values.flat_map(|value| value.split([',', ';']));
    let wait = words.find_map(|word| word.trim().strip_prefix("wait=")?.parse::<u64>().ok());
    wait.unwrap_or_default().min(MAX_FETCH_WAIT_SECS)
}

/// What is there, or what comes within `wait` seconds. A relay that stops answers with what it has.
async fn waited(
    parts: &Parts,
    queue: &Queue,
    after: u64,
    max: usize,
    wait: u64,
) -> Result<Vec<Mail>, Problem> {
    parts.instances.here(queue.deposit_id, parts.gate.now() + wait + HERE_SECS);
    // Listened to before the first look, so that nothing comes between.
    let mut arrivals = parts.instances.arrivals(queue.queue_id);
    let mail = parts.store.fetch(queue.queue_id, after, max).await?;
    if !mail.is_empty() || wait == 0 {
        return Ok(mail);
    }
    let busy = |_| Problem::busy().retry_after(5).detail("too many wait here");
    let _place = parts.waiting.try_acquire().map_err(busy)?;
    let mut end = std::pin::pin!(tokio::time::sleep(Duration::from_secs(wait)));
    loop {
        tokio::select! {
            arrived = arrivals.changed() => arrived.map_err(|_| Problem::busy().retry_after(5))?,
            () = &mut end => return Ok(Vec::new()),
            () = parts.gate.draining().cancelled() => return Ok(Vec::new()),
        }
        let mail = parts.store.fetch(queue.queue_id, after, max).await?;
        if !mail.is_empty() {
            return Ok(mail);
        }
    }
}

/// Acknowledge mail: it is dropped.
#[utoipa::path(
    post, path = "/api/v1/queues/{queue_id}/ack", tag = "mailbox",
    security(("owner" = [])),
    params(("queue_id" = String, Path, description = "22 characters of base64url", pattern = "^[A-Za-z0-9_-]{21}[AQgw]$")),
    request_body = AckBody,
    responses(
        (status = 204, description = "Dropped; mail that comes later is not, whatever `upto` is"),
        (status = 400, description = "`malformed`", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`bad_signature`, `bad_presentation`", body = Problem,
         content_type = "application/problem+json"),
        (status = 404, description = "`unknown`", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "`used`: this nonce was here already", body = Problem,
         content_type = "application/problem+json"),
        (status = 413, description = "`too_large`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`slow_down`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`busy`", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "`full`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn ack(
    State(parts): State<Arc<Parts>>,
    Path(id): Path<String>,
    (method, uri, headers): (Method, Uri, HeaderMap),
    bytes: Bytes,
) -> Result<StatusCode, Problem> {
    let queue = caller::owner(&parts, (&method, &uri, &headers), &id, &bytes).await?;
    let AckBody { upto } = body::read(&bytes)?;
    parts.store.ack(queue.queue_id, upto).await?;
    parts.counters.acknowledged.add();
    Ok(StatusCode::NO_CONTENT)
}

/// Replace the capability: who holds the old one deposits no more.
#[utoipa::path(
    post, path = "/api/v1/queues/{queue_id}/revoke", tag = "mailbox",
    security(("owner" = [])),
    params(("queue_id" = String, Path, description = "22 characters of base64url", pattern = "^[A-Za-z0-9_-]{21}[AQgw]$")),
    request_body = RevokeBody,
    responses(
        (status = 200, description = "The new capability", body = Revoked),
        (status = 400, description = "`malformed`", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`bad_signature`, `bad_presentation`", body = Problem,
         content_type = "application/problem+json"),
        (status = 404, description = "`unknown`", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "`used`: this nonce was here already", body = Problem,
         content_type = "application/problem+json"),
        (status = 413, description = "`too_large`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`slow_down`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`busy`", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "`full`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn revoke(
    State(parts): State<Arc<Parts>>,
    Path(id): Path<String>,
    (method, uri, headers): (Method, Uri, HeaderMap),
    bytes: Bytes,
) -> Result<Json<Revoked>, Problem> {
    let queue = caller::owner(&parts, (&method, &uri, &headers), &id, &bytes).await?;
    let RevokeBody {} = body::read(&bytes)?;
    let cap = new_cap();
    parts.store.revoke(queue.queue_id, cap.clone()).await?;
    Ok(Json(Revoked { cap }))
}

/// End the mailbox, with its mail.
#[utoipa::path(
    delete, path = "/api/v1/queues/{queue_id}", tag = "mailbox",
    security(("owner" = [])),
    params(("queue_id" = String, Path, description = "22 characters of base64url", pattern = "^[A-Za-z0-9_-]{21}[AQgw]$")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 400, description = "`malformed`", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`bad_signature`, `bad_presentation`", body = Problem,
         content_type = "application/problem+json"),
        (status = 404, description = "`unknown`", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "`used`: this nonce was here already", body = Problem,
         content_type = "application/problem+json"),
        (status = 429, description = "`slow_down`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`busy`", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "`full`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn delete(
    State(parts): State<Arc<Parts>>,
    Path(id): Path<String>,
    (method, uri, headers): (Method, Uri, HeaderMap),
) -> Result<StatusCode, Problem> {
    let queue = caller::owner(&parts, (&method, &uri, &headers), &id, b"").await?;
    parts.store.delete(queue.queue_id).await?;
    parts.instances.here(queue.deposit_id, 0);
    Ok(StatusCode::NO_CONTENT)
}
