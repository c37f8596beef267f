//! What a store is told when it is opened. Must not know: how it is kept.

use std::path::PathBuf;

use crate::mailbox::Quotas;

/// Where the mail lies and how much of it there may be.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A folder of the store alone; made (0700) when it does not exist.
    pub folder: PathBuf,
    /// Limits of mailboxes.
    pub quotas: Quotas,
    /// Bytes of the disk that deposits leave free, so that acknowledging and clearing up always find room. Default 256 MiB.
    pub free_bytes_min: u64,
    /// Bytes after which a new segment of the log begins. Space comes back by the segment. Default 256 MiB; one file is open
    /// per segment.
    pub segment_bytes: u32,
    /// Bytes of the log after which a snapshot is made: bounds what is read at start. Default 512 MiB.
    pub checkpoint_bytes: u64,
    /// Deposits remembered in memory before they go to a file, some 60 bytes each, twice while they are being written. Default
    /// 450,000.
    pub checkpoint_ids: usize,
}

impl Settings {
    /// The defaults, in `folder`.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            quotas: Quotas::default(),
            free_bytes_min: 256 << 20,
            segment_bytes: 256 << 20,
            checkpoint_bytes: 512 << 20,
            checkpoint_ids: 450_000,
        }
    }
}
