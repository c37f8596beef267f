//! What the committing thread writes and all others read. Must not know: orders, the log's tail.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::index::Index;
use super::recovery::Segment;

/// The index, and the files its places stand in.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) index: Index,
    /// All segments, the one being written too.
    pub(super) segments: BTreeMap<u32, Segment>,
}

/// The same, for many threads. The committing thread holds it for writing only for as long as it takes to apply what is on
/// disk already.
#[derive(Debug)]
pub(super) struct Shared(RwLock<Held>);

impl Shared {
    pub(super) fn new(held: Held) -> Self {
        Self(RwLock::new(held))
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Held> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, Held> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
