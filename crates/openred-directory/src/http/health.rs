//! `GET /api/v3/health`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use openred_core::call::HealthAnswer;
use openred_service::identity::Own;
use openred_service::problem::Problem;

use super::openapi;
use crate::gate::Gate;
use crate::nodes::Nodes;

/// Whether the directory works: it asks its database.
#[utoipa::path(
    get, path = "/api/v3/health", tag = "directory",
    responses(
        (status = 200, description = "It works", body = openapi::Health),
        (status = 429, description = "`slow_down`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`busy`: its database does not answer", body = Problem,
         content_type = "application/problem+json"),
    ),
)]
pub(super) async fn health(
    State(own): State<Arc<Own>>,
    State(gate): State<Arc<Gate>>,
    State(nodes): State<Arc<Nodes>>,
) -> Result<Json<HealthAnswer>, Problem> {
    nodes.answers().await?;
    Ok(Json(HealthAnswer {
        status: "ok".to_owned(),
        node_id: own.node_id(),
        time: gate.now().unix_secs,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }))
}
