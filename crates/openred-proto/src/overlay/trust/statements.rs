//! Who recommends whom: statements of TRUST_UPDATE messages, held per recommender (PROTOCOL §7).
//!
//! What was replaced cannot come back: the newest statement about a node stays as a marker for as long as an older one
//! could still be replayed, also when it has itself expired. Must not know: whether a recommender counts.

use std::collections::BTreeMap;

use openred_core::{ids::NodeId, overlay::STATEMENTS_MAX};

use super::{
    Ppm,
    bounds::{AHEAD_S, ONE, STATEMENT_LIFE_S},
};

/// Full recommendation in thousandths.
const FULL: u16 = 1000;

/// What one node says about others.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    about: BTreeMap<NodeId, Statement>,
    /// Time of the newest statement that had to go: nothing as old is taken about a node without an entry.
    floor: u64,
}

#[derive(Clone, Copy, Debug)]
struct Statement {
    rec: u16,
    timestamp: u64,
    not_after: u64,
}

impl Statement {
    const fn counts(&self, now_s: u64) -> bool {
        self.timestamp <= now_s && now_s <= self.not_after
    }

    const fn is_replayable(&self, now_s: u64) -> bool {
        now_s <= self.timestamp.saturating_add(STATEMENT_LIFE_S)
    }
}

impl Said {
    /// Takes one statement if it is newer than what is held. `rec` in thousandths, more counts as 1.0.
    pub(super) fn take(&mut self, about: NodeId, rec: u16, timestamp: u64, not_after: u64) -> bool {
        let rec = rec.min(FULL);
        match self.about.get(&about) {
            Some(held) if timestamp < held.timestamp => return false,
            Some(held) if timestamp == held.timestamp && rec >= held.rec => return false,
            None if timestamp <= self.floor => return false,
            _ => {}
        }
        self.about.insert(about, Statement { rec, timestamp, not_after });
        while self.about.len() > STATEMENTS_MAX {
            self.forget_oldest();
        }
        true
    }

    fn forget_oldest(&mut self) {
        let oldest = self.about.iter().min_by_key(|(id, held)| (held.timestamp, **id)).map(|(id, _)| *id);
        if let Some(held) = oldest.and_then(|id| self.about.remove(&id)) {
            self.floor = self.floor.max(held.timestamp);
        }
    }

    /// Drops what can neither count nor be replayed.
    pub(super) fn forget_old(&mut self, now_s: u64) {
        self.about.retain(|_, held| held.is_replayable(now_s));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.about.is_empty()
    }

    /// Whether it says anything about `node` that counts now.
    pub(super) fn speaks_of(&self, node: &NodeId, now_s: u64) -> bool {
        self.about.get(node).is_some_and(|held| held.rec > 0 && held.counts(now_s))
    }

    /// How much of its one whole word goes to `node`, in millionths: the sum over all nodes is ≤ 1.0.
    pub(super) fn share(&self, node: &NodeId, now_s: u64) -> Ppm {
        match self.about.get(node) {
            Some(held) if held.counts(now_s) => share(held.rec, self.sum(now_s)),
            _ => 0,
        }
    }

    /// All shares, in order of node id.
    pub(super) fn shares(&self, now_s: u64) -> impl Iterator<Item = (NodeId, Ppm)> {
        let sum = self.sum(now_s);
        self.about
            .iter()
            .filter(move |(_, held)| held.counts(now_s))
            .map(move |(id, held)| (*id, share(held.rec, sum)))
    }

    fn sum(&self, now_s: u64) -> Ppm {
        self.about.values().filter(|held| held.counts(now_s)).map(|held| Ppm::from(held.rec)).sum()
    }
}

/// Larger sums than 1.0 are scaled down, rounded down.
fn share(rec: u16, sum: Ppm) -> Ppm {
    Ppm::from(rec) * ONE / sum.max(Ppm::from(FULL))
}

/// Whether the times of a statement are admissible: not in the future, not over, not longer than 30 days.
pub(super) const fn is_timely(timestamp: u64, not_after: u64, now_s: u64) -> bool {
    timestamp <= now_s.saturating_add(AHEAD_S)
        && now_s <= not_after
        && not_after <= timestamp.saturating_add(STATEMENT_LIFE_S)
}
