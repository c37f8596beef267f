//! `POST /api/v1/nodes/register`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use openred_core::call::ListedStatus;
use openred_core::ids::{Hash, NodeId};
use openred_service::identity::Own;
use openred_service::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Registering;
use crate::counters::Counters;
use crate::gate::Gate;
use crate::http::{openapi, register as v3};
use crate::nodes::Nodes;

/// The registration as it now stands.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct NodeRegistered {
    /// Id of the node, hex: it follows from the node's own key, nobody assigns it.
    #[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
    node_id: NodeId,
    /// API URL of its descriptor.
    #[serde(skip_serializing_if = "Option::is_none")]
    api_url: Option<String>,
    /// Unix seconds, to the hour.
    last_seen: u64,
    /// `away` after a removal.
    #[schema(value_type = openapi::Status)]
    status: ListedStatus,
    /// SHA-256 of the inner bytes of its descriptor, hex.
    #[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
    desc_hash: Hash,
    /// End of the registration, unix seconds; 0 after a removal.
    expires: u64,
}

/// Register, renew or remove a node.
///
/// The body is that of the third version: the descriptor says node id, server URL and user name, and its signatures
/// prove them. The token must be this node's, given to the key that signs here.
#[utoipa::path(
    post, path = "/api/v1/nodes/register", tag = "v1",
    operation_id = "register_v1",
    security(("node" = ["register"])),
    request_body = openapi::RegisterBody,
    responses(
        (status = 200, description = "Registered", body = NodeRegistered),
        (status = 400, description = "`malformed`", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`bad_presentation`: no good token; `bad_signature`: not by the current key, or \
         the clock is off", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`refused`: the token does not allow it, or is another node's or key's",
         body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`stale`: something newer is held, in `descriptor`; `conflict`: the identity \
         log contradicts the one held", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "`too_large`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`slow_down`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`busy`", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "`full`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn register(
    Registering(caller): Registering,
    State(own): State<Arc<Own>>,
    State(gate): State<Arc<Gate>>,
    State(nodes): State<Arc<Nodes>>,
    State(counters): State<Arc<Counters>>,
    body: Bytes,
) -> Result<Json<NodeRegistered>, Problem> {
    let verified = v3::verified(&own, &gate, &body)?;
    let descriptor = verified.descriptor();
    if (descriptor.node_id(), descriptor.body().log.head()) != (caller.node_id, caller.log_head) {
        return Err(Problem::refused().detail("the token was given to another node or key"));
    }
    let node = v3::keep(verified, (&gate, &nodes, &counters)).await?;
    let (body, gone) = (node.descriptor.body(), node.flags.remove());
    Ok(Json(NodeRegistered {
        node_id: node.id(),
        api_url: body.api_url.clone().filter(|_| !gone),
        last_seen: node.last_seen(),
        status: if gone { ListedStatus::Away } else { ListedStatus::Active },
        desc_hash: node.descriptor.hash(),
        expires: if gone { 0 } else { body.expires },
    }))
}
