//! How often, this minute: what this process has counted, and what Redis said of all together. Must not know: Redis.

use std::collections::HashMap;

use crate::limits::SlowDown;

/// Most names counted in one minute; further ones are let through. Bounds memory: some 20 MB.
const MAX_COUNTED: usize = 100_000;
/// Names of one exchange.
const MAX_EXCHANGED: usize = 10_000;

/// What is counted against a limit, under whose name. Never written down in clear.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Counted {
    /// Which limit: a short word, the same in every process.
    pub limit: &'static str,
    /// Whose: a key, an id, an address prefix, as bytes.
    pub of: Vec<u8>,
}

/// Counts of the minute that runs.
#[derive(Debug, Default)]
pub(super) struct Counts {
    minute: u64,
    counts: HashMap<Counted, Count>,
    changed: Vec<Counted>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Count {
    /// Counted here since Redis was told last.
    untold: u64,
    /// Counted here before that.
    told: u64,
    /// What all have counted, as Redis said last.
    all: u64,
}

/// What Redis is to be told.
pub(super) struct Change {
    pub(super) minute: u64,
    pub(super) counted: Counted,
    pub(super) count: u64,
}

impl Counts {
    /// Counts `count` more, unless it is too many.
    pub(super) fn take(
        &mut self,
        counted: Counted,
        count: u32,
        per_minute: u32,
        now: u64,
    ) -> Result<(), SlowDown> {
        if self.minute != now / 60 {
            *self = Self { minute: now / 60, ..Self::default() };
        }
        if self.counts.len() >= MAX_COUNTED && !self.counts.contains_key(&counted) {
            return Ok(());
        }
        let held = self.counts.entry(counted.clone()).or_default();
        // A Redis that was emptied says less than what was told to it.
        let used = held.all.max(held.told) + held.untold;
        if used + u64::from(count) > u64::from(per_minute) {
            return Err(SlowDown { seconds: 60 - now % 60 });
        }
        if held.untold == 0 {
            self.changed.push(counted);
        }
        held.untold += u64::from(count);
        Ok(())
    }

    /// What changed since the last time, some of it.
    pub(super) fn changes(&mut self) -> Vec<Change> {
        let some = self.changed.drain(..self.changed.len().min(MAX_EXCHANGED));
        let mut changes = Vec::new();
        for counted in some {
            let Some(held) = self.counts.get_mut(&counted) else { continue };
            let count = std::mem::take(&mut held.untold);
            held.told += count;
            changes.push(Change { minute: self.minute, counted, count });
        }
        changes
    }

    /// Redis was told, and says what all have counted.
    pub(super) fn heard(&mut self, change: &Change, all: u64) {
        if change.minute == self.minute
            && let Some(held) = self.counts.get_mut(&change.counted)
        {
            held.all = all;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ana() -> Counted {
        Counted { limit: "relay", of: vec![1] }
    }

    #[test]
    fn what_others_have_used_is_used() {
        let mut limits = Counts::default();
        limits.take(ana(), 3, 10, 60).unwrap();
        let [change] = limits.changes().try_into().ok().unwrap();
        assert_eq!(change.count, 3);
        limits.heard(&change, 9);
        assert_eq!(limits.take(ana(), 2, 10, 61), Err(SlowDown { seconds: 59 }));
        assert_eq!(limits.take(ana(), 1, 10, 61), Ok(()));
        assert!(limits.take(ana(), 1, 10, 119).is_err());
        assert_eq!(limits.take(ana(), 10, 10, 120), Ok(()), "another minute");
    }

    #[test]
    fn a_redis_that_forgot_gives_nothing_back() {
        let mut limits = Counts::default();
        limits.take(ana(), 8, 10, 60).unwrap();
        let [change] = limits.changes().try_into().ok().unwrap();
        limits.heard(&change, 0);
        assert!(limits.take(ana(), 3, 10, 61).is_err());
    }

    #[test]
    fn memory_is_bounded() {
        let mut limits = Counts::default();
        for n in 0..MAX_COUNTED as u32 + 9 {
            let counted = Counted { limit: "relay", of: n.to_be_bytes().to_vec() };
            assert_eq!(limits.take(counted, 1, 1, 60), Ok(()));
        }
        assert_eq!(limits.counts.len(), MAX_COUNTED);
    }
}
