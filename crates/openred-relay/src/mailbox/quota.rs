//! How much one queue may hold and take, as the owner of a relay wishes.
//!
//! Must not know: how it is counted.

use serde::Deserialize;

/// Limits of the relay and of each mailbox. A depositor is who holds a mailbox's capability: one contact of its owner.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quotas {
    /// Mailboxes in all; one more is refused with 507 `full`. Default 1,000,000, some 300 MB of memory when all hold mail.
    pub mailboxes: u32,
    /// Bytes of contents that wait in one mailbox; what does not fit is refused with 507 `full`. Default 64 MiB.
    pub mailbox_bytes: u64,
    /// Pieces of mail that wait in one mailbox; the next is refused with 507 `full`. Default 10,000.
    pub mailbox_count: u32,
    /// Deposits that a depositor may make in one day (UTC), 429 `slow_down` beyond. Default 10,000. Bounds what is
    /// remembered of deposits: 44 bytes each for 32 days.
    pub deposits_per_day: u32,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            mailboxes: 1_000_000,
            mailbox_bytes: 64 << 20,
            mailbox_count: 10_000,
            deposits_per_day: 10_000,
        }
    }
}
