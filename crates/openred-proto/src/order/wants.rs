//! What this node wants changed, one commit at a time. Must not know: sequencers.

use openred_core::ids::Hash;
use serde::{Deserialize, Serialize};

use super::bounds::{SNAPSHOTS_MAX, WANTS_MAX};
use super::effect::{Change, Effect, Effects};
use super::{Busy, Order};
use crate::now::Now;

/// A change of the owner's. It is wanted until its commit is settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Want {
    pub(super) change: u64,
    urgent: bool,
    pub(super) since_ms: u64,
    /// A commit with it is applied, and may still lose.
    pub(super) in_chain: bool,
}

impl Order {
    /// How many more changes the owner may want: the driver refuses him, by name, when it is 0.
    #[must_use]
    pub fn wants_left(&self) -> usize {
        WANTS_MAX - self.wants.len()
    }

    pub(super) fn on_want(&mut self, now: Now, change: u64, urgent: bool) {
        if self.wants_left() > 0 && !self.wants.iter().any(|want| want.change == change) {
            self.wants.push(Want { change, urgent, since_ms: now.unix_ms, in_chain: false });
        }
        if urgent {
            self.next_round_ms = now.unix_ms;
        }
    }

    /// Whether something waits that must not wait for sequencers: a removal, new or made again, or healing.
    pub(super) fn is_urgent(&self) -> bool {
        let wanted = self.wants.iter().any(|want| want.urgent && !want.in_chain);
        wanted || !self.owed.is_empty() || !self.healing.readd.is_empty()
    }

    /// Since when the oldest change waits (unix ms).
    pub(super) fn waiting_since(&self) -> Option<u64> {
        self.wants.iter().filter(|want| !want.in_chain).map(|want| want.since_ms).min()
    }

    fn next_change(&self) -> Option<Change> {
        if !self.owed.is_empty() {
            return Some(Change::Remove(self.owed.clone()));
        }
        if !self.healing.readd.is_empty() {
            return Some(Change::Readd(self.healing.readd.clone()));
        }
        let waiting = || self.wants.iter().filter(|want| !want.in_chain);
        let first = waiting().find(|want| want.urgent).or_else(|| waiting().next());
        first.map(|want| Change::Own(want.change))
    }

    /// Stages the next change. One commit in each epoch: a second would take the place of the first, which may be
    /// countersigned already and could then not be applied by its own maker.
    pub(super) fn make(&mut self, fx: &mut Effects) -> bool {
        let crowded = self.chain.iter().filter(|step| step.is_open()).count() >= SNAPSHOTS_MAX;
        if !self.is_member() || self.pending().is_some() || (crowded && !self.is_urgent()) {
            return false;
        }
        let Some(change) = self.next_change() else { return false };
        fx.push(Effect::Make { change: change.clone() });
        self.busy = Some(Busy::Making(change));
        true
    }

    pub(super) fn on_made(&mut self, now: Now, hash: Hash) {
        let Some(Busy::Making(change)) = self.busy.take() else { return };
        self.note_own(change, hash);
        (self.next_round_ms, self.rounds) = (now.unix_ms, 0);
    }

    pub(super) fn on_not_made(&mut self, now: Now) {
        match self.busy.take() {
            Some(Busy::Making(Change::Own(change))) => self.wants.retain(|want| want.change != change),
            Some(Busy::Making(Change::Remove(_))) => self.owed.clear(),
            Some(Busy::Making(Change::Readd(_))) => self.healing.cannot_readd(now),
            other => self.busy = other,
        }
    }

    /// An own change of a way that is given up is wanted again, also when it was done.
    pub(super) fn want_again(&mut self, hash: &Hash, since_ms: u64) {
        let Some(Change::Own(change)) = self.known(hash).and_then(|known| known.own.clone()) else { return };
        if self.wants_left() > 0 && !self.wants.iter().any(|want| want.change == change) {
            self.wants.push(Want { change, urgent: false, since_ms, in_chain: false });
        }
    }

    pub(super) fn in_chain(&mut self, change: &Change) {
        for want in &mut self.wants {
            want.in_chain |= *change == Change::Own(want.change);
        }
    }
}
