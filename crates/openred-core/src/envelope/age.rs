//! What the age of an envelope means (PROTOCOL §2, "Time"). The clock is an argument.

use super::Envelope;

/// How far clocks may differ, ms: 10 minutes.
pub const SKEW_MS: u64 = 10 * 60 * 1000;

/// How long stored mail is good after its timestamp, ms: 60 days.
pub const MAIL_GOOD_MS: u64 = 60 * 24 * 60 * 60 * 1000;

/// How long the id of what was acted on is remembered, ms: 61 days, a day longer than it could come again.
pub const REMEMBER_MS: u64 = 61 * 24 * 60 * 60 * 1000;

/// The age of an envelope at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// More than 10 minutes ahead: held back until it is not.
    Ahead,
    /// Within 10 minutes: good for everything.
    Fresh,
    /// Older, but within 60 days: good as stored mail, not for interactive use.
    Stored,
    /// Older than 60 days: dropped.
    Expired,
}

impl Envelope {
    /// The age at `now_ms` (unix milliseconds).
    pub fn age(&self, now_ms: u64) -> Age {
        if self.timestamp_ms > now_ms.saturating_add(SKEW_MS) {
            Age::Ahead
        } else if now_ms <= self.timestamp_ms.saturating_add(SKEW_MS) {
            Age::Fresh
        } else if now_ms <= self.timestamp_ms.saturating_add(MAIL_GOOD_MS) {
            Age::Stored
        } else {
            Age::Expired
        }
    }

    /// Until when its message_id must be remembered durably, unix ms: max(timestamp, received) + 61 days.
    pub fn remember_until_ms(&self, received_ms: u64) -> u64 {
        self.timestamp_ms.max(received_ms).saturating_add(REMEMBER_MS)
    }
}
