//! A torn group becomes whole: positions are compared, commits exchanged; what that cannot mend is mended by adding the
//! smaller side again, and at last by a new group. Must not know: why it is torn.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use openred_core::ids::{Hash, Id8, Id16, NodeId};
use serde::{Deserialize, Serialize};

use super::bounds::{COMPARE_LONGEST_MS, COMPARE_MS, HEAL_MS, POSITION_MS, REBOOT_MS};
use super::commits::Known;
use super::effect::{Effect, Effects};
use super::faults::planted;
use super::input::View;
use super::{Busy, Order};
use crate::now::Now;

/// What this node knows of a tear.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Healing {
    heard: BTreeMap<NodeId, Heard>,
    /// Members to add again: this node is on the larger side.
    pub(super) readd: Vec<NodeId>,
    /// Since when this node waits to be added again (unix ms): it is on the smaller side.
    lost_ms: Option<u64>,
    /// Since when this node cannot go on by itself (unix ms).
    stuck_ms: Option<u64>,
    rebooted: bool,
    /// Nobody could be added again: not tried before (unix ms).
    #[serde(default)]
    readd_from_ms: u64,
    /// A Welcome into this group; used only by who is lost or no member.
    welcome: Option<Kept>,
}

/// A Welcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    welcome: Hash,
    epoch: u64,
    at_ms: u64,
}

impl Kept {
    /// When it is used unless the own way has come to its epoch (unix ms).
    const fn late_ms(&self) -> u64 {
        self.at_ms + HEAL_MS
    }
}

/// Where a member is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Heard {
    /// What it told, and when (unix ms).
    told: Option<(u64, Id8, u64)>,
    /// Since when it is on another branch (unix ms).
    apart_ms: Option<u64>,
    compared_ms: Option<u64>,
}

impl Heard {
    fn is_fresh(&self, now: Now) -> bool {
        self.told.is_some_and(|(_, _, at_ms)| now.unix_ms.saturating_sub(at_ms) < POSITION_MS)
    }

    fn next_compare_ms(&self, apart_ms: u64) -> u64 {
        let Some(last) = self.compared_ms else { return 0 };
        let long = last.saturating_sub(apart_ms) > HEAL_MS;
        last + if long { COMPARE_LONGEST_MS } else { COMPARE_MS }
    }
}

impl Healing {
    /// Since when somebody is apart, or this node itself.
    fn torn_ms(&self) -> Option<u64> {
        self.heard.values().filter_map(|heard| heard.apart_ms).chain(self.stuck_ms).min()
    }

    /// Whoever is to be added again cannot be: for want of a key package, say.
    pub(super) fn cannot_readd(&mut self, now: Now) {
        self.readd.clear();
        self.readd_from_ms = now.unix_ms + COMPARE_MS;
    }

    /// The Welcome into the highest epoch is kept.
    pub(super) fn keep(&mut self, now: Now, welcome: Hash, epoch: u64) {
        if self.welcome.as_ref().is_none_or(|kept| kept.epoch <= epoch) {
            self.welcome = Some(Kept { welcome, epoch, at_ms: now.unix_ms });
        }
    }

    /// For a member in this epoch.
    pub(super) fn wake(&self, epoch: u64) -> Option<u64> {
        let compare = self
            .torn_ms()
            .and_then(|torn_ms| self.heard.values().map(|heard| heard.next_compare_ms(torn_ms)).min());
        let join = self.welcome.as_ref().filter(|kept| kept.epoch > epoch).map(Kept::late_ms);
        compare.into_iter().chain(join).min()
    }

    /// These were added by the commit that was just applied: what was known of them is over.
    pub(super) fn added(&mut self, added: &[NodeId]) {
        self.readd.retain(|member| !added.contains(member));
        self.heard.retain(|member, _| !added.contains(member));
    }
}

/// Where a position lies, as seen from the own way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// On it.
    Here,
    /// On another branch.
    Apart,
    /// Further, perhaps on this branch.
    Ahead,
}

impl Order {
    /// Whether this node is on the smaller side of a tear and waits to be added again.
    #[must_use]
    pub const fn is_lost(&self) -> bool {
        self.healing.lost_ms.is_some()
    }

    fn place(&self, epoch: u64, tag: Id8) -> Place {
        match self.tag_at(epoch) {
            Some(own) if own == tag => Place::Here,
            Some(_) => Place::Apart,
            // Before all that is remembered: whoever has not come nearer in a while cannot do it alone.
            None if epoch < self.view.epoch => Place::Apart,
            None => {
                let beside = |tag: Option<Id8>| tag.is_some_and(|tag| tag != self.view.tag);
                let same = |known: &&Known| known.epoch == self.view.epoch && !known.bad;
                let torn = self.commits.iter().filter(same).any(|known| beside(known.tag));
                if torn { Place::Apart } else { Place::Ahead }
            }
        }
    }

    /// Something of this member came from this epoch: if it is not of the own way, positions are compared.
    pub(super) fn sighted(&mut self, now: Now, from: NodeId, (epoch, tag): (u64, Id8), fx: &mut Effects) {
        if matches!(self.place(epoch, tag), Place::Apart | Place::Ahead) {
            self.compare(now, from, fx);
        }
    }

    /// Asks a member where it is, and for its commits. Not more often than once a minute.
    pub(super) fn compare(&mut self, now: Now, with: NodeId, fx: &mut Effects) {
        let known = self.view.members.contains(&with) && with != self.me && self.is_member();
        if !known || planted("never-compared") {
            return;
        }
        let oldest = self.chain.first().map_or(self.view.epoch, |step| step.epoch);
        let heard = self.healing.heard.entry(with).or_default();
        if heard.compared_ms.is_some_and(|last| now.unix_ms.saturating_sub(last) < COMPARE_MS) {
            return;
        }
        heard.compared_ms = Some(now.unix_ms);
        self.tell(with, Some(oldest), fx);
    }

    pub(super) fn compare_with_all(&mut self, now: Now, fx: &mut Effects) {
        for member in self.view.members.clone() {
            self.compare(now, member, fx);
        }
    }

    pub(super) fn on_position(
        &mut self,
        now: Now,
        from: NodeId,
        (epoch, tag): (u64, Id8),
        since: Option<u64>,
        fx: &mut Effects,
    ) {
        let member = self.view.members.contains(&from);
        if from == self.me || !(member || self.removed_on_the_way().contains(&from)) {
            return;
        }
        if let Some(since) = since {
            let steps = self.chain.iter().filter(|step| step.epoch >= since);
            steps.for_each(|step| fx.push(Effect::Give { hash: step.hash, to: from }));
            self.tell(from, None, fx);
        }
        if member {
            self.healing.heard.entry(from).or_default().told = Some((epoch, tag, now.unix_ms));
            if since.is_some() {
                self.sighted(now, from, (epoch, tag), fx);
            }
        }
    }

    fn tell(&self, with: NodeId, since: Option<u64>, fx: &mut Effects) {
        let tag = if self.is_stuck() { Id8([0; 8]) } else { self.view.tag };
        fx.push(Effect::Compare { with, epoch: self.view.epoch, tag, since });
    }

    /// Looks where everybody is, and decides who is to be added again.
    pub(super) fn heal(&mut self, now: Now, fx: &mut Effects) {
        self.look_around(now);
        let Some(torn_ms) = self.healing.torn_ms().filter(|_| self.is_member()) else {
            (self.healing.lost_ms, self.healing.readd) = (None, Vec::new());
            return;
        };
        for member in self.view.members.clone() {
            let heard = self.healing.heard.get(&member);
            if heard.is_none_or(|heard| heard.next_compare_ms(torn_ms) <= now.unix_ms) {
                self.compare(now, member, fx);
            }
        }
        self.take_sides(now);
        let lost = self.healing.lost_ms.is_some_and(|since| now.unix_ms.saturating_sub(since) >= REBOOT_MS);
        if lost && !self.healing.rebooted {
            self.healing.rebooted = true;
            fx.push(Effect::Reboot);
        }
    }

    fn look_around(&mut self, now: Now) {
        self.healing.stuck_ms = self.is_stuck().then(|| self.healing.stuck_ms.unwrap_or(now.unix_ms));
        let mut heard = std::mem::take(&mut self.healing.heard);
        heard.retain(|member, _| self.view.members.contains(member));
        for heard in heard.values_mut() {
            let Some((epoch, tag, _)) = heard.told else { continue };
            match self.place(epoch, tag) {
                Place::Here => heard.apart_ms = None,
                Place::Apart => heard.apart_ms = heard.apart_ms.or(Some(now.unix_ms)),
                Place::Ahead => {}
            }
        }
        self.healing.heard = heard;
    }

    /// The largest side stays; of equal ones the one with the smallest node id. Only who told his position lately counts.
    fn take_sides(&mut self, now: Now) {
        let mut sides = BTreeMap::<(u64, Id8), BTreeSet<NodeId>>::new();
        let (mut mine, mut apart) = (BTreeSet::from([self.me]), Vec::new());
        for (member, heard) in self.healing.heard.iter().filter(|(_, heard)| heard.is_fresh(now)) {
            match (heard.apart_ms, heard.told) {
                (Some(since), Some((epoch, tag, _))) => {
                    sides.entry((epoch, tag)).or_default().insert(*member);
                    apart.push((*member, since));
                }
                _ => drop(mine.insert(*member)),
            }
        }
        // Members of the larger side take turns, so that mostly one commit is made.
        let turn = 1 + mine.iter().position(|member| *member == self.me).unwrap_or(0) as u64;
        apart.retain(|(_, since)| now.unix_ms.saturating_sub(*since) >= HEAL_MS);
        let size = |side: &BTreeSet<NodeId>| (side.len(), Reverse(side.first().copied()));
        let stays = sides.values().all(|side| size(&mine) > size(side));
        self.healing.readd.clear();
        if !self.is_stuck() && (apart.is_empty() || stays) {
            self.healing.lost_ms = None;
            apart.retain(|(_, since)| now.unix_ms.saturating_sub(*since) >= turn * HEAL_MS);
            if !planted("minority-not-readded") && now.unix_ms >= self.healing.readd_from_ms {
                self.healing.readd = apart.into_iter().map(|(member, _)| member).collect();
            }
        } else {
            self.healing.lost_ms.get_or_insert(now.unix_ms);
        }
    }

    /// Joins by a Welcome: when this node is no member, by one that leads beyond its removal; when it is lost, by one that
    /// came after the tear (an older one belongs to a branch that lost); else by one into an epoch that the own way did not
    /// reach in a while.
    pub(super) fn join(&mut self, now: Now, fx: &mut Effects) -> bool {
        let (torn_ms, out) = (self.healing.torn_ms().filter(|_| self.is_lost()), !self.is_member());
        let late = |kept: &Kept| now.unix_ms >= kept.late_ms() && kept.epoch > self.view.epoch;
        let after = |kept: &Kept| torn_ms.is_some_and(|torn_ms| kept.at_ms >= torn_ms) || late(kept);
        let fits = |kept: &mut Kept| if out { kept.epoch >= self.view.epoch } else { after(kept) };
        let Some(Kept { welcome, .. }) = self.healing.welcome.take_if(fits) else { return false };
        fx.push(Effect::Join { welcome });
        self.busy = Some(Busy::Joining);
        true
    }

    pub(super) fn on_not_joined(&mut self) {
        self.busy = None;
    }

    /// The own way is given up: what it removed is removed again, what was said and wanted on it is said and wanted again.
    pub(super) fn on_joined(&mut self, now: Now, view: View, fx: &mut Effects) {
        self.busy = None;
        let removed = [self.removed_on_the_way(), self.removed_lately(now)].concat();
        for step in std::mem::take(&mut self.chain) {
            self.want_again(&step.hash, step.at_ms);
            if step.is_open() {
                fx.push(Effect::Shred { epoch: step.epoch });
            }
        }
        let (kept, old): (Vec<Known>, Vec<Known>) =
            std::mem::take(&mut self.commits).into_iter().partition(|known| known.epoch >= view.epoch);
        self.commits = kept;
        for known in old {
            fx.push(Effect::Forget { hash: known.hash });
        }
        // What was staged in the state that is given up cannot be applied any more.
        self.commits.iter_mut().filter(|known| known.own.is_some()).for_each(|known| known.bad = true);
        self.wants.iter_mut().for_each(|want| want.in_chain = false);
        self.view = view;
        (self.asking, self.healing) = (None, Healing::default());
        self.owe(&removed);
        self.forget_removed();
        self.resend_from(0, 0);
    }

    pub(super) fn on_twin(&mut self, group: Id16, reboot: bool, fx: &mut Effects) {
        let goes = if reboot { self.is_lost() } else { group < self.group };
        if goes {
            self.moved = true;
            self.chain
                .iter()
                .filter(|step| step.is_open())
                .for_each(|step| fx.push(Effect::Shred { epoch: step.epoch }));
            fx.push(Effect::Move { to: group });
        }
    }
}
