//! The limits of a directory, by kind of call. Counted by the monotonic clock.
//!
//! Must not know: HTTP.

use std::sync::Arc;

use openred_core::ids::NodeId;
use openred_service::limits::{Limiter, Prefix, Rate, SlowDown};

use super::Call;
use crate::config::Limits;
use crate::instances::Instances;

/// Nodes and prefixes remembered per limit; a forgotten one starts anew.
const KEYS_MAX: usize = 200_000;

/// All limits: of this process by buckets, and of all processes together by the minute.
#[derive(Debug)]
pub(super) struct Limiters {
    limits: Limits,
    instances: Option<Arc<Instances>>,
    all: Limiter<()>,
    prefixes: Limiter<Prefix>,
    registers: Limiter<NodeId>,
    requests: Limiter<NodeId>,
    polls: Limiter<NodeId>,
    tokens: Limiter<NodeId>,
    routes: Limiter<NodeId>,
}

impl Limiters {
    /// Everybody starts anew, but for what other processes have counted.
    pub(super) fn new(limits: &Limits, instances: Option<Arc<Instances>>) -> Self {
        let by_node = |per_minute| Limiter::new(Rate::per_minute(per_minute), KEYS_MAX);
        Self {
            limits: limits.clone(),
            instances,
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
        self.all.take((), mono_ms)?;
        let bytes: &[u8] = match &prefix {
            Prefix::V4(bytes) => bytes,
            Prefix::V6(bytes) => bytes,
        };
        self.of_all("prefix", bytes, self.limits.calls_per_prefix)?;
        self.of_all("all", &[], self.limits.calls)
    }

    /// A verified call of a node. Before the signature is checked anybody could use up another's limit.
    pub(super) fn by_node(&self, mono_ms: u64, call: Call, node: NodeId) -> Result<(), SlowDown> {
        let (limiter, name, per_minute) = match call {
            Call::Register => (&self.registers, "register", self.limits.registers_per_node),
            Call::Request => (&self.requests, "request", self.limits.requests_per_node),
            Call::Poll => (&self.polls, "poll", self.limits.polls_per_node),
            Call::Token => (&self.tokens, "token", self.limits.tokens_per_node),
            Call::Route => (&self.routes, "route", self.limits.routes_per_node),
        };
        limiter.take(node, mono_ms)?;
        self.of_all(name, &node.0, per_minute)
    }

    fn of_all(&self, limit: &'static str, of: &[u8], per_minute: u32) -> Result<(), SlowDown> {
        self.instances.as_ref().map_or(Ok(()), |instances| instances.take(limit, of, per_minute))
    }
}
