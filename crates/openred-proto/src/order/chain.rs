//! The own way through the tree of commits: going on, going back, settling. Must not know: how commits come to be.

use openred_core::ids::{Hash, Id8, NodeId};
use serde::{Deserialize, Serialize};

use super::bounds::{REMOVED_MAX, SETTLED_MS, SNAPSHOTS_MAX, STEPS_MAX};
use super::effect::{Change, Effect, Effects};
use super::faults::planted;
use super::input::View;
use super::{Busy, Order};
use crate::now::Now;

/// One applied commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Step {
    /// The epoch that it ended.
    pub(super) epoch: u64,
    /// Tag of that epoch.
    pub(super) tag: Id8,
    /// Sequencers of that epoch.
    pub(super) sequencers: Vec<NodeId>,
    pub(super) hash: Hash,
    pub(super) at_ms: u64,
    /// Who was removed.
    removed: Vec<NodeId>,
    /// The snapshot of that epoch is kept: the step is not settled.
    snapshot: bool,
}

impl Step {
    /// Whether another commit may still take its place.
    pub(super) const fn is_open(&self) -> bool {
        self.snapshot
    }

    pub(super) const fn settles_ms(&self) -> u64 {
        self.at_ms + SETTLED_MS
    }
}

impl Order {
    /// Steps that nothing can displace any more lose their snapshots, and own changes in them are done.
    pub(super) fn settle(&mut self, now: Now, fx: &mut Effects) {
        for step in &mut self.chain {
            // A clock that was ahead must not keep a snapshot for longer.
            step.at_ms = step.at_ms.min(now.unix_ms);
        }
        let open = self.chain.iter().filter(|step| step.is_open()).count();
        let mut too_many = open.saturating_sub(SNAPSHOTS_MAX);
        for at in 0..self.chain.len() {
            let step = &self.chain[at];
            let first = self.known(&step.hash).is_some_and(|known| known.place(&step.sequencers) == 0);
            let over = first || now.unix_ms >= step.settles_ms() || too_many > 0;
            if step.is_open() && over && !planted("snapshot-never-shredded") {
                too_many = too_many.saturating_sub(1);
                fx.push(Effect::Shred { epoch: step.epoch });
                self.chain[at].snapshot = false;
            }
            if !self.chain[at].snapshot {
                self.done(self.chain[at].hash, fx);
            }
        }
        let settled = self.chain.iter().take_while(|step| !step.is_open()).count();
        self.chain.drain(..settled.min(self.chain.len().saturating_sub(STEPS_MAX)));
        self.bound_commits(fx);
    }

    /// Goes back to the first open step that a better commit displaces.
    pub(super) fn go_back(&mut self, fx: &mut Effects) -> bool {
        let lost = self.chain.iter().position(|step| {
            let best = self.best(step.epoch, step.tag, &step.sequencers);
            let own = self.known(&step.hash).map(|known| known.rank(&step.sequencers));
            step.is_open() && best.is_some_and(|best| own.is_none_or(|own| best.rank(&step.sequencers) < own))
        });
        let Some(at) = lost else { return false };
        let epoch = self.chain[at].epoch;
        for step in self.chain.split_off(at) {
            if step.is_open() && step.epoch != epoch {
                fx.push(Effect::Shred { epoch: step.epoch });
            }
            self.undone(&step.hash);
            self.owe(&step.removed);
        }
        self.unstage(epoch);
        if !planted("lost-branch-not-resent") {
            self.resend_from(epoch + 1, 0);
        }
        fx.push(Effect::Restore { epoch });
        self.busy = Some(Busy::Restoring);
        true
    }

    /// Who was removed on a branch that lost is removed again.
    pub(super) fn owe(&mut self, removed: &[NodeId]) {
        if !planted("removal-not-remade") {
            self.owed.extend_from_slice(removed);
            self.owed.sort_unstable();
            self.owed.dedup();
        }
    }

    /// Own changes of a commit that lost are wanted again.
    fn undone(&mut self, hash: &Hash) {
        let Some(Change::Own(change)) = self.known(hash).and_then(|known| known.own.clone()) else { return };
        let back = !planted("change-not-remade");
        self.wants.retain_mut(|want| {
            want.in_chain &= want.change != change;
            back || want.change != change
        });
    }

    fn done(&mut self, hash: Hash, fx: &mut Effects) {
        let Some(Change::Own(change)) = self.known(&hash).and_then(|known| known.own.clone()) else { return };
        let before = self.wants.len();
        self.wants.retain(|want| want.change != change);
        if self.wants.len() < before {
            fx.push(Effect::Done { change });
        }
    }

    pub(super) fn on_restored(&mut self, view: View) {
        self.busy = None;
        self.view = view;
        self.asking = None;
        self.forget_removed();
    }

    /// Applies the best commit of the present epoch.
    pub(super) fn go_on(&mut self, fx: &mut Effects) -> bool {
        if !self.is_member() {
            return false;
        }
        let View { epoch, tag, sequencers, .. } = &self.view;
        let Some(best) = self.best(*epoch, *tag, sequencers) else { return false };
        let snapshot = best.place(sequencers) != 0 && !planted("snapshot-not-taken");
        let (epoch, hash) = (*epoch, best.hash);
        if snapshot {
            fx.push(Effect::Snapshot { epoch });
        }
        fx.push(Effect::Apply { hash });
        self.busy = Some(Busy::Applying { hash, snapshot });
        true
    }

    pub(super) fn on_applied(&mut self, now: Now, view: View, added: &[NodeId], fx: &mut Effects) {
        let Some(Busy::Applying { hash, snapshot }) = self.busy.take() else { return };
        let old = std::mem::replace(&mut self.view, view);
        let left = old.members.difference(&self.view.members).copied();
        let removed: Vec<NodeId> =
            left.filter(|member| *member != self.me && !added.contains(member)).collect();
        self.remember(now, &removed, |member| added.contains(member) && !old.members.contains(member));
        let View { epoch, tag, sequencers, members } = old;
        self.chain.push(Step { epoch, tag, sequencers, hash, at_ms: now.unix_ms, removed, snapshot });
        (self.asking, self.next_round_ms, self.rounds) = (None, 0, 0);
        self.forget_removed();
        self.healing.added(added);
        if !added.is_empty() {
            // What somebody refused who is in again comes before all that is said from now on.
            self.resend = self.resend.map(|(since, from_ms)| (since, from_ms.min(now.unix_ms)));
        }
        let own = self.known(&hash).and_then(|known| known.own.clone());
        if let Some(change) = own {
            self.in_chain(&change);
            fx.push(Effect::Send {
                hash,
                to: members.into_iter().filter(|member| *member != self.me).collect(),
            });
        }
    }

    pub(super) fn on_not_applied(&mut self, fx: &mut Effects) {
        let Some(Busy::Applying { hash, snapshot }) = self.busy.take() else { return };
        if snapshot {
            fx.push(Effect::Shred { epoch: self.view.epoch });
        }
        self.known_mut(&hash).into_iter().for_each(|known| known.bad = true);
    }

    /// Sends a commit again, because it was countersigned after it had been applied.
    pub(super) fn send_again(&self, hash: Hash, fx: &mut Effects) {
        let Some(step) = self.chain.iter().find(|step| step.hash == hash) else { return };
        let all = self.view.members.iter().chain(&step.removed);
        fx.push(Effect::Send { hash, to: all.filter(|member| **member != self.me).copied().collect() });
    }

    /// The tag of the own way at this epoch.
    pub(super) fn tag_at(&self, epoch: u64) -> Option<Id8> {
        if epoch == self.view.epoch {
            return Some(self.view.tag);
        }
        self.chain.iter().find(|step| step.epoch == epoch).map(|step| step.tag)
    }

    /// Whom the kept steps removed and who has not come back in the present epoch.
    pub(super) fn removed_on_the_way(&self) -> Vec<NodeId> {
        let removed = self.chain.iter().flat_map(|step| &step.removed);
        removed.filter(|member| !self.view.members.contains(member)).copied().collect()
    }

    /// Who was removed is remembered for a day, however often the way is changed; who was added anew is not.
    fn remember(&mut self, now: Now, removed: &[NodeId], is_new: impl Fn(&NodeId) -> bool) {
        self.removed.retain(|(member, at_ms)| {
            now.unix_ms.saturating_sub(*at_ms) < SETTLED_MS && !is_new(member) && !removed.contains(member)
        });
        self.removed.extend(removed.iter().map(|member| (*member, now.unix_ms)));
        let old = self.removed.len().saturating_sub(REMOVED_MAX);
        self.removed.drain(..old);
    }

    /// Whoever was removed within a day, on whatever way.
    pub(super) fn removed_lately(&self, now: Now) -> Vec<NodeId> {
        let lately = |at_ms: u64| now.unix_ms.saturating_sub(at_ms) < SETTLED_MS;
        self.removed.iter().filter(|(_, at_ms)| lately(*at_ms)).map(|(member, _)| *member).collect()
    }

    pub(super) fn forget_removed(&mut self) {
        let members = &self.view.members;
        self.owed.retain(|member| members.contains(member));
    }
}
