//! Rate of signed envelopes: bursts of 5,000, then 4,000 a second. It stops a stolen node from signing
//! without end, not a person from writing. It must not know envelopes.

use crate::ops::Refusal;

/// Signatures at once.
const BURST: u64 = 5_000;
/// Signatures per millisecond that come back.
const PER_MS: u64 = 4;

/// A token bucket.
#[derive(Debug)]
pub(super) struct Rate {
    left: u64,
    at_ms: u64,
}

impl Rate {
    pub(super) const fn new(now_ms: u64) -> Self {
        Self { left: BURST, at_ms: now_ms }
    }

    /// Takes `count` signatures, all or none.
    pub(super) fn take(&mut self, now_ms: u64, count: u64) -> Result<(), Refusal> {
        let passed = now_ms.saturating_sub(self.at_ms);
        self.left = passed.saturating_mul(PER_MS).saturating_add(self.left).min(BURST);
        self.at_ms = now_ms;
        match self.left.checked_sub(count) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(Refusal::Rate { retry_ms: (count - self.left).div_ceil(PER_MS) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_four_a_millisecond() {
        let mut rate = Rate::new(1_000);
        assert_eq!(rate.take(1_000, BURST), Ok(()));
        assert_eq!(rate.take(1_000, 10), Err(Refusal::Rate { retry_ms: 3 }));
        assert_eq!(rate.take(1_003, 10), Ok(()));
        assert_eq!(rate.take(500, 2), Ok(()), "a clock set back gives nothing and takes nothing");
        assert!(rate.take(500, 1).is_err());
        assert_eq!(rate.take(501, 4), Ok(()));
    }
}
