//! How long calls took until they were carried out, however often they had to be tried.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Who tries again wants to be served within so long, ms.
const IN_TIME_MS: u64 = 5_000;

/// Of all clients of one trial.
#[derive(Debug, Default)]
pub(super) struct Figures(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    requests: u64,
    in_time: u64,
    retries: u64,
    slowest_ms: u64,
    /// Deposits alone: a fetch waits for mail.
    deposits_us: Vec<u64>,
}

impl Figures {
    /// A call was carried out after `us` microseconds and `retries` more attempts.
    pub(super) fn done(&self, us: u64, retries: u64, is_deposit: bool) {
        let mut counts = self.counts();
        counts.requests += 1;
        counts.in_time += u64::from(us <= IN_TIME_MS * 1_000);
        counts.retries += retries;
        counts.slowest_ms = counts.slowest_ms.max(us / 1_000);
        if is_deposit {
            counts.deposits_us.push(us);
        }
    }

    pub(super) fn requests(&self) -> u64 {
        self.counts().requests
    }

    pub(super) fn retries(&self) -> u64 {
        self.counts().retries
    }

    pub(super) fn slowest_ms(&self) -> u64 {
        self.counts().slowest_ms
    }

    /// Share of calls that were carried out in time, 0 to 1.
    pub(super) fn available(&self) -> f64 {
        let counts = self.counts();
        counts.in_time as f64 / counts.requests.max(1) as f64
    }

    /// What so many percent of all deposits took at most, ms.
    pub(super) fn deposit_ms(&self, percent: usize) -> f64 {
        let mut counts = self.counts();
        counts.deposits_us.sort_unstable();
        let at = (counts.deposits_us.len() * percent).div_ceil(100).saturating_sub(1);
        counts.deposits_us.get(at).map_or(0.0, |us| *us as f64 / 1_000.0)
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[test]
fn shares_and_percentiles_are_of_all_calls() {
    let figures = Figures::default();
    for ms in 1..=100 {
        figures.done(ms * 1_000, 0, true);
    }
    figures.done(IN_TIME_MS * 1_000 + 1, 3, false);
    assert_eq!((figures.deposit_ms(50), figures.deposit_ms(99)), (50.0, 99.0));
    assert_eq!((figures.requests(), figures.retries(), figures.slowest_ms()), (101, 3, IN_TIME_MS));
    assert!((figures.available() - 100.0 / 101.0).abs() < 1e-9);
}
