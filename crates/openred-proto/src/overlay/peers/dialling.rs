//! Whom to dial: pinned contacts, then anchors, then draws until `outbound` links stand.
//!
//! Must not know: sockets.

use openred_core::{ids::NodeId, overlay::PeerEntry};

use super::{
    Peers,
    bounds::{DISTRUST_MS, LOST_EVERY_MS, RETRY_FIRST_MS, RETRY_LONGEST_MS, RETRY_PINNED_MS},
    group::Group,
    known::Known,
    link::{Link, Slot, Stage},
    slots::is_below_floor,
};
use crate::overlay::faults::planted;
use crate::{
    now::Now,
    overlay::{effect::Effects, store::Change, trust::Trust},
};

impl Peers {
    /// The answer to `Effect::Connect` that led nowhere.
    pub fn on_connect_failed(&mut self, peer: &NodeId, now: Now, fx: &mut Effects) {
        if self.links.get(peer).is_some_and(|link| link.stage == Stage::Dialling) {
            self.links.remove(peer);
            self.dial_failed(peer, now, fx);
        }
    }

    pub(super) fn dial_failed(&mut self, peer: &NodeId, now: Now, fx: &mut Effects) {
        let longest = if self.pinned.contains(peer) { RETRY_PINNED_MS } else { RETRY_LONGEST_MS };
        if self.lost.contains(peer) {
            self.rest(peer, now.mono_ms + LOST_EVERY_MS);
            return self.soon(now);
        }
        let wait = (RETRY_FIRST_MS << self.book.failures(peer).min(16)).min(longest);
        let retry_at_ms = now.mono_ms + self.draw.jitter(wait);
        if self.book.failed(peer, retry_at_ms) {
            fx.store(Change::ForgetPeer { node_id: *peer });
        }
        self.soon(now);
    }

    /// Dials whom it takes.
    pub(super) fn dial(&mut self, now: Now, trust: &Trust, fx: &mut Effects) {
        for node in self.pinned.clone() {
            if self.is_ready(&node, now) && self.has_free_dial() {
                self.connect(&node, Slot::Own, now, fx);
            }
        }
        while self.wants_outbound() && !planted("anchors-forgotten") {
            let Some(node) = self.anchors.next_to_dial() else { break };
            let known = self.book.get(&node).filter(|known| !self.links.holds_group(&known.group, None));
            if known.is_some() && self.is_ready(&node, now) && !is_below_floor(&node, trust, now) {
                self.connect(&node, Slot::Outbound, now, fx);
            }
        }
        while self.wants_outbound() {
            let Some(node) = self.draw_next(now) else { break };
            if is_below_floor(&node, trust, now) {
                self.rest(&node, now.mono_ms + DISTRUST_MS);
            } else {
                self.connect(&node, Slot::Outbound, now, fx);
            }
        }
        self.look_across(now, trust, fx);
    }

    /// One of those who went together, beside the links that there are.
    fn look_across(&mut self, now: Now, trust: &Trust, fx: &mut Effects) {
        while self.has_free_dial() {
            let Some(node) = self.lost.due(now.mono_ms) else { return };
            let known = self.book.get(&node).filter(|known| !self.links.holds_group(&known.group, None));
            if known.is_some() && !self.links.contains(&node) && !is_below_floor(&node, trust, now) {
                self.connect(&node, Slot::Outbound, now, fx);
            }
        }
    }

    fn wants_outbound(&self) -> bool {
        self.links.drawn().count() < self.settings.outbound && self.has_free_dial()
    }

    fn has_free_dial(&self) -> bool {
        self.links.dialling() < self.settings.dials_max
    }

    fn is_ready(&self, node: &NodeId, now: Now) -> bool {
        let due = self.book.get(node).is_some_and(|known| known.retry_at_ms <= now.mono_ms);
        due && !self.links.contains(node)
    }

    fn draw_next(&mut self, now: Now) -> Option<NodeId> {
        let (private, relay) = (self.has_room_for_private(), self.has_room_for_relays());
        let (links, pinned) = (&self.links, &self.pinned);
        let ready = |id: &NodeId, known: &Known| {
            known.retry_at_ms <= now.mono_ms && !links.contains(id) && !pinned.contains(id)
        };
        let admits = |group: &Group| {
            !links.holds_group(group, None)
                && (private || !group.is_private())
                && (relay || !group.is_relay())
        };
        self.book.draw(&mut self.draw, admits, ready)
    }

    /// Whether a draw would find anybody beside those that are linked.
    pub(super) fn has_somebody_to_draw(&mut self, now: Now) -> bool {
        self.draw_next(now).is_some()
    }

    /// Groups that cost less than an address block have fewer places: domains half of them; private addresses, where
    /// they are not admitted in general (seen on the local network), a quarter.
    fn has_room_for_relays(&self) -> bool {
        self.links.drawn().filter(|link| link.group.is_relay()).count() < self.settings.outbound.div_ceil(2)
    }

    fn has_room_for_private(&self) -> bool {
        let held = self.links.drawn().filter(|link| link.group.is_private()).count();
        self.settings.allow_private || held < self.settings.outbound.div_ceil(4)
    }

    fn connect(&mut self, node: &NodeId, slot: Slot, now: Now, fx: &mut Effects) {
        let Some(known) = self.book.get(node) else { return };
        let entry = match slot {
            Slot::Own => known.entry.clone(),
            Slot::Outbound | Slot::Full | Slot::Probation => within(&known.entry, &known.group),
        };
        let mut link = Link::new(Stage::Dialling, slot, true, known.group.clone(), now.mono_ms);
        link.drawn = slot == Slot::Outbound;
        link.until_ms = now.mono_ms + self.settings.dial_timeout_ms;
        self.links.insert(*node, link);
        fx.connect(entry);
    }

    /// Tells when a dial may become possible: the earliest wait of whom we could draw or pinned.
    pub(super) fn next_dial(&self, now: Now) -> Option<u64> {
        let wants = self.wants_outbound();
        if !wants && self.pinned.is_empty() {
            return None;
        }
        let waiting = self.book.iter().filter(|(id, known)| {
            let due = self.pinned.contains(id) || wants && !self.links.holds_group(&known.group, None);
            due && known.retry_at_ms > now.mono_ms && !self.links.contains(id)
        });
        waiting.map(|(_, known)| known.retry_at_ms).min()
    }
}

/// The entry with only the addresses of this group; a relay stays with its addresses, because it finds the way to
/// them.
fn within(entry: &PeerEntry, group: &Group) -> PeerEntry {
    let mut entry = entry.clone();
    entry.addresses.retain(|address| Group::of(address).as_ref() == Some(group));
    entry
}
