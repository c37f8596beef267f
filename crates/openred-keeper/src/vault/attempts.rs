//! Slows down guessing of the passphrase. Words and credentials are random and never slowed down, so
//! nobody can lock the owner out. It must not know passphrases.

use crate::ops::Refusal;

/// Wrong passphrases that cost nothing but their own time.
const FREE: u32 = 3;
/// Longest wait between two passphrases, milliseconds.
const MAX_WAIT_MS: u64 = 60_000;

/// Wrong passphrases since the last right one.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    wrong: u32,
    last_ms: u64,
}

impl Attempts {
    /// Whether a passphrase may be tried now.
    pub(super) fn admit(&mut self, now_ms: u64) -> Result<(), Refusal> {
        // A clock that was set back must not lengthen the wait.
        self.last_ms = self.last_ms.min(now_ms);
        let ready_ms = self.last_ms.saturating_add(self.wait_ms());
        if now_ms < ready_ms { Err(Refusal::SlowDown { retry_ms: ready_ms - now_ms }) } else { Ok(()) }
    }

    pub(super) fn wrong(&mut self, now_ms: u64) {
        self.wrong = self.wrong.saturating_add(1);
        self.last_ms = now_ms;
    }

    /// How many were wrong; counting starts again.
    pub(super) fn clear(&mut self) -> u32 {
        std::mem::take(self).wrong
    }

    /// 0 for the first three, then 1, 2, 4 … 60 s.
    fn wait_ms(&self) -> u64 {
        match self.wrong.checked_sub(FREE) {
            None => 0,
            Some(beyond) => (1000u64 << beyond.min(6)).min(MAX_WAIT_MS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_minute_and_end() {
        let mut attempts = Attempts::default();
        for _ in 0..FREE {
            assert_eq!(attempts.admit(1_000_000), Ok(()));
            attempts.wrong(1_000_000);
        }
        assert_eq!(attempts.admit(1_000_400), Err(Refusal::SlowDown { retry_ms: 600 }));
        assert_eq!(attempts.admit(1_001_000), Ok(()));
        for _ in 0..20 {
            attempts.wrong(2_000_000);
        }
        assert_eq!(attempts.admit(2_000_000), Err(Refusal::SlowDown { retry_ms: MAX_WAIT_MS }));
        assert_eq!(
            attempts.admit(10_000),
            Err(Refusal::SlowDown { retry_ms: MAX_WAIT_MS }),
            "clock set back"
        );
        assert_eq!(attempts.admit(70_000), Ok(()), "and a minute later all is well");
        assert_eq!(attempts.clear(), 23);
        assert_eq!(attempts.admit(0), Ok(()));
    }
}
