//! `POST /api/v3/tokens/poll`.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use openred_core::call::PollCall;
use openred_service::identity::Own;
use openred_service::problem::Problem;

use super::openapi;
use super::signed::admit;
use crate::gate::Gate;
use crate::grants::Grants;
use crate::nodes::Nodes;

/// Wait for grants.
///
/// One poll per node: a newer one ends the older with 204. What is given out is gone here.
#[utoipa::path(
    post, path = "/api/v3/tokens/poll", tag = "tokens",
    request_body = openapi::PollBody,
    responses(
        (status = 200, description = "Grants, sealed to the node's grant key", body = openapi::Grants),
        (status = 204, description = "Nothing within the wait"),
        (status = 400, description = "`malformed`", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`bad_signature`: not by the current key, or the clock is off", body = Problem,
         content_type = "application/problem+json"),
        (status = 404, description = "`unknown`: `from` is not registered", body = Problem,
         content_type = "application/problem+json"),
        (status = 410, description = "`used`: this nonce was here already", body = Problem,
         content_type = "application/problem+json"),
        (status = 429, description = "`slow_down`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`busy`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn poll(
    State(own): State<Arc<Own>>,
    State(gate): State<Arc<Gate>>,
    State(nodes): State<Arc<Nodes>>,
    State(grants): State<Arc<Grants>>,
    body: Bytes,
) -> Result<Response, Problem> {
    let (call, node, ()) = admit::<PollCall>((&own, &gate, &nodes), &body).await?;
    let wait = Duration::from_secs(call.wait.into());
    let given = grants.poll(node, wait).await.map_err(|crowded| gate.crowded(crowded))?;
    Ok(given.unwrap_or_else(|| StatusCode::NO_CONTENT.into_response()))
}
