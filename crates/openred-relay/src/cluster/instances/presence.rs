//! Whose owners are here, as this process knows. Must not know: Redis.

use std::collections::HashMap;

use openred_service::instances::Token;

/// Most owners at one process. When there are more, all are forgotten: each says again within minutes that it is here.
const MAX_HERE: usize = 1_000_000;

/// Until when, by hashed address, unix seconds.
#[derive(Debug, Default)]
pub(super) struct Presence {
    here: HashMap<Token, u64>,
    untold: HashMap<Token, u64>,
}

impl Presence {
    /// Is here until then; 0: has left.
    pub(super) fn here(&mut self, token: Token, until: u64) {
        if self.here.len() >= MAX_HERE {
            self.here.clear();
        }
        if self.untold.len() >= MAX_HERE {
            self.untold.clear();
        }
        if until == 0 {
            self.here.remove(&token);
        } else {
            self.here.insert(token, until);
        }
        self.untold.insert(token, until);
    }

    /// What was said and Redis was not told yet.
    pub(super) fn untold(&self, token: &Token) -> Option<u64> {
        self.untold.get(token).copied()
    }

    /// As far as this process knows by itself.
    pub(super) fn is_here(&self, token: &Token, now: u64) -> bool {
        self.here.get(token).is_some_and(|until| *until > now)
    }

    /// What Redis is to be told, once.
    pub(super) fn changes(&mut self) -> Vec<(Token, u64)> {
        std::mem::take(&mut self.untold).into_iter().collect()
    }

    /// Redis may have forgotten everything.
    pub(super) fn tell_again(&mut self) {
        // What was said last stands, also that somebody has left.
        let said = std::mem::take(&mut self.untold);
        self.untold.clone_from(&self.here);
        self.untold.extend(said);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_left_is_not_here() {
        let mut presence = Presence::default();
        presence.here([1; 16], 100);
        presence.here([2; 16], 100);
        presence.here([2; 16], 0);
        assert!(presence.is_here(&[1; 16], 99) && !presence.is_here(&[1; 16], 100));
        assert!(!presence.is_here(&[2; 16], 99));
        let mut changes = presence.changes();
        changes.sort_unstable();
        assert_eq!(changes, [([1; 16], 100), ([2; 16], 0)]);
        presence.tell_again();
        assert_eq!(presence.changes(), [([1; 16], 100)]);
    }
}
