//! Commits that are known, and which of two is better. Must not know: which are applied.

use openred_core::ids::{Hash, Id8, NodeId};
use serde::{Deserialize, Serialize};

use super::Order;
use super::bounds::{AHEAD_MAX, COMMITS_MAX, SEQUENCERS_MAX};
use super::effect::{Change, Effect, Effects};
use super::faults::planted;
use super::input::Commit;
use crate::now::Now;

/// One commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) epoch: u64,
    /// Tag of the epoch in which it was made; `None` while only a sequencer spoke of it.
    pub(super) tag: Option<Id8>,
    pub(super) hash: Hash,
    /// Who countersigned it.
    pub(super) by: Vec<NodeId>,
    /// MLS refused it.
    pub(super) bad: bool,
    /// This node made it.
    pub(super) own: Option<Change>,
    /// It may be applied: it came from others, or it was countersigned, or goes unsequenced.
    pub(super) ready: bool,
}

/// The order of commits that were made in the same epoch of the same branch: smaller is better. First the place of the
/// earliest sequencer that countersigned it, in the list of that epoch (behind all: none did), then the hash.
#[must_use]
pub fn rank(by: &[NodeId], sequencers: &[NodeId], hash: &Hash) -> (usize, Hash) {
    let listed = sequencers.iter().take(SEQUENCERS_MAX);
    let place = listed.clone().position(|sequencer| by.contains(sequencer)).unwrap_or(SEQUENCERS_MAX);
    (place, if planted("no-tie-break") { Hash([0; 32]) } else { *hash })
}

impl Known {
    pub(super) fn rank(&self, sequencers: &[NodeId]) -> (usize, Hash) {
        rank(&self.by, sequencers, &self.hash)
    }

    /// The earliest place in the list of whoever countersigned it; behind all: nobody.
    pub(super) fn place(&self, sequencers: &[NodeId]) -> usize {
        let listed = sequencers.iter().take(SEQUENCERS_MAX);
        listed.clone().position(|sequencer| self.by.contains(sequencer)).unwrap_or(SEQUENCERS_MAX)
    }
}

impl Order {
    pub(super) fn known(&self, hash: &Hash) -> Option<&Known> {
        self.commits.iter().find(|known| known.hash == *hash)
    }

    pub(super) fn known_mut(&mut self, hash: &Hash) -> Option<&mut Known> {
        self.commits.iter_mut().find(|known| known.hash == *hash)
    }

    /// The best commit that was made in this epoch of this branch and may be applied.
    pub(super) fn best(&self, epoch: u64, tag: Id8, sequencers: &[NodeId]) -> Option<&Known> {
        let made_there = self.commits.iter().filter(|known| known.epoch == epoch && known.tag == Some(tag));
        made_there.filter(|known| known.ready && !known.bad).min_by_key(|known| known.rank(sequencers))
    }

    /// The own commit of the present epoch, applied or not.
    pub(super) fn pending(&self) -> Option<&Known> {
        let here = |known: &&Known| known.epoch == self.view.epoch && known.tag == Some(self.view.tag);
        self.commits.iter().filter(here).find(|known| known.own.is_some() && !known.bad)
    }

    pub(super) fn on_commit(&mut self, now: Now, from: NodeId, commit: &Commit, fx: &mut Effects) {
        let oldest = self.chain.first().map_or(self.view.epoch, |step| step.epoch);
        if commit.epoch < oldest || commit.epoch > self.view.epoch + AHEAD_MAX {
            return;
        }
        let fresh = self.known(&commit.hash).is_none_or(|known| known.tag.is_none());
        let known = self.note(commit.epoch, commit.hash);
        known.tag = known.tag.or(Some(commit.tag));
        known.ready = true;
        for by in &commit.by {
            self.countersigned(*by, commit.epoch, commit.hash, fx);
        }
        if fresh {
            fx.push(Effect::Keep { hash: commit.hash });
            self.bound_commits(fx);
            self.sighted(now, from, (commit.epoch, commit.tag), fx);
            if self.chain.iter().any(|step| step.epoch == commit.epoch && step.hash != commit.hash) {
                self.compare(now, from, fx);
            }
        }
    }

    /// A sequencer signed this commit. Commits with its signature for the same epoch prove a lie.
    pub(super) fn countersigned(&mut self, by: NodeId, epoch: u64, hash: Hash, fx: &mut Effects) {
        let signed = |known: &&Known| known.epoch == epoch && known.by.contains(&by);
        if self.commits.iter().filter(signed).any(|known| known.hash != hash) {
            fx.push(Effect::Liar { sequencer: by, epoch });
        }
        let known = self.note(epoch, hash);
        known.ready |= known.tag.is_some();
        if !known.by.contains(&by) && known.by.len() < SEQUENCERS_MAX {
            known.by.push(by);
        }
    }

    fn note(&mut self, epoch: u64, hash: Hash) -> &mut Known {
        let at = self.commits.iter().position(|known| known.hash == hash).unwrap_or_else(|| {
            let (by, own) = (Vec::new(), None);
            self.commits.push(Known { epoch, tag: None, hash, by, bad: false, own, ready: false });
            self.commits.len() - 1
        });
        &mut self.commits[at]
    }

    /// What this node staged in epochs beyond this one is lost with their state.
    pub(super) fn unstage(&mut self, beyond: u64) {
        for known in self.commits.iter_mut().filter(|known| known.own.is_some() && known.epoch > beyond) {
            (known.bad, known.ready) = (true, false);
        }
    }

    /// The way of the others leads on by an own commit that is not staged any more: nobody can apply it here.
    pub(super) fn is_stuck(&self) -> bool {
        let here = |known: &&Known| known.epoch == self.view.epoch && known.tag == Some(self.view.tag);
        self.commits.iter().filter(here).any(|known| known.own.is_some() && known.bad && known.ready)
    }

    /// The own commit of the present epoch is staged.
    pub(super) fn note_own(&mut self, change: Change, hash: Hash) {
        let (epoch, tag) = (self.view.epoch, self.view.tag);
        let known = self.note(epoch, hash);
        (known.tag, known.own, known.ready) = (Some(tag), Some(change), planted("own-commit-without-order"));
    }

    /// Drops what is not of the own way: older than all of it, then, beyond the bound, what was made in the epoch furthest
    /// ahead, and there the worst.
    pub(super) fn bound_commits(&mut self, fx: &mut Effects) {
        let oldest = self.chain.first().map_or(self.view.epoch, |step| step.epoch);
        while let Some(at) = self.one_too_many(oldest) {
            fx.push(Effect::Forget { hash: self.commits.remove(at).hash });
        }
    }

    fn one_too_many(&self, oldest: u64) -> Option<usize> {
        if let Some(old) = self.commits.iter().position(|known| known.epoch < oldest) {
            return Some(old);
        }
        let applied = |known: &Known| self.chain.iter().any(|step| step.hash == known.hash);
        let others =
            self.commits.iter().enumerate().filter(|(_, known)| !applied(known) && known.own.is_none());
        let worst = others.max_by_key(|(_, known)| (known.epoch, known.by.is_empty(), known.hash));
        worst.filter(|_| self.commits.len() > COMMITS_MAX).map(|(at, _)| at)
    }
}
