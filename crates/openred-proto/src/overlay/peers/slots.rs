//! Who gets a slot, and who gives his up (PROTOCOL §7).
//!
//! Slots: the owner's people; those that this node drew (≤ `outbound`, kept free of everybody else); those that came
//! to us with effective trust ≥ `min_trust_threshold`; and probation for the rest, ≤ a quarter of all. Eviction:
//! probation first, then the lowest effective trust inside the largest address group; never pinned, anchors, the 8
//! longest-lived or the last of a group; and never a link that this node chose itself for one that came to it.
//! Must not know: frames, the book.

use std::collections::{BTreeMap, BTreeSet};

use openred_core::ids::NodeId;

use super::{
    bounds::{FLOOR_BELOW_INITIAL, LONG_LIVED},
    group::Group,
    link::{Link, Links, Slot},
    settings::Settings,
};
use crate::{now::Now, overlay::trust::Trust};

/// The answer to a newcomer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// There is room.
    Free,
    /// There is room when this one goes.
    Instead(NodeId),
    /// No.
    Full,
}

/// Who asks for a slot.
#[derive(Clone, Debug)]
pub(super) struct Newcomer<'a> {
    pub(super) slot: Slot,
    pub(super) pinned: bool,
    pub(super) group: &'a Group,
}

/// What the choice of a victim looks at.
#[derive(Debug)]
pub(super) struct Slots<'a> {
    pub(super) links: &'a Links,
    pub(super) settings: &'a Settings,
    pub(super) trust: &'a Trust,
    pub(super) anchors: &'a [NodeId],
    pub(super) now: Now,
}

/// The slot of a node that came to us; None below the floor, where nobody but the owner's people is let in.
pub(super) fn slot_of_inbound(node: &NodeId, trust: &Trust, now: Now) -> Option<Slot> {
    if trust.is_contact(node) || trust.is_pinned(node) {
        return Some(Slot::Own);
    }
    if is_below_floor(node, trust, now) {
        return None;
    }
    let full = trust.effective_ppm(node, now) >= trust.settings().min_trust_threshold;
    Some(if full { Slot::Full } else { Slot::Probation })
}

/// Caught more than once: no slot, no dial.
pub(super) fn is_below_floor(node: &NodeId, trust: &Trust, now: Now) -> bool {
    trust.effective_ppm(node, now) < trust.settings().initial - FLOOR_BELOW_INITIAL
}

impl Slots<'_> {
    /// Whether the newcomer gets a slot, and whose.
    pub(super) fn admit(&self, newcomer: &Newcomer<'_>) -> Admission {
        match newcomer.slot {
            Slot::Probation => self.admit_on_probation(newcomer),
            Slot::Outbound if self.taken() < self.settings.max_peers => Admission::Free,
            Slot::Outbound => self.evict(&[Slot::Probation, Slot::Full]),
            Slot::Own | Slot::Full if self.taken_by_others() < self.places_for_others() => Admission::Free,
            Slot::Own if newcomer.pinned => {
                match self.evict(&[Slot::Probation, Slot::Full, Slot::Own, Slot::Outbound]) {
                    Admission::Full => Admission::Free,
                    admission => admission,
                }
            }
            Slot::Own | Slot::Full => self.evict(&[Slot::Probation, Slot::Full]),
        }
    }

    /// A newcomer on probation displaces only another one, of a group that has more links than his own.
    fn admit_on_probation(&self, newcomer: &Newcomer<'_>) -> Admission {
        let held = self.links.linked().filter(|(_, link)| link.slot == Slot::Probation).count();
        if held < self.settings.probation() && self.taken_by_others() < self.places_for_others() {
            return Admission::Free;
        }
        let Admission::Instead(victim) = self.evict(&[Slot::Probation]) else { return Admission::Full };
        let crowds = self.crowds();
        let size = |group: &Group| crowds.get(group).copied().unwrap_or(0);
        let crowd = self.links.get(&victim).map_or(0, |link| size(&link.group));
        if crowd > size(newcomer.group) + 1 { Admission::Instead(victim) } else { Admission::Full }
    }

    /// More links are on probation than may be.
    pub(super) fn is_probation_over(&self) -> bool {
        let held = self.links.linked().filter(|(_, link)| link.slot == Slot::Probation).count();
        held > self.settings.probation()
    }

    /// The victim: of the first of these slots that has one, in the largest address group the lowest effective trust,
    /// among equals the youngest link.
    pub(super) fn evict(&self, slots: &[Slot]) -> Admission {
        let (crowds, long_lived) = (self.crowds(), self.long_lived());
        for slot in slots {
            let victim = self
                .links
                .linked()
                .filter(|(id, link)| link.slot == *slot && !self.is_protected(id, link, &crowds, &long_lived))
                .max_by_key(|(id, link)| {
                    let crowd = crowds.get(&link.group).copied().unwrap_or(0);
                    let distrust = -self.trust.effective_ppm(id, self.now);
                    (crowd, &link.group, distrust, link.since_ms, **id)
                });
            if let Some((id, _)) = victim {
                return Admission::Instead(*id);
            }
        }
        Admission::Full
    }

    fn is_protected(
        &self,
        id: &NodeId,
        link: &Link,
        crowds: &BTreeMap<&Group, usize>,
        long_lived: &BTreeSet<NodeId>,
    ) -> bool {
        let pinned = self.trust.is_pinned(id);
        let anchor = self.anchors.contains(id);
        let last_of_group = crowds.get(&link.group).is_none_or(|n| *n <= 1);
        pinned || anchor || long_lived.contains(id) || last_of_group
    }

    fn long_lived(&self) -> BTreeSet<NodeId> {
        let mut by_age: Vec<(u64, NodeId)> =
            self.links.active().map(|(id, link)| (link.since_ms, *id)).collect();
        by_age.sort_unstable();
        by_age.into_iter().take(LONG_LIVED).map(|(_, id)| id).collect()
    }

    fn crowds(&self) -> BTreeMap<&Group, usize> {
        let mut crowds = BTreeMap::new();
        for (_, link) in self.links.linked() {
            *crowds.entry(&link.group).or_default() += 1;
        }
        crowds
    }

    fn taken(&self) -> usize {
        self.links.linked().count()
    }

    fn taken_by_others(&self) -> usize {
        self.links.linked().filter(|(_, link)| link.slot != Slot::Outbound).count()
    }

    /// All slots but those kept for own draws.
    const fn places_for_others(&self) -> usize {
        self.settings.max_peers.saturating_sub(self.settings.outbound)
    }
}
