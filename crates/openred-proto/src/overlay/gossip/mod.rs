//! Gossip: payloads pushed at once along trees that repair themselves, ids for everybody else, reconciliation for what
//! still got lost (PROTOCOL §6, DESIGN §7).
//!
//! What this module decides where the texts are silent:
//! - The order of checks is: duplicate, expired or ahead, budget of the deliverer, budget of the origin (looked at),
//!   key by the origin's log, signature, budget of the origin (taken). Only what bytes prove costs the deliverer.
//! - An IHAVE names a tree for its prune flag only; its ids may be of any tree, so that all ids for a neighbour leave
//!   in one frame. Who misses one asks with IWANT `tree` nil and the graft flag: the link is put back into the tree
//!   of each message that is asked for.
//! - A message is passed on with ttl − 1, also when somebody asks for it; with ttl 0 it is neither pushed nor
//!   announced, and reconciliation still finds it. The origin sends hops 1.
//! - A message that came a long way although a neighbour had announced it before puts that neighbour's link back into
//!   the tree: of the next message one of two copies comes first, and the other link is pruned.
//! - A copy with a larger ttl re-arms forwarding once if the first copy's ttl could not cross the network (below 3).
//! - A neighbour whose queue is half full gets payloads of those origins only that do not send more than twice an
//!   equal share, with a full one ids only, with twice that nothing. Nobody waits for anybody.
//!
//! Must not know: sessions, storage, how peers are chosen, how trust is reckoned.

mod acting;
mod announcing;
mod bounds;
pub(super) mod bucket;
mod counters;
mod descriptors;
mod logs;
mod messages;
mod neighbours;
mod own;
mod publishing;
mod pushing;
mod reconciling;
mod taking;
mod talkers;
mod trees;
mod verifier;
mod waiting;
mod wants;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chacha20::ChaCha8Rng;
use openred_core::{
    identity::IdentityLog,
    ids::{Hash, NodeId},
    overlay::{BodyView, Frame},
};

use super::{
    config::{self, Config, Limits},
    effect::Effects,
    peers::Peers,
    reconcile::{Sessions, Set},
    store::{Change, MessageRow, SeenRow},
    trust::Trust,
};
use crate::now::Now;

pub use counters::Counters;
pub use verifier::{RealVerifier, Verifier};

use descriptors::Descriptors;
use logs::Logs;
use messages::{Gone, Key, Messages, Whole, key};
use neighbours::Neighbours;
use publishing::Publishing;
use talkers::Talkers;
use trees::Trees;
use waiting::Waiting;
use wants::Wants;

/// What a turn of gossip may use besides its own tables.
pub(super) struct Around<'a> {
    pub(super) now: Now,
    pub(super) fx: &'a mut Effects,
    pub(super) peers: &'a mut Peers,
    pub(super) trust: &'a mut Trust,
    pub(super) verifier: &'a mut (dyn Verifier + Send),
    pub(super) counters: &'a mut Counters,
    pub(super) rng: &'a mut ChaCha8Rng,
}

/// Descriptors verified at a start: at 0.2 ms each.
const RESTORED_DESCRIPTORS_MAX: usize = 512;
/// Between two rounds of forgetting.
const HOUSEKEEPING_MS: u64 = 60_000;

/// The tables of gossip.
#[derive(Debug)]
pub(super) struct Gossip {
    me: NodeId,
    settings: config::Gossip,
    limits: Limits,
    /// Messages of others are not passed on.
    light: bool,
    neighbours: Neighbours,
    trees: Trees,
    talkers: Talkers,
    messages: Messages,
    wants: Wants,
    waiting: Waiting,
    logs: Logs,
    descriptors: Descriptors,
    publishing: Publishing,
    set: Set,
    sessions: Sessions,
    /// The newest statement held of an origin.
    statements: BTreeMap<NodeId, Key>,
    cared: BTreeSet<NodeId>,
    announce: announcing::Pace,
    /// Messages since a shorter way was looked for.
    shorten: u32,
    publish_ms: Option<u64>,
    reconcile_ms: Option<u64>,
    reconcile_again: reconciling::Again,
    housekeeping_ms: Option<u64>,
    expire_ms: Option<u64>,
}

impl Gossip {
    pub(super) fn new(log: Arc<IdentityLog>, config: &Config, logs: Vec<(NodeId, Vec<Vec<u8>>)>) -> Self {
        Self {
            me: log.node_id(),
            settings: config.gossip.clone(),
            limits: config.limits.clone(),
            light: config.peers.light,
            neighbours: Neighbours::default(),
            trees: Trees::default(),
            talkers: Talkers::default(),
            messages: Messages::default(),
            wants: Wants::default(),
            waiting: Waiting::default(),
            logs: Logs::new(log, logs),
            descriptors: Descriptors::default(),
            publishing: Publishing::default(),
            set: Set::new(),
            sessions: Sessions::new(),
            statements: BTreeMap::new(),
            cared: BTreeSet::new(),
            announce: announcing::Pace::default(),
            shorten: 0,
            publish_ms: None,
            reconcile_ms: None,
            reconcile_again: reconciling::Again::new(),
            housekeeping_ms: None,
            expire_ms: None,
        }
    }

    /// Takes back what was stored. Nothing of it is delivered or passed on; all that is alive can be served.
    pub(super) fn restore(&mut self, seen: Vec<SeenRow>, rows: Vec<MessageRow>, trust: &mut Trust, now: Now) {
        let mut seen: Vec<_> = seen.into_iter().filter(|row| row.not_after >= now.secs()).collect();
        seen.sort_unstable_by_key(|row| (row.timestamp, row.message_id));
        for row in seen {
            self.remember(row.message_id, row.sender_id, (row.timestamp, row.not_after), None, now);
        }
        let mut descriptors = 0;
        for row in rows {
            let Ok(Frame::Signed(signed)) = Frame::decode_shared(&row.frame) else { continue };
            let (head, message) = (*signed.message.head(), signed.message);
            if head.expired(now.secs()) {
                continue;
            }
            self.remember(message.id(), head.node_id, (head.timestamp, head.not_after), None, now);
            let (ttl, hops) = (signed.ttl, signed.hops);
            self.messages.hold(Whole { message: message.clone(), ttl, hops, asked: 0 }, &self.limits);
            match message.view() {
                Ok(BodyView::TrustUpdate(list)) => self.on_statement(&message, list, trust, now),
                Ok(BodyView::PeerAnnouncement(bytes)) if descriptors < RESTORED_DESCRIPTORS_MAX => {
                    descriptors += 1;
                    self.read_descriptor(&head.node_id, bytes, now);
                }
                _ => {}
            }
        }
        self.set_expiry(now);
    }

    /// Remembers an id, also for reconciliation. `false`: it is known.
    fn remember(
        &mut self,
        id: Hash,
        origin: NodeId,
        times: (u64, u64),
        whole: Option<Whole>,
        now: Now,
    ) -> bool {
        let new = self.messages.see(id, origin, times, whole, &self.limits, now);
        if new {
            self.set.insert(times.0, id);
        }
        new
    }

    /// Tells set and store what went from the tables.
    fn clear_gone(&mut self, fx: &mut Effects) {
        for gone in self.messages.take_gone() {
            match gone {
                Gone::Payload(id) => fx.store(Change::ForgetMessage { id }),
                Gone::Id { timestamp, id } => {
                    self.set.remove(timestamp, &id);
                }
            }
        }
    }

    /// A peer takes part from now on.
    pub(super) fn neighbour_up(&mut self, id: NodeId, a: &mut Around<'_>) {
        if self.neighbours.add(id, &self.limits, a.now.mono_ms).is_none() {
            return a.counters.drop("neighbours");
        }
        self.reconcile_soon(a);
    }

    /// A peer takes part no longer.
    pub(super) fn neighbour_down(&mut self, id: &NodeId, now: Now) {
        let Some(slot) = self.neighbours.remove(id) else { return };
        self.trees.forget_neighbour(slot);
        self.wants.forget_neighbour(slot, &mut self.neighbours, now.mono_ms);
        self.sessions.forget(id);
    }

    /// Whose messages, logs and descriptors stay longest.
    pub(super) fn care_for(&mut self, people: BTreeSet<NodeId>) {
        self.messages.care_for(people.clone());
        self.cared = people;
    }

    /// A frame was queued in this turn.
    pub(super) fn charge(&mut self, peer: &NodeId, bytes: usize) {
        self.neighbours.charge(peer, bytes);
    }

    /// Bytes left a queue.
    pub(super) fn sent(&mut self, peer: &NodeId, bytes: usize) {
        self.neighbours.sent(peer, bytes);
    }

    /// Ends a turn: does what is due.
    pub(super) fn turn(&mut self, a: &mut Around<'_>) {
        let now_ms = a.now.mono_ms;
        let due = |at: Option<u64>| at.is_some_and(|at| at <= now_ms);
        if due(self.expire_ms) {
            self.messages.expire(a.now);
        }
        if due(self.waiting.next_wake()) {
            self.give_up_waiting(a);
        }
        if due(self.wants.next_wake()) {
            self.ask(a);
        }
        self.reconcile_again(a);
        self.sign_next(a);
        if due(self.reconcile_ms) || due(self.sessions.next_wake()) {
            self.reconcile(a);
        }
        if due(self.announce.due_ms()) {
            self.flush(a);
        }
        if due(self.housekeeping_ms) {
            self.talkers.forget_quiet(now_ms);
            self.trees.forget_quiet(now_ms);
            self.housekeeping_ms = None;
        }
        self.clear_gone(a.fx);
        self.set_expiry(a.now);
    }

    pub(super) fn next_wake(&self) -> Option<u64> {
        let own = [self.publish_ms, self.reconcile_ms, self.housekeeping_ms, self.expire_ms];
        let parts = [
            self.wants.next_wake(),
            self.waiting.next_wake(),
            self.sessions.next_wake(),
            self.announce.due_ms(),
        ];
        own.into_iter().chain(parts).flatten().min()
    }

    /// Forgetting needs no haste: once in ten seconds.
    fn set_expiry(&mut self, now: Now) {
        let (wall_s, mono_ms) = self.messages.next_expiry();
        let wall_ms =
            wall_s.map(|at| now.mono_ms + (at * 1000).saturating_sub(now.unix_ms).clamp(10_000, 1 << 40));
        let mono_ms = mono_ms.map(|at| at.max(now.mono_ms + 10_000));
        let next = wall_ms.into_iter().chain(mono_ms).min();
        let pending = self.expire_ms.filter(|at| *at > now.mono_ms);
        self.expire_ms = match (next, pending) {
            (Some(next), Some(pending)) => Some(next.min(pending)),
            (next, _) => next,
        };
    }

    pub(super) fn log_of(&self, node_id: &NodeId) -> Option<&Arc<IdentityLog>> {
        self.logs.get(node_id)
    }

    pub(super) fn descriptor(&self, node_id: &NodeId) -> Option<&[u8]> {
        self.descriptors.get(node_id)
    }

    pub(super) fn holds(&self, id: &Hash) -> bool {
        self.messages.holds(id)
    }

    pub(super) fn held(&self) -> impl Iterator<Item = Hash> {
        self.messages.all().map(|message| message.id())
    }

    pub(super) const fn len(&self) -> usize {
        self.messages.held()
    }

    fn key_of(id: &Hash) -> Key {
        key(&id.short())
    }
}
