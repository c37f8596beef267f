//! What travels, and when it arrives. Must not know: what it means.

use std::collections::BTreeMap;

use openred_core::ids::{Hash, Id8, NodeId};

use super::disk::Packet;
use super::toy::{Cipher, Epoch};

/// What one node sends to another.
#[derive(Clone, Debug)]
pub(super) enum Item {
    Commit(Packet),
    Cipher(Cipher),
    Welcome(Epoch),
    Read(u64),
    Refused { epoch: u64 },
    Position { epoch: u64, tag: Id8, since: Option<u64> },
    Ask { epoch: u64, hash: Hash },
    Answer { epoch: u64, winner: Hash },
}

#[derive(Clone, Debug)]
pub(super) enum Event {
    Arrives {
        from: NodeId,
        to: NodeId,
        item: Item,
    },
    /// The next of what waits between two.
    Carries {
        from: NodeId,
        to: NodeId,
    },
    Tick {
        at: NodeId,
    },
    Says {
        who: NodeId,
    },
    Wants {
        who: NodeId,
        removes: bool,
    },
    /// Nothing passes between these and the others; empty: everything passes.
    Cut {
        side: Vec<NodeId>,
    },
    Away {
        sequencer: NodeId,
        away: bool,
    },
    Calm,
}

/// Events in the order of time, then of their making.
#[derive(Default)]
pub(super) struct Queue {
    events: BTreeMap<(u64, u64), Event>,
    made: u64,
}

impl Queue {
    pub(super) fn push(&mut self, at_ms: u64, event: Event) {
        self.made += 1;
        self.events.insert((at_ms, self.made), event);
    }

    pub(super) fn pop(&mut self) -> Option<(u64, Event)> {
        self.events.pop_first().map(|((at_ms, _), event)| (at_ms, event))
    }
}
