//! Sending payloads on: to whom at once, to whom only the id.
//!
//! Must not know: whether a message is new or good.

use std::sync::Arc;

use openred_core::overlay::{Link, Tree};

use super::{
    Around, Gossip,
    messages::{Key, short},
    neighbours::{Mask, Neighbours, Room, Slot, slots},
    trees::Prune,
};
use crate::overlay::faults::planted;
use crate::overlay::peers::Peers;

/// Who hears ids only in a tree without shape. An own message is pushed to all full peers; others to twice the fanout,
/// half of them outbound or pinned, unless there are hardly more peers than that anyway.
pub(super) fn lazy_at_first(neighbours: &Neighbours, peers: &mut Peers, fanout: usize, own: bool) -> Mask {
    let all = neighbours.all();
    let eager = match () {
        () if own => neighbours.mask(peers.full()),
        () if all.count_ones() as usize <= 2 * fanout + 2 => all,
        () => neighbours.mask(peers.fanout(2 * fanout)),
    };
    if eager == 0 { 0 } else { all & !eager }
}

impl Gossip {
    /// Sends a held message along its tree, and its id beside; to nobody in `except`.
    pub(super) fn push(&mut self, key: Key, tree: Tree, except: Mask, a: &mut Around<'_>) {
        let Some(entry) = self.messages.get(key).filter(|entry| entry.ttl > 0) else { return };
        let Some(message) = entry.message() else { return };
        let ttl = if planted("ttl-unchecked") { entry.ttl } else { entry.ttl - 1 };
        let (origin, timestamp) = (entry.origin, entry.timestamp);
        let lazy = self.trees.shape(tree, &mut || 0).lazy;
        let (others, heavy) = (self.neighbours.all() & !except, self.talkers.is_heavy(&origin));
        let (eager, lazy) = (others & !lazy, others & lazy);
        // A leaf of the tree pushes to nobody and needs no frame.
        let frame = (eager != 0).then(|| message.shared_frame(ttl, entry.hops.saturating_add(1)));
        for (slot, frame) in slots(eager).zip(frame.iter().cycle()) {
            match self.neighbours.room(slot, frame.len(), &self.limits) {
                Room::Fair if heavy => self.withhold(slot, key, timestamp, a),
                Room::All | Room::Fair => {
                    a.counters.pushed += 1;
                    self.send(slot, frame.clone(), a);
                }
                Room::Ids | Room::None => self.withhold(slot, key, timestamp, a),
            }
        }
        for slot in self.announce.draw(lazy, self.settings.lazy_fanout) {
            self.note(slot, (short(key), timestamp), a);
        }
    }

    fn withhold(&mut self, slot: Slot, key: Key, timestamp: u64, a: &mut Around<'_>) {
        a.counters.withheld += 1;
        self.note(slot, (short(key), timestamp), a);
    }

    /// A second copy came over this link.
    pub(super) fn prune(&mut self, tree: Tree, slot: Slot, a: &mut Around<'_>) {
        match self.trees.again_from(tree, slot, a.now.mono_ms) {
            Prune::Now => {
                a.counters.prunes_out += 1;
                self.send(slot, Link::ihave(&tree, true, &[]).into(), a);
            }
            Prune::Again => {
                if let Some(neighbour) = self.neighbours.get_mut(slot) {
                    neighbour.prunes.insert(tree);
                }
                self.flush_later(slot, a.now);
            }
            Prune::No => {}
        }
    }

    pub(super) fn send(&mut self, slot: Slot, frame: Arc<[u8]>, a: &mut Around<'_>) {
        let Some(peer) = self.neighbours.id(slot) else { return };
        self.neighbours.queue(slot, frame.len());
        a.fx.send(peer, frame);
    }
}
