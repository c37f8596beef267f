//! `POST /api/v3/nodes/register`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use openred_core::call::{RegisterAnswer, RegisterCall};
use openred_core::descriptor::Descriptor;
use openred_core::ids::b64_encode;
use openred_service::identity::Own;
use openred_service::problem::Problem;

use super::{body, openapi};
use crate::counters::Counters;
use crate::gate::{Call, Gate, Moment};
use crate::nodes::flags::Flags;
use crate::nodes::{Node, Nodes, RegisterError, Registration, Stale};

/// Register, renew or remove a node.
///
/// The newest `time` wins, and a rotated key wins over any time. A registration ends with its descriptor.
#[utoipa::path(
    post, path = "/api/v3/nodes/register", tag = "nodes",
    request_body = openapi::RegisterBody,
    responses(
        (status = 200, description = "Registered", body = openapi::Registered),
        (status = 400, description = "`malformed`", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`bad_signature`: not by the current key, or the clock is off", body = Problem,
         content_type = "application/problem+json"),
        (status = 409, description = "`stale`: something newer is held, in `descriptor`; `conflict`: the identity \
         log contradicts the one held", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "`too_large`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`slow_down`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`busy`", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "`full`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn register(
    State(own): State<Arc<Own>>,
    State(gate): State<Arc<Gate>>,
    State(nodes): State<Arc<Nodes>>,
    State(counters): State<Arc<Counters>>,
    body: Bytes,
) -> Result<Json<RegisterAnswer>, Problem> {
    let verified = verified(&own, &gate, &body)?;
    let node = keep(verified, (&gate, &nodes, &counters)).await?;
    Ok(Json(RegisterAnswer {
        node_id: node.id(),
        desc_hash: node.descriptor.hash(),
        expires: if node.flags.remove() { 0 } else { node.descriptor.body().expires },
    }))
}

/// A call that the node's own current key has signed.
pub(super) struct Verified {
    call: RegisterCall,
    descriptor: Descriptor,
    at: Moment,
}

impl Verified {
    /// What it registers.
    pub(super) fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }
}

/// Reads a registration and checks time and signature.
pub(super) fn verified(own: &Own, gate: &Gate, body: &[u8]) -> Result<Verified, Problem> {
    let call: RegisterCall = body::read(body)?;
    let at = gate.now();
    gate.in_window(at, call.time)?;
    let descriptor = call.verify(&own.node_id(), at.unix_secs).map_err(|refusal| gate.refused(refusal))?;
    Ok(Verified { call, descriptor, at })
}

/// Counts a registration and takes it, durably.
pub(super) async fn keep(
    Verified { call, descriptor, at }: Verified,
    (gate, nodes, counters): (&Gate, &Nodes, &Counters),
) -> Result<Arc<Node>, Problem> {
    gate.by_node(at, Call::Register, &descriptor.node_id())?;
    let registration = acceptable(descriptor, &call, at)?;
    let node = nodes.register(registration, at.unix_secs, at.mono_ms).await.map_err(|error| {
        if matches!(error, RegisterError::Fork) {
            counters.forked.add();
        }
        problem(error)
    })?;
    counters.registered.add();
    Ok(node)
}

/// A descriptor that others can use now, and flags that mean something.
fn acceptable(descriptor: Descriptor, call: &RegisterCall, at: Moment) -> Result<Registration, Problem> {
    let flags = Flags::from_byte(call.flags.0)
        .ok_or_else(|| Problem::malformed().detail("flags: unknown bits are set"))?;
    let now_ms = at.unix_ms;
    descriptor.check_time(now_ms).map_err(|error| Problem::malformed().detail(error.to_string()))?;
    if descriptor.is_expired(now_ms) {
        return Err(Problem::malformed().detail("the descriptor has expired"));
    }
    if flags.push() && descriptor.body().api_url.is_none() {
        return Err(Problem::malformed().detail("flags: push needs an api_url in the descriptor"));
    }
    Ok(Registration { descriptor, flags, time: call.time })
}

fn problem(error: RegisterError) -> Problem {
    match error {
        RegisterError::Stale(Stale { descriptor: Some(held) }) => {
            Problem::stale().with("descriptor", b64_encode(held))
        }
        RegisterError::Stale(Stale { descriptor: None }) => Problem::stale(),
        RegisterError::Fork => Problem::conflict()
            .detail("another entry is held for a place of this identity log; both are kept as proof"),
        RegisterError::Full => Problem::full(),
        RegisterError::Database(error) => error.into(),
    }
}
