//! The neighbours that gossip talks with: a small number each, what lies in their queues, what they may cost.
//!
//! Numbers are reused; whoever keeps them (trees, wants) forgets a number when its neighbour goes.
//! Must not know: why somebody is a neighbour.

use std::collections::BTreeSet;

use openred_core::{
    ids::{Id16, NodeId},
    overlay::Tree,
};

use super::{
    bounds::{NEIGHBOURS_MAX, UNANSWERED_MAX},
    bucket::{Bucket, Rate},
};
use crate::overlay::{by_node::ByNode, config::Limits};

/// Number of a neighbour, below [`NEIGHBOURS_MAX`].
pub(super) type Slot = u8;
/// One bit per number.
pub(super) type Mask = u128;

pub(super) const fn bit(slot: Slot) -> Mask {
    1 << slot
}

/// The numbers in a mask, ascending.
pub(super) fn slots(mut mask: Mask) -> impl Iterator<Item = Slot> {
    std::iter::from_fn(move || {
        let slot =
            u8::try_from(mask.trailing_zeros()).ok().filter(|slot| usize::from(*slot) < NEIGHBOURS_MAX)?;
        mask &= mask - 1;
        Some(slot)
    })
}

#[derive(Debug)]
pub(super) struct Neighbour {
    pub(super) id: NodeId,
    /// Bytes in its queue at the end of the last turn.
    queued: usize,
    /// Bytes queued in this turn.
    turn: usize,
    /// Ids to announce to it.
    pub(super) announce: Vec<(Id16, u64)>,
    /// Trees to be pruned once more.
    pub(super) prunes: BTreeSet<Tree>,
    /// New messages that it brings.
    pub(super) brings: Bucket,
    /// Unknown origins that it brings.
    pub(super) origins: Bucket,
    /// Messages that it asks for.
    pub(super) asks: Bucket,
    /// Requests to it that were not answered, in a row.
    pub(super) unanswered: u32,
    /// Ids asked of it and not yet come.
    pub(super) asked: u32,
    /// Ids waited for that it announced first.
    pub(super) announced: usize,
}

impl Neighbour {
    /// Whether it has not left request after request unanswered.
    pub(super) const fn answers(&self) -> bool {
        self.unanswered < UNANSWERED_MAX
    }
}

/// How much a neighbour's queue can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Room {
    /// Nothing more.
    None,
    /// Ids.
    Ids,
    /// Payloads of origins that do not send more than their share.
    Fair,
    /// Everything.
    All,
}

#[derive(Debug, Default)]
pub(super) struct Neighbours {
    index: ByNode<Slot>,
    slots: Vec<Option<Neighbour>>,
    all: Mask,
}

impl Neighbours {
    /// Gives a number; `None` when all are taken or it has one.
    pub(super) fn add(&mut self, id: NodeId, limits: &Limits, now_ms: u64) -> Option<Slot> {
        if self.index.contains(&id) {
            return None;
        }
        let at = self.slots.iter().position(Option::is_none).unwrap_or(self.slots.len());
        let slot = u8::try_from(at).ok().filter(|_| at < NEIGHBOURS_MAX)?;
        if at == self.slots.len() {
            self.slots.push(None);
        }
        *self.slots.get_mut(at)? = Some(Neighbour {
            id,
            queued: 0,
            turn: 0,
            announce: Vec::new(),
            prunes: BTreeSet::new(),
            brings: Bucket::full(brings(limits), now_ms),
            origins: Bucket::full(origins(limits), now_ms),
            asks: Bucket::full(brings(limits), now_ms),
            unanswered: 0,
            asked: 0,
            announced: 0,
        });
        self.index.insert(id, slot);
        self.all |= bit(slot);
        Some(slot)
    }

    pub(super) fn remove(&mut self, id: &NodeId) -> Option<Slot> {
        let slot = self.index.remove(id)?;
        *self.slots.get_mut(usize::from(slot))? = None;
        self.all &= !bit(slot);
        Some(slot)
    }

    pub(super) fn slot(&self, id: &NodeId) -> Option<Slot> {
        self.index.get(id).copied()
    }

    pub(super) fn get(&self, slot: Slot) -> Option<&Neighbour> {
        self.slots.get(usize::from(slot))?.as_ref()
    }

    pub(super) fn get_mut(&mut self, slot: Slot) -> Option<&mut Neighbour> {
        self.slots.get_mut(usize::from(slot))?.as_mut()
    }

    pub(super) fn id(&self, slot: Slot) -> Option<NodeId> {
        self.get(slot).map(|neighbour| neighbour.id)
    }

    pub(super) const fn all(&self) -> Mask {
        self.all
    }

    pub(super) fn mask(&self, ids: impl IntoIterator<Item = NodeId>) -> Mask {
        ids.into_iter().filter_map(|id| self.slot(&id)).fold(0, |mask, slot| mask | bit(slot))
    }

    /// What `slot` can take of `bytes` more.
    pub(super) fn room(&self, slot: Slot, bytes: usize, limits: &Limits) -> Room {
        let Some(neighbour) = self.get(slot) else { return Room::None };
        let after = neighbour.queued + neighbour.turn + bytes;
        let limit = limits.peer_queue_bytes;
        match () {
            () if after <= limit / 2 => Room::All,
            () if after <= limit => Room::Fair,
            () if after <= limit * 2 => Room::Ids,
            () => Room::None,
        }
    }

    /// Notes what was queued just now.
    pub(super) fn queue(&mut self, slot: Slot, bytes: usize) {
        if let Some(neighbour) = self.get_mut(slot) {
            neighbour.turn += bytes;
        }
    }

    /// Counts a frame that was queued in this turn, whoever queued it. All are told at the end of the turn.
    pub(super) fn charge(&mut self, id: &NodeId, bytes: usize) {
        if let Some(neighbour) = self.slot(id).and_then(|slot| self.get_mut(slot)) {
            neighbour.queued += bytes;
            neighbour.turn = neighbour.turn.saturating_sub(bytes);
        }
    }

    /// Bytes left the queue.
    pub(super) fn sent(&mut self, id: &NodeId, bytes: usize) {
        if let Some(neighbour) = self.slot(id).and_then(|slot| self.get_mut(slot)) {
            neighbour.queued = neighbour.queued.saturating_sub(bytes);
        }
    }
}

pub(super) const fn brings(limits: &Limits) -> Rate {
    Rate { per_s: limits.peer_per_s, burst_s: 2 }
}

pub(super) const fn origins(limits: &Limits) -> Rate {
    Rate { per_s: limits.origins_per_s, burst_s: 60 }
}
