//! The memory of deposits: which names were used within 32 days, for what. The youngest are in memory, the others in sorted
//! files ("runs") of which memory holds 8 bytes per 92 deposits and, up to a bound, filters.
//!
//! Nothing here must be on disk for a deposit to be durable: the log has it, until the runs have.
//!
//! Must not know: queues, mail.

mod filter;
mod merge;
mod run;

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use openred_core::ids::{ClientId, DepositId, Hash};

pub(super) use merge::{open, tidy};
pub(super) use run::{Run, from_name};

/// Bytes that all filters together may have in memory: those of 26 million deposits. Deposits in runs without a filter
/// cost one read of 4 KiB per run and new deposit.
pub(super) const MAX_FILTER_BYTES: usize = 32 << 20;

/// SHA-256(deposit_id ‖ client_id)[..16].
pub(super) type Key = [u8; 16];

/// What is remembered of a deposit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) seq: u64,
    /// When it came, unix seconds.
    pub(super) received: u32,
    /// The first half of the content's SHA-256.
    pub(super) digest: [u8; 16],
}

/// Rows that have no file yet.
pub(super) type Young = HashMap<Key, Row>;

/// The key of a deposit.
pub(super) fn key(deposit_id: &DepositId, client_id: &ClientId) -> Key {
    Hash::of(&[&deposit_id.0, &client_id.0]).short().0
}

/// Everything that is remembered.
#[derive(Default)]
pub(super) struct Ids {
    young: Young,
    /// What is being written to a run.
    frozen: Option<Arc<Young>>,
    /// The youngest first.
    runs: Vec<Arc<Run>>,
}

impl Ids {
    /// What `runs` hold, the youngest first.
    pub(super) fn new(runs: Vec<Arc<Run>>) -> Self {
        Self { runs, ..Self::default() }
    }

    /// What has a file, the youngest first.
    pub(super) fn runs(&self) -> &[Arc<Run>] {
        &self.runs
    }

    /// Rows in memory that have no file.
    pub(super) fn young(&self) -> usize {
        self.young.len()
    }

    /// The row of `key`, unless it is older than `before`, unix seconds.
    pub(super) fn get(&self, key: &Key, before: u64) -> io::Result<Option<Row>> {
        let alive = |row: &Row| u64::from(row.received) >= before;
        let frozen = || self.frozen.as_ref().and_then(|frozen| frozen.get(key));
        if let Some(row) = self.young.get(key).or_else(frozen) {
            return Ok(Some(*row).filter(alive));
        }
        for run in &self.runs {
            if u64::from(run.newest()) >= before
                && let Some(row) = run.get(key)?
            {
                return Ok(Some(row).filter(alive));
            }
        }
        Ok(None)
    }

    /// Remembers a row; returns what stood in its place in memory.
    pub(super) fn insert(&mut self, key: Key, row: Row) -> Option<Row> {
        self.young.insert(key, row)
    }

    /// Takes back an [`insert`](Self::insert) that returned `old`.
    pub(super) fn undo(&mut self, key: &Key, old: Option<Row>) {
        match old {
            Some(row) => self.young.insert(*key, row),
            None => self.young.remove(key),
        };
    }

    /// What is to be written to a run now. It stays in force until [`written`](Self::written) or [`thaw`](Self::thaw).
    pub(super) fn freeze(&mut self) -> Arc<Young> {
        let frozen = Arc::new(std::mem::take(&mut self.young));
        self.frozen = Some(Arc::clone(&frozen));
        frozen
    }

    /// The frozen rows are in a run: these are all runs, the youngest first.
    pub(super) fn written(&mut self, runs: Vec<Arc<Run>>) {
        (self.runs, self.frozen) = (runs, None);
    }

    /// The frozen rows could not be written: they are young again.
    pub(super) fn thaw(&mut self) {
        let Some(frozen) = self.frozen.take() else { return };
        let younger = std::mem::take(&mut self.young);
        self.young = Arc::try_unwrap(frozen).unwrap_or_else(|shared| (*shared).clone());
        self.young.extend(younger);
    }
}
