//! What every service answers: who it is, how it is doing, a page for people.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, header};
use openred_core::call::{HealthAnswer, WellKnown};
use openred_service::problem::Problem;
use openred_service::telemetry::EXPOSITION_TYPE;

use super::{Parts, openapi};
use crate::bounds::{MAX_FETCHES_WAITING, MAX_STREAMS};
use crate::counters::Gauges;

/// Whether the relay works: it asks its store. 503 as soon as it was told to stop.
#[utoipa::path(
    get, path = "/api/v1/health", tag = "relay",
    responses(
        (status = 200, description = "It works", body = openapi::Health),
        (status = 429, description = "`slow_down`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`busy`: it stops, or its store does not answer", body = Problem,
         content_type = "application/problem+json"),
    ),
)]
pub(super) async fn health_v1(State(parts): State<Arc<Parts>>) -> Result<Json<HealthAnswer>, Problem> {
    if parts.gate.draining().is_cancelled() {
        return Err(Problem::busy().retry_after(5).detail("this relay stops"));
    }
    parts.store.counts().await?;
    Ok(Json(HealthAnswer {
        status: "ok".to_owned(),
        node_id: parts.own.node_id(),
        time: parts.gate.now(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }))
}

/// The same at the path that balancers look at.
pub(super) async fn health(parts: State<Arc<Parts>>) -> Result<Json<HealthAnswer>, Problem> {
    health_v1(parts).await
}

/// Who answers here.
#[utoipa::path(
    get, path = "/.well-known/openred", tag = "relay",
    responses(
        (status = 200, description = "The relay and its descriptor", body = openapi::WellKnownBody),
        (status = 429, description = "`slow_down`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn well_known(State(parts): State<Arc<Parts>>) -> Json<WellKnown> {
    Json(parts.own.well_known())
}

/// The relay's own descriptor.
#[utoipa::path(
    get, path = "/p2p/descriptor", tag = "relay",
    responses(
        (status = 200, description = "Signed descriptor", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 429, description = "`slow_down`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn descriptor(
    State(parts): State<Arc<Parts>>,
) -> ([(HeaderName, &'static str); 2], Vec<u8>) {
    let headers = [(header::CONTENT_TYPE, "application/octet-stream"), (header::CACHE_CONTROL, "no-cache")];
    (headers, parts.own.descriptor().bytes().to_vec())
}

/// Sums for Prometheus: no id, no address, no queue.
#[utoipa::path(
    get, path = "/metrics", tag = "relay",
    responses(
        (status = 200, description = "Text exposition format", body = String, content_type = "text/plain"),
        (status = 503, description = "`busy`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn metrics(State(parts): State<Arc<Parts>>) -> Result<Response, Problem> {
    let gauges = Gauges {
        held: parts.store.counts().await?,
        streams: MAX_STREAMS - parts.streams.available_permits(),
        waiting: MAX_FETCHES_WAITING - parts.waiting.available_permits(),
        quic: parts.quic.as_ref().map(|quic| quic.counts()),
        uptime_secs: parts.gate.uptime_secs(),
        shared_store: parts.shared_store,
        oldest_wait_secs: parts.intake.waits.oldest_secs(),
    };
    Ok(([(header::CONTENT_TYPE, EXPOSITION_TYPE)], parts.counters.to_text(&gauges)).into_response())
}

/// `GET /`: what this is, for a person with a browser. Plain text, no HTML.
pub(super) async fn front(State(parts): State<Arc<Parts>>) -> ([(HeaderName, &'static str); 2], String) {
    let (descriptor, id) = (parts.own.descriptor(), parts.own.node_id());
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    ];
    let name = &descriptor.body().display_name;
    let url = descriptor.body().api_url.as_deref().unwrap_or("URL-OF-THIS-PAGE").trim_end_matches('/');
    let text = format!(
        "{name}\n\n\
         This is a relay of OpenRed. It keeps sealed mail for people's nodes that are away, until they fetch it or\n\
         for 30 days. It sees mailboxes, one of four sizes and a time. It cannot read the mail, and it is not told\n\
         who sends it and who fetches it.\n\n\
         To use it, give this line to your node (Settings, Relays):\n\n    {url}#{id}\n\n\
         The part after # is this relay's id. Your node refuses another relay at the same address.\n\n\
         For programs: /.well-known/openred, /api/openapi.json, /health, /metrics\n"
    );
    (headers, text)
}
