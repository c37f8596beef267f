//! A token bucket. Must not know: what its places are for.

/// Places that refill evenly; the rate is the caller's, so that a bucket is 16 bytes.
#[derive(Clone, Copy, Debug)]
pub(in crate::overlay) struct Bucket {
    /// Places × 1000.
    level: u64,
    at_ms: u64,
}

/// How fast a bucket refills and how much it holds.
#[derive(Clone, Copy, Debug)]
pub(in crate::overlay) struct Rate {
    /// Places per second.
    pub(in crate::overlay) per_s: u64,
    /// Seconds of it at once.
    pub(in crate::overlay) burst_s: u64,
}

impl Rate {
    /// Places of a full bucket.
    pub(in crate::overlay) const fn places(self) -> u64 {
        self.per_s.saturating_mul(self.burst_s)
    }

    const fn full(self) -> u64 {
        self.places().saturating_mul(1000)
    }
}

impl Bucket {
    /// Nothing in it.
    pub(in crate::overlay) const EMPTY: Self = Self { level: 0, at_ms: 0 };

    pub(in crate::overlay) const fn full(rate: Rate, now_ms: u64) -> Self {
        Self { level: rate.full(), at_ms: now_ms }
    }

    /// Places that are free.
    pub(in crate::overlay) fn free(&mut self, rate: Rate, now_ms: u64) -> u64 {
        let passed = now_ms.saturating_sub(self.at_ms);
        self.at_ms = self.at_ms.max(now_ms);
        self.level = self.level.saturating_add(passed.saturating_mul(rate.per_s)).min(rate.full());
        self.level / 1000
    }

    /// Whether `places` are free, without taking them.
    pub(in crate::overlay) fn has(&mut self, rate: Rate, now_ms: u64, places: u64) -> bool {
        self.free(rate, now_ms) >= places
    }

    /// Takes `places` when they are free.
    pub(in crate::overlay) fn take(&mut self, rate: Rate, now_ms: u64, places: u64) -> bool {
        let free = self.has(rate, now_ms, places);
        if free {
            self.level -= places.saturating_mul(1000);
        }
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let rate = Rate { per_s: 10, burst_s: 2 };
        let mut bucket = Bucket::full(rate, 0);
        let taken = |bucket: &mut Bucket, at| (0..1000).filter(|_| bucket.take(rate, at, 1)).count();
        assert_eq!(taken(&mut bucket, 0), 20);
        assert_eq!(taken(&mut bucket, 500), 5);
        assert_eq!(taken(&mut bucket, 499), 0, "a clock that goes back gives nothing");
        assert_eq!(taken(&mut bucket, 60_000), 20, "never more than the burst");
    }
}
