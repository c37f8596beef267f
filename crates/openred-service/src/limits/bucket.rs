//! One bucket and a bounded collection of them. Whole numbers only: a token is 3,600,000 drops, so that a rate per
//! hour refills whole drops each millisecond.

use std::collections::HashMap;
use std::hash::Hash;

use super::SlowDown;

const DROPS_PER_TOKEN: u64 = 3_600_000;

/// How fast a bucket refills and how much it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Tokens that come back in an hour; at least 1.
    pub per_hour: u32,
    /// Tokens of a full bucket; at least 1.
    pub burst: u32,
}

impl Rate {
    /// `count` an hour, all of them at once if need be.
    pub const fn per_hour(count: u32) -> Self {
        Self { per_hour: count, burst: count }
    }

    /// `count` a minute, all of them at once if need be.
    pub const fn per_minute(count: u32) -> Self {
        Self { per_hour: count.saturating_mul(60), burst: count }
    }

    /// `count` a second, all of them at once if need be.
    pub const fn per_second(count: u32) -> Self {
        Self { per_hour: count.saturating_mul(3600), burst: count }
    }

    /// The same rate with another size of bucket.
    #[must_use]
    pub const fn burst(self, burst: u32) -> Self {
        Self { burst, ..self }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    rate: Rate,
    drops: u64,
    at_ms: u64,
}

impl Bucket {
    pub(super) fn full(rate: Rate, now_ms: u64) -> Self {
        let rate = Rate { per_hour: rate.per_hour.max(1), burst: rate.burst.max(1) };
        Self { rate, drops: u64::from(rate.burst) * DROPS_PER_TOKEN, at_ms: now_ms }
    }

    /// Whether `count` could be taken now.
    pub(super) fn check(&mut self, count: u32, now_ms: u64) -> Result<(), SlowDown> {
        self.refill(now_ms);
        let wanted = u64::from(count.min(self.rate.burst)) * DROPS_PER_TOKEN;
        match wanted.checked_sub(self.drops) {
            None | Some(0) => Ok(()),
            Some(missing) => {
                let ms = missing.div_ceil(self.rate.per_hour.into());
                Err(SlowDown { seconds: ms.div_ceil(1000).max(1) })
            }
        }
    }

    /// Takes `count` (more than a full bucket counts as a full bucket), or nothing.
    pub(super) fn take(&mut self, count: u32, now_ms: u64) -> Result<(), SlowDown> {
        self.check(count, now_ms)?;
        self.drops -= u64::from(count.min(self.rate.burst)) * DROPS_PER_TOKEN;
        Ok(())
    }

    fn refill(&mut self, now_ms: u64) {
        let passed = now_ms.saturating_sub(self.at_ms);
        let full = u64::from(self.rate.burst) * DROPS_PER_TOKEN;
        self.drops = self.drops.saturating_add(passed.saturating_mul(self.rate.per_hour.into())).min(full);
        self.at_ms = now_ms;
    }
}

/// Two generations: when the young one is half of the bound, it becomes the old one and the old one is forgotten;
/// a key that is used moves into the young one.
#[derive(Debug)]
pub(super) struct Buckets<K> {
    rate: Rate,
    generation_keys_max: usize,
    young: HashMap<K, Bucket>,
    old: HashMap<K, Bucket>,
}

impl<K: Hash + Eq> Buckets<K> {
    pub(super) fn new(rate: Rate, keys_max: usize) -> Self {
        Self { rate, generation_keys_max: (keys_max / 2).max(1), young: HashMap::new(), old: HashMap::new() }
    }

    /// The bucket of `key`; a new one is full.
    pub(super) fn bucket(&mut self, key: K, now_ms: u64) -> &mut Bucket {
        let held = self.old.remove(&key);
        if self.young.len() >= self.generation_keys_max && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        let rate = self.rate;
        self.young.entry(key).or_insert_with(|| held.unwrap_or_else(|| Bucket::full(rate, now_ms)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_the_rate() {
        let mut bucket = Bucket::full(Rate::per_minute(6).burst(2), 0);
        assert_eq!(bucket.take(1, 0), Ok(()));
        assert_eq!(bucket.take(1, 0), Ok(()));
        assert_eq!(bucket.take(1, 0), Err(SlowDown { seconds: 10 }));
        assert_eq!(bucket.take(1, 9_001), Err(SlowDown { seconds: 1 }));
        assert_eq!(bucket.take(1, 10_000), Ok(()));
        assert_eq!(
            bucket.take(3, 10_000),
            Err(SlowDown { seconds: 20 }),
            "more than the bucket waits for a full one"
        );
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing_away() {
        let mut bucket = Bucket::full(Rate::per_second(1), 10_000);
        assert_eq!(bucket.take(1, 10_000), Ok(()));
        assert!(bucket.take(1, 0).is_err());
        assert!(bucket.take(1, 999).is_err());
    }

    #[test]
    fn memory_is_bounded_and_busy_keys_are_kept() {
        let mut buckets = Buckets::new(Rate::per_hour(1), 100);
        assert_eq!(buckets.bucket(0u32, 0).take(1, 0), Ok(()));
        for key in 1..10_000 {
            assert_eq!(buckets.bucket(key, 0).take(1, 0), Ok(()));
            assert!(buckets.bucket(0, 0).take(1, 0).is_err(), "ana was forgotten at key {key}");
            assert!(buckets.young.len() + buckets.old.len() <= 100);
        }
    }
}
