//! `POST /api/v1/messages/route`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use openred_core::envelope::{Age, Envelope, EnvelopeError, Verified};
use openred_core::json::JsonError;
use openred_service::http_client::HttpError;
use openred_service::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Routing;
use crate::gate::{Call, Gate};
use crate::http::openapi;
use crate::nodes::{Node, Nodes};
use crate::routes::{Courier, INTAKE, NotCarried};

/// The target has the envelope.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Routed {
    /// `true`.
    received: bool,
}

/// Have one envelope of one's own handed to another node.
///
/// The envelope (ORF 1.0) is verified, handed on while the caller waits, and forgotten. Only registered nodes whose
/// descriptor says `orf_intake` are called; all others take envelopes in sessions, which need no directory.
#[utoipa::path(
    post, path = "/api/v1/messages/route", tag = "v1",
    security(("node" = ["route"])),
    request_body = openapi::OrfEnvelope,
    responses(
        (status = 200, description = "The target has taken it", body = Routed),
        (status = 400, description = "`malformed`: no envelope, to oneself, from the future, or older than 60 days",
         body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`bad_presentation`: no good token; `bad_signature`: the envelope is not by the \
         caller's current key", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`refused`: the token does not allow it, the envelope is another's, or, with \
         `reason` `sessions_only`, the target takes envelopes in sessions only", body = Problem,
         content_type = "application/problem+json"),
        (status = 404, description = "`unknown`: the target is not registered here", body = Problem,
         content_type = "application/problem+json"),
        (status = 413, description = "`too_large`", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "`type_unknown`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`slow_down`", body = Problem, content_type = "application/problem+json"),
        (status = 502, description = "`upstream`: the target did not take it; `target_code` is its code, if it has \
         given one", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`busy`", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "`full`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn route(
    Routing(caller): Routing,
    State(gate): State<Arc<Gate>>,
    State(nodes): State<Arc<Nodes>>,
    State(courier): State<Arc<Courier>>,
    body: Bytes,
) -> Result<Json<Routed>, Problem> {
    let at = gate.now();
    let envelope = verified(&body, &caller, at.unix_ms)?;
    gate.by_node(at, Call::Route, &caller.id())?;
    let target = nodes.get(&envelope.envelope().to.node_id, at.unix_secs).await?;
    let target = target.ok_or_else(Problem::unknown)?;
    let carried = courier.carry(&target, &envelope, at.mono_ms).await;
    carried.map_err(problem)?;
    Ok(Json(Routed { received: true }))
}

/// An envelope of the caller's own, in time, to somebody else.
fn verified(body: &[u8], caller: &Node, now_ms: u64) -> Result<Verified, Problem> {
    let unverified = Envelope::parse(body).map_err(|error| match error {
        EnvelopeError::TypeUnknown => Problem::type_unknown(),
        EnvelopeError::Json(JsonError::TooLarge) => Problem::too_large(),
        other => Problem::malformed().detail(other.to_string()),
    })?;
    let (from, to) = (unverified.envelope().from.node_id, unverified.envelope().to.node_id);
    if from != caller.id() {
        return Err(Problem::refused().detail("only envelopes of the caller are forwarded"));
    }
    if to == from {
        return Err(Problem::malformed().detail("to: the caller itself"));
    }
    let verified = unverified.verify_under(&caller.descriptor.body().log).map_err(|_| {
        Problem::bad_signature().detail("the envelope is not signed by the caller's current key")
    })?;
    match verified.envelope().age(now_ms) {
        Age::Fresh | Age::Stored => Ok(verified),
        Age::Ahead => Err(Problem::malformed().detail("timestamp: more than 10 minutes ahead")),
        Age::Expired => Err(Problem::malformed().detail("timestamp: more than 60 days ago")),
    }
}

/// Why it did not arrive is not told in detail: a registered address must not become a way to look around.
fn problem(why: NotCarried) -> Problem {
    match why {
        NotCarried::SessionsOnly => Problem::refused().with("reason", "sessions_only").detail(format!(
            "this node takes envelopes in sessions only: its descriptor does not say {INTAKE}"
        )),
        NotCarried::SlowDown(slow) => slow.into(),
        NotCarried::Busy => Problem::busy().retry_after(5),
        NotCarried::Upstream(error) => {
            let code = if let HttpError::Status { code, .. } = error { code } else { None };
            code.map_or_else(Problem::upstream, |code| Problem::upstream().with("target_code", code))
        }
    }
}
