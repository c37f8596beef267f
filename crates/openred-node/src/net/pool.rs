//! Open sessions by name: at most 100. Which of several with one peer stays is said by the tables of
//! `openred_proto::introduction`; one that drains is offered nothing new.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use openred_core::{
    frame::close,
    ids::{Id16, NodeId},
};

use super::live::Live;

/// Sessions at once (S2).
pub(super) const SESSIONS_MAX: usize = 100;

/// The pool. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Pool(Arc<Mutex<BTreeMap<Id16, Pooled>>>);

#[derive(Debug)]
struct Pooled {
    live: Live,
    drains: bool,
}

impl Pooled {
    fn is_usable(&self) -> bool {
        !self.drains && self.live.is_open()
    }
}

impl Pool {
    /// The open session with a peer.
    pub(super) fn with(&self, peer: &NodeId) -> Option<Live> {
        self.find(|live| live.peer == *peer)
    }

    /// The open session with a person (`connections.id`).
    pub(super) fn of_person(&self, person: i64) -> Option<Live> {
        self.find(|live| live.person == person)
    }

    fn find(&self, which: impl Fn(&Live) -> bool) -> Option<Live> {
        self.lock().values().find(|one| one.is_usable() && which(&one.live)).map(|one| one.live.clone())
    }

    /// The session of this name, also one that drains.
    pub(super) fn named(&self, name: &Id16) -> Option<Live> {
        self.lock().get(name).map(|one| &one.live).filter(|live| live.is_open()).cloned()
    }

    /// Sessions that are open and stay.
    pub(super) fn peers(&self) -> Vec<Live> {
        self.lock().values().filter(|one| one.is_usable()).map(|one| one.live.clone()).collect()
    }

    /// Adds a session; beyond 100 the oldest ends.
    pub(super) fn add(&self, live: Live) {
        let mut all = self.lock();
        all.retain(|_, one| one.live.is_open());
        all.insert(live.session_id, Pooled { live, drains: false });
        if all.len() > SESSIONS_MAX
            && let Some(oldest) = all.values().min_by_key(|one| one.live.opened_at)
        {
            oldest.live.close(close::IDLE);
        }
    }

    /// Offers this session nothing new: another one with the same peer stays.
    pub(super) fn drain(&self, name: &Id16) {
        if let Some(one) = self.lock().get_mut(name) {
            one.drains = true;
        }
    }

    /// Ends one session.
    pub(super) fn close_named(&self, name: &Id16, code: &'static str) {
        if let Some(one) = self.lock().get(name) {
            one.live.close(code);
        }
    }

    /// Ends the sessions with a peer (blocked, removed, rotated).
    pub(super) fn close(&self, peer: &NodeId, code: &'static str) {
        for one in self.lock().values_mut().filter(|one| one.live.peer == *peer) {
            one.drains = true;
            one.live.close(code);
        }
    }

    /// Ends all (locked, rotated).
    pub(super) fn close_all(&self, code: &'static str) {
        self.lock().values().for_each(|one| one.live.close(code));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Id16, Pooled>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::live::Command;

    #[tokio::test]
    async fn the_hundred_and_first_session_ends_the_oldest() {
        let pool = Pool::default();
        let mut played = Vec::new();
        for number in 1..=100 {
            // Ana's oldest is with number 7.
            let opened_at = if number == 7 { 1 } else { 1_000 + u64::from(number) };
            let (live, inbox) = Live::played(number, opened_at);
            pool.add(live);
            played.push(inbox);
        }
        assert!(played.iter_mut().all(|inbox| inbox.try_recv().is_err()), "a hundred stay");
        assert_eq!(pool.peers().len(), 100);
        let (live, _inbox) = Live::played(101, 5_000);
        pool.add(live);
        let told: Vec<usize> = (1..=100)
            .zip(&mut played)
            .filter_map(|(number, inbox)| match inbox.try_recv() {
                Ok(Command::Close(close::IDLE)) => Some(number),
                _ => None,
            })
            .collect();
        assert_eq!(told, [7]);
    }
}
