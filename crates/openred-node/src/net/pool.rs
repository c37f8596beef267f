//! Open sessions by peer and by name: at most 100, one per peer.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use openred_core::{
    frame::close,
    ids::{Id16, NodeId},
};

use openred_service::lifecycle::Lifecycle;

use super::live::Live;

/// Sessions at once (S2).
pub(super) const SESSIONS_MAX: usize = 100;
/// The older of two sessions may finish what it is doing for this long.
const DRAIN_S: u64 = 10;

/// The pool. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Pool(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    by_peer: BTreeMap<NodeId, Live>,
    by_name: BTreeMap<Id16, Live>,
}

impl Pool {
    /// The open session with a peer.
    pub(super) fn with(&self, peer: &NodeId) -> Option<Live> {
        self.lock().by_peer.get(peer).filter(|live| live.is_open()).cloned()
    }

    /// The open session with a person (`connections.id`).
    pub(super) fn of_person(&self, person: i64) -> Option<Live> {
        self.lock().by_peer.values().find(|live| live.person == person && live.is_open()).cloned()
    }

    /// The open session of this name.
    pub(super) fn named(&self, name: &Id16) -> Option<Live> {
        self.lock().by_name.get(name).filter(|live| live.is_open()).cloned()
    }

    /// Everybody with an open session.
    pub(super) fn peers(&self) -> Vec<Live> {
        self.lock().by_peer.values().filter(|live| live.is_open()).cloned().collect()
    }

    /// Adds a session. Of two with one peer that were begun by different sides, the one whose initiator has the
    /// lower node id stays; of two begun by one side, the newer. The other drains 10 s.
    pub(super) fn add(&self, me: &NodeId, live: Live, tasks: &Lifecycle) {
        let mut inner = self.lock();
        inner.by_peer.retain(|_, l| l.is_open());
        inner.by_name.retain(|_, l| l.is_open());
        inner.by_name.insert(live.session_id, live.clone());
        let stays = match inner.by_peer.get(&live.peer) {
            Some(old) if old.initiator != live.initiator => (*me < live.peer) == live.initiator,
            _ => true,
        };
        let goes = if stays { inner.by_peer.insert(live.peer, live) } else { Some(live) };
        let crowded = (inner.by_peer.len() > SESSIONS_MAX)
            .then(|| inner.by_peer.values().min_by_key(|l| l.opened_at).cloned())
            .flatten();
        drop(inner);
        if let Some(old) = goes {
            tasks.spawn_one_of_many("drain", async move {
                tokio::time::sleep(std::time::Duration::from_secs(DRAIN_S)).await;
                old.close(close::REPLACED);
            });
        }
        if let Some(oldest) = crowded {
            oldest.close(close::IDLE);
        }
    }

    /// Ends the sessions with a peer (blocked, removed, rotated).
    pub(super) fn close(&self, peer: &NodeId, code: &'static str) {
        let inner = self.lock();
        inner.by_name.values().filter(|l| l.peer == *peer).for_each(|l| l.close(code));
    }

    /// Ends all (locked, rotated).
    pub(super) fn close_all(&self, code: &'static str) {
        self.lock().by_name.values().for_each(|l| l.close(code));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
