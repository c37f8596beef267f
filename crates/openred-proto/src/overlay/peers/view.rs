//! What the network page shows of peers.
//!
//! Must not know: how it is shown.

use openred_core::ids::NodeId;

use super::{
    Peers,
    group::{Group, Introducer},
    known::Known,
    link::{Link, Slot, Stage},
    source::Via,
};
use crate::now::Now;

/// S3's peer states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PeerState {
    /// Linked and operational.
    Active,
    /// A dial or greeting is under way.
    Connecting,
    /// Discovered, not linked.
    Known,
}

/// One peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerView {
    /// Who.
    pub node_id: NodeId,
    /// How far.
    pub state: PeerState,
    /// Why the link is there; None without one.
    pub slot: Option<Slot>,
    /// Begun by us.
    pub outbound: bool,
    /// Wanted always by the owner.
    pub pinned: bool,
    /// Dialled first after a restart.
    pub anchor: bool,
    /// Wants no payload but what it asks for.
    pub light: bool,
    /// Address group of the link, else the one under which it is filed.
    pub group: Option<Group>,
    /// Who told us.
    pub introducer: Option<Introducer>,
    /// Through what the link runs.
    pub via: Option<Via>,
    /// Milliseconds to it and back, of the last heartbeat.
    pub rtt_ms: Option<u64>,
    /// How long the link lasts, milliseconds.
    pub age_ms: Option<u64>,
    /// How long it has been silent, milliseconds.
    pub silent_ms: Option<u64>,
    /// Its clock minus ours, seconds.
    pub skew_s: Option<i64>,
    /// Failed dials in a row.
    pub failures: u8,
    /// Unix seconds of the last sign of life; 0 = never.
    pub last_seen: u64,
}

impl Peers {
    /// One peer, linked or known.
    #[must_use]
    pub fn view(&self, node: &NodeId, now: Now) -> Option<PeerView> {
        let (link, known) = (self.links.get(node), self.book.get(node));
        (link.is_some() || known.is_some()).then(|| self.look(node, link, known, now))
    }

    /// All peers: active ones first, then connecting, then known; each in order of id.
    #[must_use]
    pub fn views(&self, now: Now) -> Vec<PeerView> {
        let linked = self.links.iter().map(|(id, link)| self.look(id, Some(link), self.book.get(id), now));
        let others = self.book.iter().filter(|(id, _)| !self.links.contains(id));
        let others = others.map(|(id, known)| self.look(id, None, Some(known), now));
        let mut views: Vec<PeerView> = linked.chain(others).collect();
        views.sort_by_key(|view| (view.state, view.node_id));
        views
    }

    fn look(&self, node: &NodeId, link: Option<&Link>, known: Option<&Known>, now: Now) -> PeerView {
        let up = link.filter(|link| link.is_linked());
        PeerView {
            node_id: *node,
            state: match link.map(|link| link.stage) {
                None => PeerState::Known,
                Some(Stage::Active) => PeerState::Active,
                Some(Stage::Dialling | Stage::Greeting) => PeerState::Connecting,
            },
            slot: link.map(|link| link.slot),
            outbound: link.is_some_and(|link| link.outbound),
            pinned: self.pinned.contains(node),
            anchor: self.anchors.contains(node),
            light: link.is_some_and(|link| link.light),
            group: link.map(|link| &link.group).or(known.map(|known| &known.group)).cloned(),
            introducer: known.map(|known| known.introducer.clone()),
            via: up.map(|link| link.via),
            rtt_ms: up.and_then(|link| link.rtt_ms),
            age_ms: up.map(|link| now.mono_ms.saturating_sub(link.since_ms)),
            silent_ms: up.map(|link| now.mono_ms.saturating_sub(link.heard_ms)),
            skew_s: up.map(|link| link.skew_s),
            failures: known.map_or(0, |known| known.failures),
            last_seen: known.map_or(0, |known| known.last_seen),
        }
    }
}
