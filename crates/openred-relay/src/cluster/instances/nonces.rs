//! Which calls this process has seen. Must not know: calls, Redis.

use std::collections::HashSet;

use openred_service::instances::Token;

/// How long a call is remembered at least, seconds (Annex A.0).
pub(super) const REMEMBERED_SECS: u64 = 20 * 60;
/// Most calls of 20 minutes at one process: some 30 MB.
const MAX_REMEMBERED: usize = 500_000;

/// Two spans of 20 minutes: the one that runs, and the one before.
#[derive(Debug, Default)]
pub(super) struct Nonces {
    began: u64,
    young: HashSet<Token>,
    old: HashSet<Token>,
}

impl Nonces {
    /// Whether it was not there; from now on it is. `false` too when there is no room.
    pub(super) fn first_use(&mut self, token: Token, now: u64) -> bool {
        if now >= self.began.saturating_add(REMEMBERED_SECS) {
            let spans = (now - self.began) / REMEMBERED_SECS;
            let last = std::mem::take(&mut self.young);
            self.old = if spans == 1 { last } else { HashSet::new() };
            self.began = now - now % REMEMBERED_SECS;
        }
        !self.old.contains(&token) && self.young.len() < MAX_REMEMBERED && self.young.insert(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_remembered_for_twenty_minutes_and_not_for_ever() {
        for start in [0, 1_000, 1_800_057_600, 1_800_058_799] {
            let mut nonces = Nonces::default();
            assert!(nonces.first_use([1; 16], start));
            for later in [0, 1, 599, 1_199] {
                assert!(!nonces.first_use([1; 16], start + later), "{later} seconds after {start}");
            }
            assert!(nonces.first_use([1; 16], start + 2 * REMEMBERED_SECS));
        }
    }

    #[test]
    fn without_room_nothing_is_let_through() {
        let mut nonces = Nonces::default();
        for n in 0..MAX_REMEMBERED as u128 {
            assert!(nonces.first_use(n.to_be_bytes(), 5));
        }
        assert!(!nonces.first_use([0xff; 16], 5));
    }
}
