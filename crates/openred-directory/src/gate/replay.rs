//! Memory of signed calls, so that none counts twice (PROTOCOL Annex A.0).
//!
//! It is not durable, for two reasons: no disk on the path of an introduction, and no journal of who asked for
//! whom. After a start the calls signed before the start are refused instead: that is exact for callers whose
//! clocks are not ahead. A call dated x seconds ahead could be repeated for x seconds after a restart; the
//! nodes burn grant ids themselves, so a repetition makes no second session.
//!
//! Must not know: what the calls are for, and any clock; times are arguments.

use openred_core::ids::NodeId;
use openred_service::limits::{NotFirst, Seen};

use crate::bounds::{CALL_TIME_TOLERANCE_SECS, MAX_REMEMBERED_CALLS, REPLAY_MEMORY_MS};

/// The two clocks at one moment, and how long this process has run by the one that cannot be set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// Unix time, ms.
    pub(crate) unix_ms: u64,
    /// The same in whole seconds.
    pub(crate) unix_secs: u64,
    /// Monotonic time, ms.
    pub(crate) mono_ms: u64,
    /// Monotonic time since the directory started, ms.
    pub(crate) uptime_ms: u64,
}

/// Why a signed call does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotNow {
    /// Its time is more than ten minutes away from this directory's clock.
    Time,
    /// It is older than this process: sign it again, after so many seconds if one's clock runs late.
    BeforeStart { retry_secs: u64 },
    /// It was here already.
    Seen,
    /// The memory is full.
    Full,
}

impl From<NotFirst> for NotNow {
    fn from(refusal: NotFirst) -> Self {
        match refusal {
            NotFirst::Seen => Self::Seen,
            NotFirst::Full => Self::Full,
        }
    }
}

/// Calls of the last 20 minutes.
#[derive(Debug)]
pub(crate) struct Replay(Seen);

impl Default for Replay {
    fn default() -> Self {
        Self(Seen::new(MAX_REMEMBERED_CALLS, REPLAY_MEMORY_MS))
    }
}

/// Whether a call signed at `time` (unix seconds) lies within ten minutes of this directory's clock.
pub(crate) fn in_window(at: Moment, time: u64) -> Result<(), NotNow> {
    if time.abs_diff(at.unix_secs) > CALL_TIME_TOLERANCE_SECS { Err(NotNow::Time) } else { Ok(()) }
}

/// Whether it is also younger than this process.
pub(crate) fn in_time(at: Moment, time: u64) -> Result<(), NotNow> {
    in_window(at, time)?;
    let started = at.unix_ms.saturating_sub(at.uptime_ms) / 1_000;
    if time < started {
        return Err(NotNow::BeforeStart { retry_secs: started - time + 1 });
    }
    Ok(())
}

impl Replay {
    /// Remembers the call of `signer` with this `nonce`; to be called after its signature was found good.
    pub(crate) fn first_time(
        &mut self,
        at: Moment,
        signer: &NodeId,
        nonce: &[u8; 16],
        time: u64,
    ) -> Result<(), NotNow> {
        in_time(at, time)?;
        Ok(self.0.first_time(at.mono_ms, &signer.0, nonce)?)
    }

    /// Forgets what is older than 20 minutes.
    pub(crate) fn trim(&mut self, mono_ms: u64) {
        self.0.trim(mono_ms);
    }

    /// Calls remembered now.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: NodeId = NodeId([1; 32]);
    const BEN: NodeId = NodeId([2; 32]);

    fn at(unix_secs: u64, uptime_ms: u64) -> Moment {
        Moment { unix_ms: unix_secs * 1_000, unix_secs, mono_ms: 5_000_000 + uptime_ms, uptime_ms }
    }

    #[test]
    fn a_call_counts_once_per_signer() {
        let mut replay = Replay::default();
        let now = at(100_000, 3_600_000);
        assert_eq!(replay.first_time(now, &ANA, &[7; 16], 100_000), Ok(()));
        assert_eq!(replay.first_time(now, &ANA, &[7; 16], 100_000), Err(NotNow::Seen));
        assert_eq!(replay.first_time(now, &BEN, &[7; 16], 100_000), Ok(()), "another signer, the same nonce");
        assert_eq!(replay.first_time(now, &ANA, &[8; 16], 100_000), Ok(()), "another nonce");
        assert_eq!(replay.len(), 3);
    }

    #[test]
    fn only_ten_minutes_either_way() {
        let now = at(100_000, 86_400_000);
        assert_eq!(in_time(now, 100_600), Ok(()));
        assert_eq!(in_time(now, 99_400), Ok(()));
        assert_eq!(in_time(now, 100_601), Err(NotNow::Time));
        assert_eq!(in_time(now, 99_399), Err(NotNow::Time));
    }

    #[test]
    fn calls_signed_before_the_start_are_refused_and_told_when_to_come_back() {
        let now = at(100_000, 2_000);
        assert_eq!(in_time(now, 99_998), Ok(()));
        assert_eq!(in_time(now, 99_990), Err(NotNow::BeforeStart { retry_secs: 9 }));
    }

    #[test]
    fn a_call_is_remembered_for_as_long_as_its_time_is_accepted() {
        let mut replay = Replay::default();
        assert_eq!(replay.first_time(at(100_000, 3_600_000), &ANA, &[7; 16], 100_590), Ok(()));
        let later = at(101_180, 3_600_000 + 1_180_000);
        replay.trim(later.mono_ms);
        assert_eq!(replay.first_time(later, &ANA, &[7; 16], 100_590), Err(NotNow::Seen));
        replay.trim(later.mono_ms + REPLAY_MEMORY_MS);
        assert_eq!(replay.len(), 0);
    }

    #[test]
    fn a_clock_set_back_does_not_reopen_what_was_seen() {
        let mut replay = Replay::default();
        assert_eq!(replay.first_time(at(100_000, 3_600_000), &ANA, &[7; 16], 100_000), Ok(()));
        replay.trim(5_000_000 + 3_600_000 + 60_000);
        let set_back = at(99_500, 3_660_000);
        assert_eq!(replay.first_time(set_back, &ANA, &[7; 16], 100_000), Err(NotNow::Seen));
    }
}
