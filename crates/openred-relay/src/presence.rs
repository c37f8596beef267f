//! Whose owners have a stream open in this process: they are here for as long.
//!
//! Must not know: streams, mail.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use openred_core::ids::DepositId;

use crate::bounds::HERE_SECS;
use crate::instances::Instances;

/// Owners with streams, and how many; as many entries as queues are open.
pub(crate) struct Presence {
    instances: Arc<dyn Instances>,
    open: Mutex<HashMap<DepositId, usize>>,
}

/// One open queue of one stream. Dropped with it, and with the last one the owner has left.
pub(crate) struct Here {
    presence: Arc<Presence>,
    deposit_id: DepositId,
}

impl Presence {
    /// Nobody yet.
    pub(crate) fn new(instances: Arc<dyn Instances>) -> Self {
        Self { instances, open: Mutex::default() }
    }

    /// The owner is here at `now` (unix seconds), until what is returned is dropped.
    pub(crate) fn enter(self: &Arc<Self>, deposit_id: DepositId, now: u64) -> Here {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner).entry(deposit_id).or_default() += 1;
        let here = Here { presence: Arc::clone(self), deposit_id };
        here.refresh(now);
        here
    }
}

impl Here {
    /// Still here at `now`.
    pub(crate) fn refresh(&self, now: u64) {
        self.presence.instances.here(self.deposit_id, now + HERE_SECS);
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        let mut open = self.presence.open.lock().unwrap_or_else(PoisonError::into_inner);
        let left = open.get(&self.deposit_id).map_or(0, |count| count - 1);
        if left == 0 {
            open.remove(&self.deposit_id);
            self.presence.instances.here(self.deposit_id, 0);
        } else {
            open.insert(self.deposit_id, left);
        }
    }
}

impl std::fmt::Debug for Presence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Presence")
    }
}
