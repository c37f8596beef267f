//! The time of one turn. Must not know: where it comes from.

/// Both clocks, read together: the monotonic one for durations, the wall clock for times that others signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds since some moment of this process; never goes back.
    pub mono_ms: u64,
    /// Unix milliseconds; may jump.
    pub unix_ms: u64,
}

impl Now {
    /// Unix seconds.
    #[must_use]
    pub const fn secs(self) -> u64 {
        self.unix_ms / 1000
    }
}
