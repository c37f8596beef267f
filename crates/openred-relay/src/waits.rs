//! How long deposits wait for the disk: what says first that a relay, or its database, has too much to do.
//!
//! Must not know: deposits, stores.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openred_service::lifecycle::Clock;

/// All calls to the store that are under way, and the longest of those that have ended.
#[derive(Debug)]
pub(crate) struct Waits {
    clock: Clock,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    next: u64,
    /// Since when, in the order in which they began: monotonic us.
    since: BTreeMap<u64, u64>,
    longest_us: u64,
}

/// One call; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Wait {
    all: Arc<Waits>,
    number: u64,
}

impl Waits {
    /// None yet.
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, waiting: Mutex::default() }
    }

    /// A call begins.
    pub(crate) fn begin(self: &Arc<Self>) -> Wait {
        let now = self.clock.monotonic_us();
        let mut waiting = self.locked();
        let number = waiting.next;
        waiting.next += 1;
        waiting.since.insert(number, now);
        drop(waiting);
        Wait { all: Arc::clone(self), number }
    }

    /// The longest that any call waited since the last time this was asked, those that still wait included, in seconds.
    pub(crate) fn oldest_secs(&self) -> f64 {
        let now = self.clock.monotonic_us();
        let mut waiting = self.locked();
        let oldest = waiting.since.values().next().map_or(0, |since| now.saturating_sub(*since));
        let longest = std::mem::take(&mut waiting.longest_us).max(oldest);
        longest as f64 / 1e6
    }

    fn end(&self, number: u64) {
        let now = self.clock.monotonic_us();
        let mut waiting = self.locked();
        let since = waiting.since.remove(&number).unwrap_or(now);
        waiting.longest_us = waiting.longest_us.max(now.saturating_sub(since));
    }

    fn locked(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.all.end(self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_wait_is_told_once_and_one_that_goes_on_each_time() {
        let (clock, hand) = Clock::manual(0);
        let waits = Arc::new(Waits::new(clock));
        assert_eq!(waits.oldest_secs(), 0.0);
        let first = waits.begin();
        hand.advance(1_500);
        let second = waits.begin();
        hand.advance(250);
        assert_eq!(waits.oldest_secs(), 1.75, "the first still waits");
        drop(first);
        assert_eq!(waits.oldest_secs(), 1.75, "and had waited so long when it ended");
        assert_eq!(waits.oldest_secs(), 0.25, "the second");
        drop(second);
        assert_eq!((waits.oldest_secs(), waits.oldest_secs()), (0.25, 0.0));
    }
}
