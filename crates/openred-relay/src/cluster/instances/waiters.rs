//! Who waits here for mail, and where mail has come that others are to be told of. Must not know: Redis.

use std::collections::{HashMap, HashSet};

use tokio::sync::watch;

use openred_service::instances::Token;

/// Most queues of one announcement; beyond, all who wait anywhere are woken.
const MAX_ANNOUNCED: usize = 65_536;
/// When so many have come to wait, those who left are forgotten.
const TIDY_FROM: usize = 1_024;

/// Waiters by hashed queue.
#[derive(Debug, Default)]
pub(super) struct Waiters {
    waiting: HashMap<Token, watch::Sender<()>>,
    tidy_at: usize,
    untold: HashSet<Token>,
    too_many: bool,
}

/// What the others are to be told.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Announcement {
    /// Mail came into these queues.
    Some(Vec<Token>),
    /// It came into so many that all should look.
    All,
}

impl Waiters {
    /// Changes when mail comes into the queue.
    pub(super) fn wait(&mut self, token: Token) -> watch::Receiver<()> {
        if self.waiting.len() >= self.tidy_at.max(TIDY_FROM) {
            self.waiting.retain(|_, waiter| waiter.receiver_count() > 0);
            self.tidy_at = self.waiting.len() * 2;
        }
        self.waiting.entry(token).or_insert_with(|| watch::Sender::new(())).subscribe()
    }

    /// Mail came here: wakes who waits here, and notes it for the others.
    pub(super) fn arrived(&mut self, tokens: impl Iterator<Item = Token>) {
        for token in tokens {
            self.wake(&token);
            if self.untold.len() < MAX_ANNOUNCED {
                self.untold.insert(token);
            } else {
                self.too_many = true;
            }
        }
    }

    /// Mail came somewhere.
    pub(super) fn wake(&self, token: &Token) {
        if let Some(waiter) = self.waiting.get(token) {
            waiter.send_replace(());
        }
    }

    /// Something may have been missed.
    pub(super) fn wake_all(&self) {
        #[expect(clippy::iter_over_hash_type, reason = "all are woken, in whatever order")]
        for waiter in self.waiting.values() {
            waiter.send_replace(());
        }
    }

    /// What to tell, once; `None` for nothing.
    pub(super) fn announcement(&mut self) -> Option<Announcement> {
        let untold = std::mem::take(&mut self.untold);
        if std::mem::take(&mut self.too_many) {
            return Some(Announcement::All);
        }
        (!untold.is_empty()).then(|| Announcement::Some(untold.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(n: u32) -> Token {
        u128::from(n).to_be_bytes()
    }

    #[test]
    fn only_those_wake_for_whom_mail_came() {
        let mut waiters = Waiters::default();
        let (ana, ben) = (waiters.wait(token(1)), waiters.wait(token(2)));
        waiters.arrived([token(1), token(1), token(3)].into_iter());
        assert!(ana.has_changed().unwrap() && !ben.has_changed().unwrap());
        let Some(Announcement::Some(mut told)) = waiters.announcement() else { panic!("something to tell") };
        told.sort_unstable();
        assert_eq!(told, [token(1), token(3)], "once each");
        assert_eq!(waiters.announcement(), None);
    }

    #[test]
    fn memory_is_bounded() {
        let mut waiters = Waiters::default();
        for n in 0..50_000 {
            drop(waiters.wait(token(n)));
            assert!(waiters.waiting.len() <= TIDY_FROM + 1);
        }
        waiters.arrived((0..=MAX_ANNOUNCED as u32).map(token));
        assert_eq!(waiters.announcement(), Some(Announcement::All));
    }
}
