//! Every bound of the relay with its reason, in one place; what an owner may change is in
//! [`Quotas`](crate::mailbox::Quotas).
//!
//! Must not know: the code that keeps the bounds.

/// Mail that nobody fetched is dropped after so many seconds: 30 days (PROTOCOL §9).
pub const MAIL_KEPT_SECS: u64 = 30 * 86_400;
/// A deposit is recognised when it comes again for so many seconds: 32 days, so that no mail can still be there and be
/// taken a second time (PROTOCOL §9).
pub const IDS_KEPT_SECS: u64 = 32 * 86_400;
/// Most mail of one answer to a fetch (Annex A.10).
pub const MAX_FETCHED: usize = 100;
/// Most bytes of contents of one answer to a fetch: 64 of the largest, so that a reader holds few of them at once.
pub const MAX_FETCHED_BYTES: usize = 4 << 20;
/// Most bytes of contents that wait for the disk in one process. Who finds no room waits, then is told `busy`.
pub const MAX_WAITING_BYTES: usize = 64 << 20;
/// How long a call waits for room in the queue of the committing or reading threads, ms; then it is told `busy`.
pub const MAX_WAIT_MS: u64 = 10_000;
/// Calls that wait for one thread.
pub const MAX_WAITING_CALLS: usize = 4_096;
