//! What came already: (id_A, nonce) of kinds 2–4, and the replies of accepted hellos for equal retries (PROTOCOL §4).
//!
//! Must not know: tickets.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use openred_core::{
    hello::{Attempt, Hello, HelloReply},
    ids::{Id16, NodeId},
};

use super::{
    Now,
    bounds::{REPLAY_MAX, REPLAY_MS, REPLIES_MAX},
};

/// Nonces of 20 minutes, by the monotonic clock.
#[derive(Debug, Default)]
pub(super) struct Replays {
    seen: BTreeSet<(NodeId, Id16)>,
    order: VecDeque<(u64, (NodeId, Id16))>,
}

impl Replays {
    pub(super) fn is_full(&self) -> bool {
        self.seen.len() >= REPLAY_MAX
    }

    pub(super) fn was_seen(&self, hello: &Hello) -> bool {
        self.seen.contains(&(hello.id_a, hello.nonce))
    }

    pub(super) fn remember(&mut self, now: Now, hello: &Hello) {
        let key = (hello.id_a, hello.nonce);
        if self.seen.insert(key) {
            self.order.push_back((now.mono_ms + REPLAY_MS, key));
        }
    }

    pub(super) fn forget_old(&mut self, now: Now) {
        while let Some((until, key)) = self.order.front()
            && *until < now.mono_ms
        {
            self.seen.remove(key);
            self.order.pop_front();
        }
    }
}

/// Replies of accepted hellos; the oldest go first.
#[derive(Debug, Default)]
pub(super) struct Replies {
    stored: BTreeMap<Attempt, HelloReply>,
    order: VecDeque<Attempt>,
}

impl Replies {
    pub(super) fn get(&self, attempt: &Attempt) -> Option<&HelloReply> {
        self.stored.get(attempt)
    }

    pub(super) fn store(&mut self, attempt: Attempt, reply: HelloReply) {
        if self.stored.insert(attempt, reply).is_none() {
            self.order.push_back(attempt);
        }
        if self.order.len() > REPLIES_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.stored.remove(&oldest);
        }
    }
}
