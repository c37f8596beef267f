//! `GET /api/v3/nodes/{id}/descriptor` and `GET /p2p/descriptor`.

use std::sync::Arc;

use axum::extract::{Path, State};
use http::{HeaderName, header};
use openred_core::ids::NodeId;
use openred_service::identity::Own;
use openred_service::problem::Problem;

use crate::gate::Gate;
use crate::nodes::Nodes;

type Binary = ([(HeaderName, &'static str); 2], Vec<u8>);

/// The newest descriptor of a node, as it signed it.
#[utoipa::path(
    get, path = "/api/v3/nodes/{id}/descriptor", tag = "nodes",
    params(("id" = String, Path, description = "Node id, 64 lowercase hex digits", pattern = "^[0-9a-f]{64}$")),
    responses(
        (status = 200, description = "Signed descriptor", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 400, description = "`malformed`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`slow_down`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`busy`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn node_descriptor(
    State(gate): State<Arc<Gate>>,
    State(nodes): State<Arc<Nodes>>,
    Path(id): Path<String>,
) -> Result<Binary, Problem> {
    let id: NodeId = id.parse().map_err(|_| Problem::malformed().detail("id: 64 lowercase hex digits"))?;
    let node = nodes.get(&id, gate.now().unix_secs).await?.ok_or_else(Problem::unknown)?;
    Ok(binary(node.descriptor.bytes()))
}

/// The directory's own descriptor.
#[utoipa::path(
    get, path = "/p2p/descriptor", tag = "directory",
    responses(
        (status = 200, description = "Signed descriptor", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 429, description = "`slow_down`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn own_descriptor(State(own): State<Arc<Own>>) -> Binary {
    binary(own.descriptor().bytes())
}

fn binary(bytes: &[u8]) -> Binary {
    let headers = [(header::CONTENT_TYPE, "application/octet-stream"), (header::CACHE_CONTROL, "no-cache")];
    (headers, bytes.to_vec())
}
