//! `GET /api/v1/nodes/{id}/status`.

use std::sync::Arc;

use axum::extract::{Path, State};
use http::{HeaderName, header};
use openred_core::call::{Certificate, CertificateState, ListedStatus, NodeStatus};
use openred_core::ids::NodeId;
use openred_service::identity::Own;
use openred_service::problem::Problem;

use super::caller::Reading;
use crate::gate::Gate;
use crate::http::openapi;
use crate::nodes::Nodes;

/// How a node stands here, signed by this directory.
///
/// `sig` is sign(`openred/status`, canonical JSON (RFC 8785) of the answer without `sig`), base64url. A registration that
/// has ended or was removed is unknown.
#[utoipa::path(
    get, path = "/api/v1/nodes/{id}/status", tag = "v1",
    security(("node" = ["read"])),
    params(("id" = String, Path, description = "Node id, 64 lowercase hex digits", pattern = "^[0-9a-f]{64}$")),
    responses(
        (status = 200, description = "The node and its certificate", body = openapi::SignedStatus),
        (status = 400, description = "`malformed`", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`bad_presentation`: no good token", body = Problem,
         content_type = "application/problem+json"),
        (status = 403, description = "`refused`: the token does not allow it", body = Problem,
         content_type = "application/problem+json"),
        (status = 404, description = "`unknown`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`slow_down`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`busy`", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "`full`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn status(
    Reading: Reading,
    State(own): State<Arc<Own>>,
    State(gate): State<Arc<Gate>>,
    State(nodes): State<Arc<Nodes>>,
    Path(id): Path<String>,
) -> Result<([(HeaderName, &'static str); 2], Vec<u8>), Problem> {
    let id: NodeId = id.parse().map_err(|_| Problem::malformed().detail("id: 64 lowercase hex digits"))?;
    let at = gate.now();
    let node = nodes.get(&id, at.unix_secs).await?.ok_or_else(Problem::unknown)?;
    let contested = nodes.is_contested(&id).await?;
    let body = node.descriptor.body();
    let said = NodeStatus {
        dir_id: own.node_id(),
        node_id: id,
        api_url: body.api_url.clone(),
        last_seen: node.last_seen(),
        status: if node.is_active(at.mono_ms) { ListedStatus::Active } else { ListedStatus::Away },
        certificate: Certificate {
            state: if contested { CertificateState::Contested } else { CertificateState::Valid },
            log_seq: body.log_seq,
            log_head: body.log.head(),
            desc_hash: node.descriptor.hash(),
            issued: body.issued,
            expires: body.expires,
        },
        time: at.unix_secs,
    };
    let signed = said.sign(own.signing()).map_err(|error| Problem::internal().cause(error))?;
    Ok(([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], signed))
}
