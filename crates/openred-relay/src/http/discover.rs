//! `GET /api/v1/peers/discover`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Query, State};
use http::{HeaderMap, Uri};
use openred_core::ids::DepositId;
use openred_service::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Parts, caller, openapi};
use crate::gate::Source;
use crate::mailbox::{DiscoverMac, Queue, whole_hour};

/// One mailbox: nobody is told of others.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Discovered {
    /// Exactly one.
    peers: [Peer; 1],
}

/// Whether its owner is here.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Peer {
    /// As asked.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9_-]{21}[AQgw]$")]
    address: DepositId,
    /// A stream or a fetch is open, or it registered within the last 90 seconds.
    is_online: bool,
    /// Unix seconds, to the hour.
    last_seen: u64,
}

/// Ask whether the owner of a mailbox is here.
///
/// `Authorization: OpenRed-Cap b64(HMAC-SHA256(cap, deposit_id ‖ time:u64)[..16] ‖ time)`, or a service's `X-API-Key`.
#[utoipa::path(
    get, path = "/api/v1/peers/discover", tag = "mail",
    params(openapi::DiscoverParams),
    security(("capability" = []), ("service" = [])),
    responses(
        (status = 200, description = "The one that was asked for", body = Discovered),
        (status = 400, description = "`malformed`", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`bad_presentation`: the key is not known", body = Problem,
         content_type = "application/problem+json"),
        (status = 404, description = "`unknown`: no such mailbox, or no right to ask", body = Problem,
         content_type = "application/problem+json"),
        (status = 429, description = "`slow_down`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`busy`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn discover(
    State(parts): State<Arc<Parts>>,
    Extension(source): Extension<Source>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Json<Discovered>, Problem> {
    let Query(openapi::DiscoverParams { address }) =
        Query::try_from_uri(&uri).map_err(|error| Problem::malformed().detail(error.body_text()))?;
    let queue = parts.store.by_deposit(&[address]).await?.pop().flatten().ok_or_else(Problem::unknown)?;
    if !matches!(source, Source::Key(_)) {
        proven(&parts, &queue, &headers)?;
    }
    let is_online = parts.instances.is_here(address, parts.gate.now()).await;
    let peer = Peer { address, is_online, last_seen: whole_hour(queue.last_seen) };
    Ok(Json(Discovered { peers: [peer] }))
}

/// Who has no right is not told whether there is a mailbox.
fn proven(parts: &Parts, queue: &Queue, headers: &HeaderMap) -> Result<(), Problem> {
    let mac = caller::authorization(headers).and_then(DiscoverMac::from_header);
    let proven = mac.is_some_and(|mac| mac.verify(&queue.cap, &queue.deposit_id, parts.gate.now()).is_ok());
    if proven {
        return Ok(());
    }
    parts.counters.unsigned.add();
    Err(Problem::unknown())
}
