//! One link, from the dial to its end, and the table of all.
//!
//! Must not know: addresses beyond the group, trust.

use openred_core::ids::NodeId;

use super::{group::Group, source::Via};
use crate::{
    now::Now,
    overlay::{by_node::ByNode, gossip::bucket::Bucket, pace::Pace},
};

/// Why a link is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// One of the owner's people; a pinned one is never evicted.
    Own,
    /// Drawn by this node: ≤ 1 per address group.
    Outbound,
    /// Came to us and earned `min_trust_threshold`.
    Full,
    /// Came to us and has earned nothing yet: ≤ a quarter of the slots.
    Probation,
}

/// How far a link has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Dialling,
    Greeting,
    Active,
}

#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) stage: Stage,
    /// Dialling and greeting end then (monotonic ms).
    pub(super) until_ms: u64,
    pub(super) slot: Slot,
    /// Begun by us.
    pub(super) outbound: bool,
    /// Drawn from the book, not dialled for the owner's people.
    pub(super) drawn: bool,
    pub(super) group: Group,
    pub(super) via: Via,
    /// The peer wants no payload but what it asks for.
    pub(super) light: bool,
    pub(super) since_ms: u64,
    pub(super) heard_ms: u64,
    /// When the first heartbeat after the last sign of life left.
    pub(super) asked_ms: Option<u64>,
    pub(super) counter: u64,
    /// When the heartbeat of `counter` left.
    pub(super) sent_ms: u64,
    pub(super) rtt_ms: Option<u64>,
    /// Its clock minus ours, seconds, at the last sign that told.
    pub(super) skew_s: i64,
    pub(super) answers: Pace,
    pub(super) entries: Pace,
    /// Frames that may still be looked at.
    pub(super) intake: Bucket,
}

impl Link {
    pub(super) const fn new(stage: Stage, slot: Slot, outbound: bool, group: Group, now_ms: u64) -> Self {
        Self {
            stage,
            until_ms: 0,
            slot,
            outbound,
            drawn: false,
            group,
            via: Via::Direct,
            light: false,
            since_ms: now_ms,
            heard_ms: now_ms,
            asked_ms: None,
            counter: 0,
            sent_ms: 0,
            rtt_ms: None,
            skew_s: 0,
            answers: Pace::new(),
            entries: Pace::new(),
            intake: Bucket::EMPTY,
        }
    }

    /// A sign of life.
    pub(super) const fn heard(&mut self, now: Now) {
        self.heard_ms = now.mono_ms;
        self.asked_ms = None;
    }

    pub(super) const fn is_active(&self) -> bool {
        matches!(self.stage, Stage::Active)
    }

    /// Takes a slot: everything but a dial under way.
    pub(super) const fn is_linked(&self) -> bool {
        !matches!(self.stage, Stage::Dialling)
    }

    /// Chosen by us or by the owner: no attacker can make these links come about.
    pub(super) const fn is_steady(&self) -> bool {
        matches!(self.slot, Slot::Own | Slot::Outbound)
    }
}

/// All links in order of node id.
#[derive(Debug, Default)]
pub(super) struct Links(ByNode<Link>);

impl Links {
    pub(super) fn get(&self, node: &NodeId) -> Option<&Link> {
        self.0.get(node)
    }

    pub(super) fn get_mut(&mut self, node: &NodeId) -> Option<&mut Link> {
        self.0.get_mut(node)
    }

    pub(super) fn insert(&mut self, node: NodeId, link: Link) {
        self.0.insert(node, link);
    }

    pub(super) fn remove(&mut self, node: &NodeId) -> Option<Link> {
        self.0.remove(node)
    }

    pub(super) fn contains(&self, node: &NodeId) -> bool {
        self.0.contains(node)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&NodeId, &Link)> {
        self.0.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (&NodeId, &mut Link)> {
        self.0.iter_mut()
    }

    /// Links that passed the greeting.
    pub(super) fn active(&self) -> impl Iterator<Item = (&NodeId, &Link)> {
        self.0.iter().filter(|(_, link)| link.is_active())
    }

    /// Links that take a slot.
    pub(super) fn linked(&self) -> impl Iterator<Item = (&NodeId, &Link)> {
        self.0.iter().filter(|(_, link)| link.is_linked())
    }

    pub(super) fn dialling(&self) -> usize {
        self.0.iter().filter(|(_, link)| !link.is_linked()).count()
    }

    /// Whether another link begun by us, dials included, holds this address group.
    pub(super) fn holds_group(&self, group: &Group, except: Option<&NodeId>) -> bool {
        self.0.iter().any(|(id, link)| link.drawn && link.group == *group && Some(id) != except)
    }

    /// Links and dials that this node drew.
    pub(super) fn drawn(&self) -> impl Iterator<Item = &Link> {
        self.0.iter().map(|(_, link)| link).filter(|link| link.drawn)
    }
}
