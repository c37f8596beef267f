//! Which of several sessions with one peer stays (PROTOCOL §4, *both at once*).
//!
//! Must not know: what sessions carry. Nothing is lost by draining: items are acknowledged end to end.

use std::collections::BTreeMap;

use openred_core::{
    frame::close,
    ids::{Id16, NodeId},
    token::Role,
};

use super::{Effect, Effects, Introduction, Met, Now, bounds::DRAIN_MS};

#[derive(Debug)]
struct Live {
    peer: NodeId,
    initiator: NodeId,
    since_ms: u64,
    /// When a drained one closes.
    close_ms: Option<u64>,
}

#[derive(Debug, Default)]
pub(super) struct Sessions {
    live: BTreeMap<Id16, Live>,
}

impl Introduction {
    pub(super) fn on_established(&mut self, now: Now, met: Met, fx: &mut Effects) {
        self.keep_pair(&met, fx);
        let initiator = if met.role == Role::A { self.own_id } else { met.peer };
        let new = Live { peer: met.peer, initiator, since_ms: now.mono_ms, close_ms: None };
        self.sessions.established(now, met.session_id, new, fx);
    }
}

impl Sessions {
    /// Two that began at once: the one of the lower initiator stays. Otherwise the newer one renews the older.
    fn established(&mut self, now: Now, session_id: Id16, mut new: Live, fx: &mut Effects) {
        let rivals = self.live.iter_mut().filter(|(id, live)| live.peer == new.peer && **id != session_id);
        for (id, old) in rivals.filter(|(_, live)| live.close_ms.is_none()) {
            let at_once =
                old.initiator != new.initiator && now.mono_ms.saturating_sub(old.since_ms) < DRAIN_MS;
            if at_once && old.initiator < new.initiator {
                new.close_ms = Some(now.mono_ms + DRAIN_MS);
            } else {
                old.close_ms = Some(now.mono_ms + DRAIN_MS);
                fx.push(Effect::Drain { session_id: *id });
            }
        }
        if new.close_ms.is_some() {
            fx.push(Effect::Drain { session_id });
        }
        self.live.insert(session_id, new);
    }

    pub(super) fn ended(&mut self, session_id: &Id16) {
        self.live.remove(session_id);
    }

    pub(super) fn next_wake(&self) -> Option<u64> {
        self.live.values().filter_map(|live| live.close_ms).min()
    }

    pub(super) fn wake(&mut self, now: Now, fx: &mut Effects) {
        let due = |live: &Live| live.close_ms.is_some_and(|at| at <= now.mono_ms);
        for (id, _) in self.live.iter().filter(|(_, live)| due(live)) {
            fx.push(Effect::Close { session_id: *id, code: close::REPLACED });
        }
        self.live.retain(|_, live| !due(live));
    }
}
