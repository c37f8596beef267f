//! What happens to bytes on their way. Must not know: what they mean.

use crate::dice::{Dice, Ppm};

/// How links behave; the same for all, each draws its own latency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weather {
    /// One way, milliseconds: drawn per link from this to that.
    pub latency_ms: (u64, u64),
    /// Added to each frame, up to so much.
    pub jitter_ms: u64,
    /// Frames that do not arrive.
    pub loss: Ppm,
    /// Frames that arrive twice.
    pub duplication: Ppm,
    /// Frames that may overtake others, by up to a second.
    pub reorder: Ppm,
    /// Frames of which one bit flips.
    pub corruption: Ppm,
    /// Bytes per millisecond and direction; 0: without limit.
    pub bytes_per_ms: u64,
}

impl Weather {
    /// Links of a good day: 5 to 40 ms, nothing gets lost.
    #[must_use]
    pub const fn calm() -> Self {
        Self {
            latency_ms: (5, 40),
            jitter_ms: 2,
            loss: 0,
            duplication: 0,
            reorder: 0,
            corruption: 0,
            bytes_per_ms: 0,
        }
    }

    /// Drawn: loss up to 30 %, duplication up to 50 %, reordering up to 30 %. No corruption: sessions find that out.
    #[must_use]
    pub fn drawn(dice: &mut Dice) -> Self {
        let mut up_to = |max| u32::try_from(dice.below(max)).unwrap_or(0);
        let (loss, duplication, reorder) = (up_to(300_000), up_to(500_000), up_to(300_000));
        Self { loss, duplication, reorder, jitter_ms: 1 + dice.below(100), ..Self::calm() }
    }
}

/// One end of a session between two nodes.
#[derive(Clone, Debug)]
pub struct LinkEnd {
    /// Names the session; the same at both ends.
    pub session: u64,
    /// One way, milliseconds.
    pub latency_ms: u64,
    /// When the last byte so far has left (thousandths of a millisecond).
    free_at_us: u64,
    /// When the last frame so far arrives.
    pub arrival_ms: u64,
    /// Bytes that left and are not told yet.
    pub untold: usize,
}

/// When a frame leaves and arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trip {
    /// It is on the wire.
    pub left_ms: u64,
    /// It is there; `None`: lost.
    pub arrives_ms: Option<u64>,
    /// It is there once more.
    pub again_ms: Option<u64>,
    /// This bit of it flips.
    pub flips: Option<usize>,
}

impl LinkEnd {
    /// A fresh end.
    #[must_use]
    pub const fn new(session: u64, latency_ms: u64, now_ms: u64) -> Self {
        Self { session, latency_ms, free_at_us: now_ms * 1000, arrival_ms: now_ms, untold: 0 }
    }

    /// Bytes that wait to leave at `now_ms`.
    #[must_use]
    pub const fn waiting(&self, weather: &Weather, now_ms: u64) -> u64 {
        self.free_at_us.saturating_sub(now_ms * 1000) * weather.bytes_per_ms / 1000
    }

    /// Puts a frame on the way.
    pub fn carry(&mut self, bytes: usize, weather: &Weather, dice: &mut Dice, now_ms: u64) -> Trip {
        self.free_at_us = self.free_at_us.max(now_ms * 1000);
        self.free_at_us += (bytes as u64 * 1000).checked_div(weather.bytes_per_ms).unwrap_or(0);
        let left_ms = self.free_at_us.div_ceil(1000);
        let (lost, twice) = (dice.hits(weather.loss), dice.hits(weather.duplication));
        let arrives_ms = (!lost).then(|| self.arrival(left_ms, weather, dice));
        let again_ms = (!lost && twice).then(|| self.arrival(left_ms, weather, dice));
        let flips = dice.hits(weather.corruption).then(|| dice.index(bytes * 8));
        Trip { left_ms, arrives_ms, again_ms, flips }
    }

    fn arrival(&mut self, left_ms: u64, weather: &Weather, dice: &mut Dice) -> u64 {
        let at = left_ms + self.latency_ms + dice.below(weather.jitter_ms + 1);
        if dice.hits(weather.reorder) {
            return at + dice.below(1000);
        }
        self.arrival_ms = self.arrival_ms.max(at);
        self.arrival_ms
    }
}
