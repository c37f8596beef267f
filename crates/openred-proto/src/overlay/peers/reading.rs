//! Questions about peers that change nothing.
//!
//! Must not know: who asks.

use openred_core::{ids::NodeId, overlay::PeerEntry};

use super::{
    Peers,
    group::Group,
    link::{Link, Slot},
    settings::Settings,
};

impl Peers {
    /// Active peers in order of id.
    pub fn active(&self) -> impl Iterator<Item = NodeId> {
        self.links.active().map(|(id, _)| *id)
    }

    /// Whether frames of this peer are taken.
    #[must_use]
    pub fn is_active(&self, peer: &NodeId) -> bool {
        self.links.get(peer).is_some_and(Link::is_active)
    }

    /// Wants no payload but what it asks for.
    #[must_use]
    pub fn is_light(&self, peer: &NodeId) -> bool {
        self.links.get(peer).is_some_and(|link| link.light)
    }

    /// Drawn by this node.
    #[must_use]
    pub fn is_outbound(&self, peer: &NodeId) -> bool {
        self.slot(peer) == Some(Slot::Outbound)
    }

    /// Wanted always by the owner.
    #[must_use]
    pub fn is_pinned(&self, peer: &NodeId) -> bool {
        self.pinned.contains(peer)
    }

    /// Why the link is there; None without one.
    #[must_use]
    pub fn slot(&self, peer: &NodeId) -> Option<Slot> {
        self.links.get(peer).filter(|link| link.is_linked()).map(|link| link.slot)
    }

    /// Milliseconds to it and back, of the last heartbeat.
    #[must_use]
    pub fn rtt_ms(&self, peer: &NodeId) -> Option<u64> {
        self.links.get(peer)?.rtt_ms
    }

    /// Address group of its link.
    #[must_use]
    pub fn group_of(&self, peer: &NodeId) -> Option<&Group> {
        self.links.get(peer).map(|link| &link.group)
    }

    /// How to reach a node, as far as known.
    #[must_use]
    pub fn entry_of(&self, node: &NodeId) -> Option<&PeerEntry> {
        self.book.get(node).map(|known| &known.entry)
    }

    /// Nodes in the address book.
    #[must_use]
    pub fn len_known(&self) -> usize {
        self.book.len()
    }

    /// Links to return to after a restart, oldest first.
    #[must_use]
    pub fn anchors(&self) -> &[NodeId] {
        self.anchors.nodes()
    }

    /// What was chosen.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }
}
