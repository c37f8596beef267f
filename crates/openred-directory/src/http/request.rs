//! `POST /api/v3/tokens/request-connection`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use http::StatusCode;
use openred_core::call::{RequestAnswer, RequestCall};
use openred_service::identity::Own;
use openred_service::problem::Problem;

use super::openapi;
use super::signed::admit;
use crate::gate::Gate;
use crate::grants::Grants;
use crate::nodes::Nodes;

/// Ask to be introduced to a node.
///
/// 202 says only that the wish was taken. It waits 30 s; within them both nodes must poll or take pushes.
#[utoipa::path(
    post, path = "/api/v3/tokens/request-connection", tag = "tokens",
    request_body = openapi::RequestBody,
    responses(
        (status = 202, description = "Taken, whether the target is unknown, refusing or away",
         body = openapi::Requested),
        (status = 400, description = "`malformed`", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`bad_signature`: not by the current key, or the clock is off", body = Problem,
         content_type = "application/problem+json"),
        (status = 404, description = "`unknown`: `from` is not registered", body = Problem,
         content_type = "application/problem+json"),
        (status = 410, description = "`used`: this grant_id was here already", body = Problem,
         content_type = "application/problem+json"),
        (status = 429, description = "`slow_down`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`busy`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn request_connection(
    State(own): State<Arc<Own>>,
    State(gate): State<Arc<Gate>>,
    State(nodes): State<Arc<Nodes>>,
    State(grants): State<Arc<Grants>>,
    body: Bytes,
) -> Result<(StatusCode, Json<RequestAnswer>), Problem> {
    let (call, asker, request) = admit::<RequestCall>((&own, &gate, &nodes), &body).await?;
    grants.ask(asker, call.target, request).map_err(|crowded| gate.crowded(crowded))?;
    Ok((StatusCode::ACCEPTED, Json(RequestAnswer { grant_id: call.grant_id })))
}
