//! `GET /api/v1/nodes/discover`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::Uri;
use openred_core::call::DiscoverAnswer;
use openred_service::problem::Problem;

use super::caller::Reading;
use crate::gate::Gate;
use crate::http::{discover as v3, openapi};
use crate::nodes::Nodes;

/// Find nodes by id, by name, by words, or those seen last.
///
/// As in the third version, to registered nodes only. `last_seen` is to the hour.
#[utoipa::path(
    get, path = "/api/v1/nodes/discover", tag = "v1",
    operation_id = "discover_v1",
    security(("node" = ["read"])),
    params(openapi::DiscoverParams),
    responses(
        (status = 200, description = "A page of nodes", body = openapi::Discovered),
        (status = 400, description = "`malformed`", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`bad_presentation`: no good token", body = Problem,
         content_type = "application/problem+json"),
        (status = 403, description = "`refused`: the token does not allow it", body = Problem,
         content_type = "application/problem+json"),
        (status = 429, description = "`slow_down`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`busy`", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "`full`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn discover(
    Reading: Reading,
    State(gate): State<Arc<Gate>>,
    State(nodes): State<Arc<Nodes>>,
    uri: Uri,
) -> Result<Json<DiscoverAnswer>, Problem> {
    v3::page(&gate, &nodes, &uri).await.map(Json)
}
