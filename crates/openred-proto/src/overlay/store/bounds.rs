//! Row and age limits of the overlay's tables, each with its reason: no table grows by itself without end.
//!
//! Must not know: who enforces them.

use openred_core::overlay::LIFE_MAX_S;

/// Rows of `peers`: several times what a node keeps in memory, so that trust survives a change of the address book.
pub const PEER_ROWS_MAX: usize = 8192;
/// A row of `peers` without a sign of life for 90 days goes: addresses have moved on.
pub const PEER_AGE_S: u64 = 90 * 86_400;
/// Rows of `messages_seen`: a day of two messages a second. What is forgotten is expired or held as a message.
pub const SEEN_ROWS_MAX: usize = 200_000;
/// A row of `messages_seen` goes once no copy can be valid: the longest life of a message, and the ten minutes a clock
/// may be ahead.
pub const SEEN_AGE_S: u64 = LIFE_MAX_S + 600;
/// Rows of `trust_events`: 20 credits a day of 100 peers for 25 days.
pub const TRUST_EVENT_ROWS_MAX: usize = 50_000;
/// Events explain the present trust; after 90 days decay has taken most of it.
pub const TRUST_EVENT_AGE_S: u64 = 90 * 86_400;
/// Messages held; bytes are bounded by the machine that says [`super::Change::ForgetMessage`].
pub const MESSAGE_ROWS_MAX: usize = 200_000;
/// Identity logs held, ≤ 32 entries each.
pub const LOG_ROWS_MAX: usize = 16_384;
