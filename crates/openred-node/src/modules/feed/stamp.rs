//! Which of several changes of one thing counts, whatever order they come in.

use openred_core::{envelope::Verified, ids::Hash};

/// Orders changes: deletions count more than edits, then the later, then the greater id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    /// It withdraws the thing.
    pub deletes: bool,
    /// Timestamp of the change, unix ms; 0 for a thing never changed.
    pub at: u64,
    /// Message id of the change.
    pub id: Hash,
}

impl Stamp {
    /// Of an envelope.
    pub fn of(item: &Verified, deletes: bool) -> Self {
        Self { deletes, at: item.envelope().timestamp_ms, id: item.message_id() }
    }

    /// Of a stored thing.
    pub fn stored(deleted: bool, edited_at: Option<u64>, change_id: Option<Hash>) -> Self {
        Self { deletes: deleted, at: edited_at.unwrap_or(0), id: change_id.unwrap_or(Hash([0; 32])) }
    }
}
