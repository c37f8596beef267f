//! The shapes of the trees that payloads travel along (DESIGN §7).
//!
//! A shape says which neighbours hear ids only. An origin that talks has a tree, all others share 16. The tree of an
//! origin begins with the shape of the shared tree that carried it so far and is shaped anew once, when it has
//! carried enough to be worth the copies; a shared tree begins with the shape of another shared one. So the copies
//! that shape a tree are paid once in a network and not once per origin.
//! The neighbour that brought the last new payload is never pruned: two messages that cross cannot cut both ways.
//! Must not know: messages, queues.

use std::collections::{BTreeMap, btree_map::Entry};

use openred_core::{ids::NodeId, overlay::Tree};

use super::{
    bounds::{BUSY_MS, OWN_TREES_MAX, PRUNE_SETTLE_MS, RESHAPE_AT},
    neighbours::{Mask, Slot, bit},
};
use crate::overlay::faults::planted;

/// Which neighbours are pushed to in one tree.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shape {
    /// Hear ids only.
    pub(super) lazy: Mask,
    /// Were told lately to send nothing.
    pruned: Mask,
    pruned_ms: u64,
    /// Brought the last new payload.
    parent: Option<Slot>,
}

/// What a second copy means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prune {
    /// Say so at once.
    Now,
    /// It was said before: say it again with the next ids.
    Again,
    /// The link stays.
    No,
}

impl Shape {
    const fn fresh(lazy: Mask) -> Self {
        Self { lazy, pruned: 0, pruned_ms: 0, parent: None }
    }

    /// The first copy of a message came from `slot`.
    fn first_from(&mut self, slot: Slot, now_ms: u64) {
        if self.pruned & bit(slot) != 0 && now_ms.saturating_sub(self.pruned_ms) < PRUNE_SETTLE_MS {
            return;
        }
        self.lazy &= !bit(slot);
        self.pruned &= !bit(slot);
        self.parent = Some(slot);
    }

    /// A further copy came from `slot`.
    fn again_from(&mut self, slot: Slot, now_ms: u64) -> Prune {
        if self.parent == Some(slot) {
            return Prune::No;
        }
        let was_lazy = self.lazy & bit(slot) != 0;
        self.lazy |= bit(slot);
        self.pruned |= bit(slot);
        self.pruned_ms = now_ms;
        if was_lazy { Prune::Again } else { Prune::Now }
    }

    fn push_to(&mut self, slot: Slot) {
        self.lazy &= !bit(slot);
        self.pruned &= !bit(slot);
    }

    fn push_no_more(&mut self, slot: Slot) {
        self.lazy |= bit(slot);
        self.forget_parent(slot);
    }

    fn forget_parent(&mut self, slot: Slot) {
        if self.parent == Some(slot) {
            self.parent = None;
        }
    }

    fn forget(&mut self, slot: Slot) {
        self.lazy &= !bit(slot);
        self.pruned &= !bit(slot);
        self.forget_parent(slot);
    }
}

#[derive(Debug)]
struct OwnTree {
    shape: Shape,
    heard_ms: u64,
    heard: u64,
}

#[derive(Debug, Default)]
pub(super) struct Trees {
    shared: BTreeMap<u8, Shape>,
    own: BTreeMap<NodeId, OwnTree>,
}

impl Trees {
    /// The tree that messages of `origin` travel along.
    pub(super) fn of(&self, origin: &NodeId) -> Tree {
        if self.own.contains_key(origin) { Tree::Origin(*origin) } else { Tree::shared(origin) }
    }

    /// Counts a message of `origin`. `busy`: it talks often enough for a tree. `fresh` gives the neighbours that hear
    /// ids only in a tree without shape.
    pub(super) fn heard(
        &mut self,
        origin: &NodeId,
        busy: bool,
        now_ms: u64,
        fresh: &mut dyn FnMut() -> Mask,
    ) {
        if let Some(tree) = self.own.get_mut(origin) {
            tree.heard_ms = now_ms;
            tree.heard += 1;
            if tree.heard == RESHAPE_AT {
                tree.shape = Shape::fresh(fresh());
            }
        } else if busy {
            let shape = self.shared.get(&shared_of(origin)).copied();
            self.make_room();
            let shape = shape.unwrap_or_else(|| Shape::fresh(fresh()));
            self.own.insert(*origin, OwnTree { shape, heard_ms: now_ms, heard: 0 });
        }
    }

    fn make_room(&mut self) {
        if self.own.len() >= OWN_TREES_MAX {
            let quietest = self.own.iter().min_by_key(|(_, tree)| tree.heard_ms).map(|(origin, _)| *origin);
            quietest.and_then(|origin| self.own.remove(&origin));
        }
    }

    /// The shape of a tree; a shared one that has none begins with that of another shared one.
    pub(super) fn shape(&mut self, tree: Tree, fresh: &mut dyn FnMut() -> Mask) -> &mut Shape {
        let of = match tree {
            Tree::Shared(of) => of,
            Tree::Origin(origin) => match self.own.entry(origin) {
                Entry::Occupied(own) => return &mut own.into_mut().shape,
                Entry::Vacant(_) => shared_of(&origin),
            },
        };
        let like = self.shared.values().next().copied();
        self.shared.entry(of).or_insert_with(|| like.unwrap_or_else(|| Shape::fresh(fresh())))
    }

    fn known(&mut self, tree: Tree) -> Option<&mut Shape> {
        match tree {
            Tree::Origin(origin) => self.own.get_mut(&origin).map(|tree| &mut tree.shape),
            Tree::Shared(of) => self.shared.get_mut(&of),
        }
    }

    pub(super) fn first_from(&mut self, tree: Tree, slot: Slot, now_ms: u64) {
        if let Some(shape) = self.known(tree) {
            shape.first_from(slot, now_ms);
        }
    }

    pub(super) fn again_from(&mut self, tree: Tree, slot: Slot, now_ms: u64) -> Prune {
        self.known(tree).map_or(Prune::No, |shape| shape.again_from(slot, now_ms))
    }

    /// A neighbour wants no payload of a tree. One that has no shape here is not taken for another: its sender hears
    /// a few copies more until this node has heard the origin as often.
    pub(super) fn pruned_by(&mut self, tree: Tree, slot: Slot) -> bool {
        if planted("prune-ignored") {
            return false;
        }
        self.known(tree).map(|shape| shape.push_no_more(slot)).is_some()
    }

    /// A neighbour wants the payloads of a tree, or of the shared one that stands for it here.
    pub(super) fn grafted_by(&mut self, tree: Tree, slot: Slot) {
        let here = match tree {
            Tree::Origin(origin) => self.of(&origin),
            Tree::Shared(_) => tree,
        };
        if let Some(shape) = self.known(here) {
            shape.push_to(slot);
        }
    }

    /// Payloads of a tree are wanted from one more neighbour. `false`: they are already.
    pub(super) fn widen(&mut self, tree: Tree, slot: Slot) -> bool {
        let Some(shape) = self.known(tree).filter(|shape| shape.lazy & bit(slot) != 0) else { return false };
        shape.push_to(slot);
        true
    }

    /// A neighbour went: its number will be somebody else's.
    pub(super) fn forget_neighbour(&mut self, slot: Slot) {
        self.shared.values_mut().for_each(|shape| shape.forget(slot));
        self.own.values_mut().for_each(|tree| tree.shape.forget(slot));
    }

    /// Trees that are unheard for ten minutes go.
    pub(super) fn forget_quiet(&mut self, now_ms: u64) {
        self.own.retain(|_, tree| now_ms.saturating_sub(tree.heard_ms) < BUSY_MS);
    }
}

const fn shared_of(origin: &NodeId) -> u8 {
    origin.0[31] % Tree::SHARED
}
