//! The one place that reads the system's clocks. Everything else is given a `Clock` or a number.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Instant, SystemTime};

/// Where a daemon reads the time. Clones read the same clock.
#[derive(Clone)]
pub enum Clock {
    /// The machine's clocks.
    System,
    /// A clock that stands still until told otherwise.
    Manual(ManualClock),
}

/// A clock for tests: it stands still until [`advance`](Self::advance) or [`set`](Self::set).
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Hands>);

#[derive(Debug)]
struct Hands {
    unix_ms: AtomicU64,
    monotonic_ms: AtomicU64,
}

impl Clock {
    /// A manual clock at `unix_ms`, and the handle that moves it.
    pub fn manual(unix_ms: u64) -> (Self, ManualClock) {
        let hands = Hands { unix_ms: AtomicU64::new(unix_ms), monotonic_ms: AtomicU64::new(0) };
        let clock = ManualClock(Arc::new(hands));
        (Self::Manual(clock.clone()), clock)
    }

    /// Unix time in milliseconds. It may jump, also backwards: never measure a wait with it.
    pub fn now_ms(&self) -> u64 {
        match self {
            Self::System => unix_ms(),
            Self::Manual(clock) => clock.0.unix_ms.load(Ordering::SeqCst),
        }
    }

    /// Unix time in seconds.
    pub fn now_s(&self) -> u64 {
        self.now_ms() / 1000
    }

    /// Milliseconds since some moment in this process: never backwards. For waits, rates and timeouts.
    pub fn monotonic_ms(&self) -> u64 {
        match self {
            Self::System => monotonic_us() / 1_000,
            Self::Manual(clock) => clock.0.monotonic_ms.load(Ordering::SeqCst),
        }
    }

    /// The same in microseconds, to measure what takes less than a millisecond. A manual clock knows milliseconds only.
    pub fn monotonic_us(&self) -> u64 {
        match self {
            Self::System => monotonic_us(),
            Self::Manual(_) => self.monotonic_ms().saturating_mul(1_000),
        }
    }
}

impl ManualClock {
    /// Lets `ms` milliseconds pass on both hands.
    pub fn advance(&self, ms: u64) {
        self.0.unix_ms.fetch_add(ms, Ordering::SeqCst);
        self.0.monotonic_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// Sets the unix time, as an administrator would; the monotonic hand stays.
    pub fn set(&self, unix_ms: u64) {
        self.0.unix_ms.store(unix_ms, Ordering::SeqCst);
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "Clock::System",
            Self::Manual(_) => "Clock::Manual",
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the clock the others are given")]
fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[expect(clippy::disallowed_methods, reason = "this is the clock the others are given")]
fn monotonic_us() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let start = *START;
    u64::try_from(Instant::now().saturating_duration_since(start).as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_administrator_moves_the_calendar_and_not_the_stopwatch() {
        let (clock, hand) = Clock::manual(1_000_000);
        hand.advance(250);
        assert_eq!((clock.now_ms(), clock.monotonic_ms()), (1_000_250, 250));
        hand.set(5);
        assert_eq!((clock.now_ms(), clock.monotonic_ms()), (5, 250));
    }

    #[test]
    fn the_system_clock_is_in_this_century_and_does_not_go_back() {
        let earlier = Clock::System.monotonic_ms();
        assert!(Clock::System.now_ms() > 1_700_000_000_000);
        assert!(Clock::System.monotonic_ms() >= earlier);
    }
}
