//! What every call of a registered node passes before it is acted on, in one order: shape, time, known, signature, rate,
//! once. Registering is another matter: nobody is known yet.
//!
//! Must not know: what the calls are for.

use std::sync::Arc;

use openred_core::call::{CallRefusal, PollCall, RequestCall};
use openred_core::grant::Request;
use openred_core::ids::{Id16, NodeId};
use openred_core::sign::PublicKey;
use openred_service::identity::Own;
use openred_service::problem::Problem;
use serde::de::DeserializeOwned;

use super::body;
use crate::gate::{Call, Gate};
use crate::nodes::{Node, Nodes};

/// A call that a registered node signs.
pub(super) trait Signed: DeserializeOwned {
    /// What it is counted as.
    const KIND: Call;
    /// What verification yields.
    type Proof;

    /// Who says to have signed it, when (unix seconds), under which id that is used once.
    fn claims(&self) -> (NodeId, u64, Id16);

    /// Verifies it under the key of who says to have signed it.
    fn verified(&self, key: &PublicKey, dir_id: &NodeId, now: u64) -> Result<Self::Proof, CallRefusal>;
}

impl Signed for PollCall {
    const KIND: Call = Call::Poll;
    type Proof = ();

    fn claims(&self) -> (NodeId, u64, Id16) {
        (self.from, self.time, self.nonce)
    }

    fn verified(&self, key: &PublicKey, dir_id: &NodeId, now: u64) -> Result<(), CallRefusal> {
        self.verify(key, dir_id, now)
    }
}

impl Signed for RequestCall {
    const KIND: Call = Call::Request;
    type Proof = Request;

    fn claims(&self) -> (NodeId, u64, Id16) {
        (self.from, self.time, self.grant_id)
    }

    fn verified(&self, key: &PublicKey, dir_id: &NodeId, now: u64) -> Result<Request, CallRefusal> {
        self.verify(key, dir_id, now)
    }
}

/// The call, who made it, and what its verification yields; the node counts as seen.
pub(super) async fn admit<C: Signed>(
    (own, gate, nodes): (&Own, &Gate, &Nodes),
    bytes: &[u8],
) -> Result<(C, Arc<Node>, C::Proof), Problem> {
    let call: C = body::read(bytes)?;
    let (from, time, id) = call.claims();
    let at = gate.now();
    gate.in_time(at, time)?;
    let node = nodes.get(&from, at.unix_secs).await?.ok_or_else(Problem::unknown)?;
    let proof = call
        .verified(node.descriptor.signing_key(), &own.node_id(), at.unix_secs)
        .map_err(|refusal| gate.refused(refusal))?;
    gate.by_node(at, C::KIND, &from)?;
    gate.once(at, &from, &id, time).await?;
    nodes.seen(&node, at.unix_secs, at.mono_ms);
    Ok((call, node, proof))
}
