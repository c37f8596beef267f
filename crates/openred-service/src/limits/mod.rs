//! Token buckets by key with bounded memory, and what was here before. Knows numbers and addresses; must not know what is being limited.

mod bucket;
mod prefix;
mod seen;
mod source;

use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use crate::problem::Problem;

use bucket::Buckets;

pub use bucket::Rate;
pub use prefix::Prefix;
pub use seen::{NotFirst, Seen};
pub use source::{SourceLimiter, SourceRates};

/// Too often: come back after this many whole seconds (at least 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many requests: come back in {seconds} s")]
pub struct SlowDown {
    /// Seconds until one more is allowed.
    pub seconds: u64,
}

impl From<SlowDown> for Problem {
    fn from(refusal: SlowDown) -> Self {
        Self::slow_down().retry_after(refusal.seconds)
    }
}

/// One rate, counted for each key by itself.
#[derive(Debug)]
pub struct Limiter<K>(Mutex<Buckets<K>>);

impl<K: Hash + Eq> Limiter<K> {
    /// Remembers at least the `keys_max / 2` keys seen last and never more than `keys_max`; a forgotten key starts
    /// with a full bucket.
    pub fn new(rate: Rate, keys_max: usize) -> Self {
        Self(Mutex::new(Buckets::new(rate, keys_max)))
    }

    /// Takes one token of `key`. `now_ms` is any clock of milliseconds, best the monotonic one; a clock that goes
    /// back refills nothing meanwhile.
    pub fn take(&self, key: K, now_ms: u64) -> Result<(), SlowDown> {
        self.take_many(key, 1, now_ms)
    }

    /// Takes `count` tokens at once, or none.
    pub fn take_many(&self, key: K, count: u32, now_ms: u64) -> Result<(), SlowDown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).bucket(key, now_ms).take(count, now_ms)
    }
}
