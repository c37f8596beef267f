//! The limits of a directory, by kind of call. Counted by the monotonic clock.
//!
//! Must not know: HTTP.

use openred_core::ids::NodeId;
use openred_service::limits::{Limiter, Prefix, Rate, SlowDown};

use super::Call;
use crate::config::Limits;

/// Nodes and prefixes remembered per limit; a forgotten one starts anew.
const KEYS_MAX: usize = 200_000;

/// All limits.
#[derive(Debug)]
pub(super) struct Limiters {
    all: Limiter<()>,
    prefixes: Limiter<Prefix>,
    registers: Limiter<NodeId>,
    requests: Limiter<NodeId>,
    polls: Limiter<NodeId>,
    tokens: Limiter<NodeId>,
    routes: Limiter<NodeId>,
}

impl Limiters {
    pub(super) fn new(limits: &Limits) -> Self {
        let by_node = |per_minute| Limiter::new(Rate::per_minute(per_minute), KEYS_MAX);
        Self {
            all: Limiter::new(Rate::per_minute(limits.calls), 2),
            prefixes: Limiter::new(Rate::per_minute(limits.calls_per_prefix), KEYS_MAX),
            registers: by_node(limits.registers_per_node),
            requests: by_node(limits.requests_per_node),
            polls: by_node(limits.polls_per_node),
            tokens: by_node(limits.tokens_per_node),
            routes: by_node(limits.routes_per_node),
        }
    }

    /// Any call, under its caller's prefix and all together.
    pub(super) fn by_prefix(&self, mono_ms: u64, prefix: Prefix) -> Result<(), SlowDown> {
        self.prefixes.take(prefix, mono_ms)?;
        self.all.take((), mono_ms)
    }

    /// A verified call of a node. Before the signature is checked anybody could use up another's limit.
    pub(super) fn by_node(&self, mono_ms: u64, call: Call, node: NodeId) -> Result<(), SlowDown> {
        let limiter = match call {
            Call::Register => &self.registers,
            Call::Request => &self.requests,
            Call::Poll => &self.polls,
            Call::Token => &self.tokens,
            Call::Route => &self.routes,
        };
        limiter.take(node, mono_ms)
    }
}
