//! The overlay: peers, gossip, trust and reconciliation of one node (PROTOCOL §6, §7, Annex A.8; DESIGN §7).
//!
//! [`Overlay::handle`] takes what happened and answers with verbs; it opens nothing itself. Inside are machines of one
//! subject each, which only this one drives: [`peers`] (with whom), [`trust`] (how much), `gossip` (what travels),
//! [`reconcile`] (what got lost). Frames of one peer are looked at up to a rate, before they are even decoded; beyond
//! it they are dropped unseen, so that a flood costs a bounded share of a core.
//! A handler for an application's messages is the driver's: it takes `Effect::Deliver` by the body's `app`.
//! Must not know: sockets, sessions, keys, storage.

mod by_node;
pub mod config;
mod effect;
pub mod faults;
mod gossip;
mod input;
mod pace;
pub mod peers;
pub mod reconcile;
mod routing;
pub mod store;
pub mod trust;

#[cfg(test)]
mod tests;

use std::fmt;

use chacha20::{
    ChaCha8Rng,
    rand_core::{Rng as _, SeedableRng as _},
};
use openred_core::{
    identity::IdentityLog,
    ids::{Hash, NodeId},
};

use crate::now::Now;

pub use config::Config;
pub use effect::{Effect, Effects};
pub use gossip::{Counters, RealVerifier, Verifier};
pub use input::{Acquaintance, Group, Input, Me, Source, Via};
pub use peers::PeerView;
pub use store::{Change, Restored};
pub use trust::{Metric, TrustView};

use gossip::{Gossip, bucket::Rate};
use peers::{Announcing, Peers};
use trust::Trust;

/// Seconds that an announced descriptor lives: it is announced daily, and one missed day changes nothing.
const ANNOUNCEMENT_LIFE_S: u64 = 3 * 86_400;
/// Seconds that own statements live: they are made daily.
const STATEMENTS_LIFE_S: u64 = 14 * 86_400;
/// Statements asked for at once.
const STATEMENTS_ASKED: u8 = 32;

/// The overlay of one identity.
pub struct Overlay {
    peers: Peers,
    trust: Trust,
    gossip: Gossip,
    announcing: Announcing,
    /// Frames of one peer that are looked at.
    intake_rate: Rate,
    verifier: Box<dyn Verifier + Send>,
    counters: Counters,
    rng: ChaCha8Rng,
    /// What was stored is taken back with the first input, which brings the time.
    restored: Option<(Vec<store::SeenRow>, Vec<store::MessageRow>)>,
}

impl fmt::Debug for Overlay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Overlay({} peers, {} messages)", self.peers.active().count(), self.gossip.len())
    }
}

impl Overlay {
    /// The overlay of `me` with what was stored before. `seed`: 32 random bytes; equal seeds and inputs give equal
    /// effects. `metric` reckons trust, `verifier` checks signatures.
    #[must_use]
    pub fn new(
        me: Me,
        config: Config,
        seed: [u8; 32],
        restored: Restored,
        verifier: Box<dyn Verifier + Send>,
        metric: Box<dyn Metric + Send>,
    ) -> Self {
        let mut rng = ChaCha8Rng::from_seed(seed);
        let mut draw = || {
            let mut bytes = [0; 32];
            rng.fill_bytes(&mut bytes);
            bytes
        };
        let (peers_seed, fresh_secret) = (draw(), draw());
        let secret = restored.secret.unwrap_or(fresh_secret);
        let gossip = Gossip::new(me.log, &config, restored.logs);
        let intake_rate = Rate { per_s: config.limits.frames_per_s, burst_s: 2 };
        Self {
            trust: Trust::new(me.node_id, config.trust, metric, restored.trust),
            peers: Peers::new(me.node_id, config.peers, peers_seed, secret, restored.peers, restored.anchors),
            gossip,
            announcing: Announcing::new(),
            intake_rate,
            verifier,
            counters: Counters::default(),
            rng,
            restored: Some((restored.seen, restored.messages)),
        }
    }

    /// Takes one input and appends what is to be done.
    pub fn handle(&mut self, now: Now, input: Input, fx: &mut Effects) {
        let start = fx.len();
        if let Some((seen, messages)) = self.restored.take() {
            self.gossip.restore(seen, messages, &mut self.trust, now);
        }
        self.on_input(now, input, fx);
        self.wake(now, fx);
        self.turned(now, fx);
        let (gossip, mut a) = self.parts(now, fx);
        gossip.turn(&mut a);
        self.count(start, fx);
    }

    /// When to call again with [`Input::Tick`] at the latest (monotonic ms).
    #[must_use]
    pub fn next_wake(&self) -> Option<u64> {
        let parts = [
            self.peers.next_wake(),
            self.trust.next_wake(),
            self.announcing.next_wake(),
            self.gossip.next_wake(),
        ];
        parts.into_iter().flatten().min()
    }

    /// Linked peers, for the network page.
    #[must_use]
    pub fn peers(&self, now: Now) -> Vec<PeerView> {
        self.peers.views(now)
    }

    /// What is thought of a node, with the numbers behind it.
    #[must_use]
    pub fn trust(&self, node_id: &NodeId, now: Now) -> TrustView {
        self.trust.view(node_id, now)
    }

    /// Who takes part: linked peers that have greeted, in order of id.
    pub fn active(&self) -> impl Iterator<Item = NodeId> {
        self.peers.active()
    }

    /// What [`Self::trust`] says in one number, without the reasons: direct trust and boost, in millionths.
    #[must_use]
    pub fn effective_trust(&self, node_id: &NodeId, now: Now) -> trust::Ppm {
        self.trust.effective_ppm(node_id, now)
    }

    /// The identity log held of an origin, to serve it to others (REQUEST `log`).
    #[must_use]
    pub fn log_of(&self, node_id: &NodeId) -> Option<&IdentityLog> {
        self.gossip.log_of(node_id).map(|log| &**log)
    }

    /// The newest descriptor heard of a node: a signed object, verified.
    #[must_use]
    pub fn find(&self, node_id: &NodeId) -> Option<&[u8]> {
        self.gossip.descriptor(node_id)
    }

    /// The messages behind [`Effect::Sign`], unsigned, as a keeper reads them before it signs; none once it is
    /// answered.
    #[must_use]
    pub fn batch(&self, batch: u64) -> Option<&[Vec<u8>]> {
        self.gossip.batch(batch)
    }

    /// Sums since the start.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Whether the whole message of this id is here.
    #[must_use]
    pub fn holds(&self, id: &Hash) -> bool {
        self.gossip.holds(id)
    }

    /// Ids of the whole messages that are here, in order.
    pub fn held(&self) -> impl Iterator<Item = Hash> {
        self.gossip.held()
    }

    /// Whole messages held.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.gossip.len()
    }

    /// Whether no message is held.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
