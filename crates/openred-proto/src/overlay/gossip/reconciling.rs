//! Reconciliation with neighbours: when, with whom, and what follows (PROTOCOL §7, Annex A.8).
//!
//! Must not know: how two sets are compared.

use chacha20::rand_core::Rng as _;
use openred_core::{ids::NodeId, overlay::Range};

use super::{Around, Gossip, messages::key, neighbours::Neighbour};
use crate::overlay::faults::planted;

/// After a neighbour came: both sides have greeted, first messages have come.
const SOON_MS: u64 = 1000;
/// After a session that brought this much, the next one comes soon: there may be more than could be asked for.
const MUCH: usize = 1000;
/// A tree that did not bring what it should leads to a session so long after the last one began.
const DOUBT_MS: u64 = 5000;

/// Reconciliations more between two regular ones: a node around which hardly anybody answers finds who does within
/// minutes; who names what nobody has makes so many sessions more and is chosen last from then on.
const AGAIN_MAX: u8 = 4;

/// More reconciliations between two regular ones: when what a partner named did not come from it, and when a tree did
/// not bring what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Again {
    left: u8,
    is_due: bool,
    /// When the last session began (monotonic ms).
    began_ms: u64,
}

impl Again {
    pub(super) const fn new() -> Self {
        Self { left: AGAIN_MAX, is_due: false, began_ms: 0 }
    }

    /// A partner was asked in vain: whether another session is to begin.
    const fn in_vain(&mut self) -> bool {
        let begins = !self.is_due && self.left > 0;
        if begins {
            self.left -= 1;
            self.is_due = true;
        }
        begins
    }

    /// A tree did not bring what it should: from when on another session is to begin.
    fn doubt(&mut self) -> Option<u64> {
        let begins = !std::mem::replace(&mut self.is_due, true);
        begins.then(|| self.began_ms + DOUBT_MS)
    }

    /// A session begins; the regular ones give new room.
    const fn begins(&mut self, now_ms: u64) {
        if !self.is_due {
            self.left = AGAIN_MAX;
        }
        self.is_due = false;
        self.began_ms = now_ms;
    }
}

impl Gossip {
    /// A neighbour came: what it holds may be new.
    pub(super) fn reconcile_soon(&mut self, a: &mut Around<'_>) {
        self.reconcile_from(a.now.mono_ms, a);
    }

    fn reconcile_from(&mut self, at_ms: u64, a: &mut Around<'_>) {
        let at = at_ms.max(a.now.mono_ms) + SOON_MS + u64::from(a.rng.next_u32() % 1000);
        self.reconcile_ms = Some(self.reconcile_ms.map_or(at, |due| due.min(at)));
    }

    /// Something may be missing that nobody told of: another partner may have it.
    pub(super) fn reconcile_again(&mut self, a: &mut Around<'_>) {
        if self.wants.take_in_vain() && self.reconcile_again.in_vain() {
            self.reconcile_soon(a);
        }
        if self.wants.take_doubt() {
            self.reconcile_doubting(a);
        }
    }

    /// A tree did not bring all that it should, or there was no room for it.
    pub(super) fn reconcile_doubting(&mut self, a: &mut Around<'_>) {
        if let Some(at_ms) = self.reconcile_again.doubt() {
            self.reconcile_from(at_ms, a);
        }
    }

    /// Begins what is due, gives up what was not answered.
    pub(super) fn reconcile(&mut self, a: &mut Around<'_>) {
        for partner in self.sessions.overdue(a.now) {
            a.trust.timeout(&partner, a.now, a.fx);
        }
        if self.reconcile_ms.is_none_or(|at| at > a.now.mono_ms) {
            return;
        }
        let every = self.settings.reconcile_ms.max(1000);
        let jitter = u64::from(a.rng.next_u32()) % (every / 4);
        self.reconcile_ms = (self.neighbours.all() != 0).then(|| a.now.mono_ms + every - every / 8 + jitter);
        self.reconcile_again.begins(a.now.mono_ms);
        let neighbours = &self.neighbours;
        let answers = |id: &NodeId| {
            neighbours.slot(id).and_then(|slot| neighbours.get(slot)).is_some_and(Neighbour::answers)
        };
        let Some(partner) = a.peers.reconcile_partner(answers) else { return };
        let Some(slot) = self.neighbours.slot(&partner) else { return };
        a.counters.reconciliations += 1;
        let link = self.sessions.begin(&self.set, partner, a.now, a.rng);
        self.send(slot, link.encode().into(), a);
    }

    /// One step of a session.
    pub(in super::super) fn on_reconcile(
        &mut self,
        from: NodeId,
        session: u32,
        ranges: &[Range],
        a: &mut Around<'_>,
    ) {
        let Some(slot) = self.neighbours.slot(&from) else { return };
        a.counters.reconcile_in += 1;
        let step = match self.sessions.on_ranges(&self.set, from, session, ranges, a.now) {
            Ok(step) => step,
            Err(invalid) => return Self::invalid(&from, invalid.0, a),
        };
        if let Some(link) = step.reply {
            self.send(slot, link.encode().into(), a);
        }
        if step.want.len() >= MUCH {
            self.reconcile_soon(a);
        }
        for id in step.want.iter().filter(|_| !planted("reconcile-misses-nothing")) {
            let key = key(id);
            if self.messages.get(key).is_none() {
                self.wants.announced(key, slot, None, true, &mut self.neighbours, a.now.mono_ms);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_asked_in_vain_leads_to_a_few_sessions_more_and_then_to_the_regular_one() {
        let mut again = Again::new();
        for _ in 0..AGAIN_MAX {
            assert!(again.in_vain(), "another partner may have it");
            assert!(!again.in_vain(), "the session is about to begin");
            again.begins(0);
        }
        assert!(!again.in_vain(), "enough");
        again.begins(0);
        assert!(again.in_vain(), "a minute later");
    }

    #[test]
    fn a_tree_that_brings_nothing_leads_to_a_session_every_few_seconds_and_gives_liars_no_room() {
        let mut again = Again::new();
        (0..AGAIN_MAX).for_each(|_| {
            again.in_vain();
            again.begins(0);
        });
        for round in 1..10 {
            assert_eq!(again.doubt(), Some((round - 1) * 60_000 + DOUBT_MS));
            assert_eq!(again.doubt(), None, "one is enough");
            again.begins(round * 60_000);
            assert!(!again.in_vain(), "of the room for those nothing came back");
        }
    }
}
