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

/// One reconciliation more between two regular ones, when what a partner named did not come from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    Free,
    Due,
    Done,
}

impl Gossip {
    /// A neighbour came: what it holds may be new.
    pub(super) fn reconcile_soon(&mut self, a: &mut Around<'_>) {
        let at = a.now.mono_ms + SOON_MS + u64::from(a.rng.next_u32() % 1000);
        self.reconcile_ms = Some(self.reconcile_ms.map_or(at, |due| due.min(at)));
    }

    /// What a partner named is missing still: another partner may have it. Once between two regular sessions, so that
    /// who names what nobody has doubles our sessions at most.
    pub(super) fn reconcile_again(&mut self, a: &mut Around<'_>) {
        if self.wants.take_in_vain() && self.reconcile_again == Again::Free {
            self.reconcile_again = Again::Due;
            self.reconcile_soon(a);
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
        let again = self.reconcile_again == Again::Due;
        self.reconcile_again = if again { Again::Done } else { Again::Free };
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
