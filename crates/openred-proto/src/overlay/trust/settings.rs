//! What an owner may choose about trust, with S3's presets.
//!
//! Must not know: what the numbers are used for.

use super::Ppm;

/// `initial_trust_score`, `min_trust_threshold`, `trust_decay_rate` of S3, in millionths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Direct trust of a node met for the first time.
    pub initial: Ppm,
    /// Effective trust at which a node that came to us gets a full slot; nothing else is gated by it (PROTOCOL §7).
    pub min_trust_threshold: Ppm,
    /// Share of the distance to `initial` that a day takes away.
    pub decay_rate: Ppm,
    /// Nodes whose behaviour is remembered; beyond it the least interesting goes, never one of the owner's people.
    pub rows_max: usize,
}

impl Settings {
    /// S3's numbers: 0.5 at first, decay 0.01 a day. Full slots from 0.55: recommendations of one member of R, fooled
    /// or false, reach that far for two nodes and no more.
    #[must_use]
    pub const fn standard() -> Self {
        Self { initial: 500_000, min_trust_threshold: 550_000, decay_rate: 10_000, rows_max: 4096 }
    }

    /// More links, so more to remember.
    #[must_use]
    pub const fn high_throughput() -> Self {
        Self { rows_max: 8192, ..Self::standard() }
    }

    /// Fewer links, less to remember.
    #[must_use]
    pub const fn low_resource() -> Self {
        Self { rows_max: 512, ..Self::standard() }
    }

    /// S3 "high security": 0.3 at first, full slots from 0.5, decay 0.02.
    #[must_use]
    pub const fn high_security() -> Self {
        Self { initial: 300_000, min_trust_threshold: 500_000, decay_rate: 20_000, rows_max: 4096 }
    }
}
