//! Asking sequencers, one after the other. Must not know: what a commit changes, how signatures are made.

use openred_core::ids::{Hash, NodeId};
use serde::{Deserialize, Serialize};

use super::Order;
use super::bounds::{ASK_WAIT_MS, ROUND_LONGEST_MS, ROUND_MS, SEQUENCERS_MAX, SETTLED_MS};
use super::effect::{Effect, Effects};
use crate::now::Now;

/// One round through the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Asking {
    /// Place in the list.
    place: usize,
    asked: Option<Asked>,
    /// Sequencers that named a commit of another branch: they order nothing here.
    strange: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Asked {
    of: NodeId,
    epoch: u64,
    hash: Hash,
    at_ms: u64,
}

impl Asking {
    fn go_on(&mut self) {
        self.place += 1;
        self.asked = None;
    }
}

impl Order {
    /// What to ask the sequencer at this place of the list: the oldest open step that it could still countersign better,
    /// else the own staged commit. So a sequencer never orders an epoch of a branch whose earlier epochs it knows
    /// otherwise.
    fn question(&self, place: usize) -> Option<(NodeId, u64, Hash)> {
        let pending = self.pending().filter(|known| !known.ready);
        let open = self.chain.iter().filter(|step| step.is_open());
        for step in open {
            let Some(known) = self.known(&step.hash) else { continue };
            let mine = pending.is_some() || known.own.is_some();
            let of = step.sequencers.iter().take(SEQUENCERS_MAX).nth(place);
            if let (Some(of), true) = (of, mine && known.place(&step.sequencers) > place) {
                return Some((*of, step.epoch, step.hash));
            }
        }
        let of = self.view.sequencers.iter().take(SEQUENCERS_MAX).nth(place)?;
        pending.map(|known| (*of, known.epoch, known.hash))
    }

    fn has_questions(&self) -> bool {
        let waits = self.pending().is_some_and(|known| !known.ready);
        self.is_member()
            && !self.is_lost()
            && (waits || (0..SEQUENCERS_MAX).any(|at| self.question(at).is_some()))
    }

    pub(super) fn asking_wake(&self) -> Option<u64> {
        match &self.asking {
            Some(Asking { asked: Some(asked), .. }) => Some(asked.at_ms + ASK_WAIT_MS),
            _ => self.has_questions().then_some(self.next_round_ms),
        }
    }

    pub(super) fn ask(&mut self, now: Now, fx: &mut Effects) {
        if !self.has_questions() {
            self.asking = None;
            return;
        }
        if self.asking.is_none() && now.unix_ms < self.next_round_ms {
            return;
        }
        let mut asking = self.asking.take().unwrap_or_default();
        match &asking.asked {
            Some(asked) if now.unix_ms.saturating_sub(asked.at_ms) < ASK_WAIT_MS => {
                self.asking = Some(asking);
                return;
            }
            Some(_) => asking.go_on(),
            None => {}
        }
        while asking.place < SEQUENCERS_MAX {
            if let Some((of, epoch, hash)) = self.question(asking.place) {
                fx.push(Effect::Ask { of, epoch, hash });
                asking.asked = Some(Asked { of, epoch, hash, at_ms: now.unix_ms });
                self.asking = Some(asking);
                return;
            }
            asking.go_on();
        }
        self.round_ended(now, asking.strange, fx);
    }

    /// Nobody countersigned the own commit in this round.
    fn round_ended(&mut self, now: Now, strange: usize, fx: &mut Effects) {
        self.rounds += 1;
        self.next_round_ms = now.unix_ms + (ROUND_MS << self.rounds.min(16)).min(ROUND_LONGEST_MS);
        let alone = strange >= self.view.sequencers.len().min(SEQUENCERS_MAX);
        let long = self.waiting_since().is_some_and(|since| now.unix_ms.saturating_sub(since) >= SETTLED_MS);
        if !(alone || long || self.is_urgent()) {
            return;
        }
        let Some(hash) = self.pending().map(|known| known.hash) else { return };
        self.known_mut(&hash).into_iter().for_each(|known| known.ready = true);
        self.go_on(fx);
    }

    pub(super) fn on_ordered(&mut self, now: Now, by: NodeId, epoch: u64, winner: Hash, fx: &mut Effects) {
        self.countersigned(by, epoch, winner, fx);
        self.bound_commits(fx);
        let usable = self.known(&winner).filter(|known| !known.bad);
        let seen = self.known(&winner).is_some_and(|known| known.tag.is_some());
        let here = usable.and_then(|known| known.tag).is_some_and(|tag| self.tag_at(epoch) == Some(tag));
        let Some(asked) = self.answered(&by, Some(epoch)) else { return };
        if asked.hash == winner {
            self.send_again(winner, fx);
            return;
        }
        let Some(asking) = &mut self.asking else { return };
        asking.go_on();
        asking.strange += usize::from(seen && !here);
        if !seen {
            self.compare_with_all(now, fx);
        }
    }

    pub(super) fn on_unanswered(&mut self, by: NodeId) {
        if self.answered(&by, None).is_some() {
            self.asking.iter_mut().for_each(Asking::go_on);
        }
    }

    /// The open question that this sequencer answered.
    fn answered(&mut self, by: &NodeId, epoch: Option<u64>) -> Option<Asked> {
        let asked = &mut self.asking.as_mut()?.asked;
        let fits = |asked: &Asked| asked.of == *by && epoch.is_none_or(|epoch| epoch == asked.epoch);
        if asked.as_ref().is_some_and(fits) { asked.take() } else { None }
    }
}
