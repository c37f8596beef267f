//! Why a relay does not do what it is asked: one variant per code (Annex A.0, A.10).
//!
//! Must not know: what was asked.

use openred_service::problem::Problem;

/// A call to a relay that was not carried out. Nothing of it was kept, unless a variant says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// 400 `malformed`: a length that is none of the four.
    #[error("not of one of the four sizes")]
    Malformed,
    /// 404 `unknown`: no such queue, or not for this caller.
    #[error("no such queue")]
    Unknown,
    /// 409 `conflict`: other bytes under a name that the depositor has used.
    #[error("other bytes were deposited under this name")]
    Conflict,
    /// 413 `too_large`: longer than the largest size.
    #[error("longer than sealed mail can be")]
    TooLarge,
    /// 429 `slow_down`: the depositor has made the deposits of the day.
    #[error("too many deposits, again in {retry_secs} seconds")]
    SlowDown {
        /// When the next day begins, in seconds from now.
        retry_secs: u64,
    },
    /// 507 `full`: the mailbox, the relay or its disk is full. Reading goes on, and so does taking once there is space.
    #[error("no space left")]
    Full,
    /// 503 `busy`: too much waits, or the store cannot be written or read at the moment. Only where the process ended or
    /// the caller left early may it have been kept all the same: the same deposit again is answered as one.
    #[error("busy at the moment")]
    Busy,
}

impl Refusal {
    /// The HTTP status of its code: in batches and streams all that is said.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Unknown => 404,
            Self::Conflict => 409,
            Self::TooLarge => 413,
            Self::SlowDown { .. } => 429,
            Self::Full => 507,
            Self::Busy => 503,
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Malformed => Self::malformed().detail("Sealed mail has 1, 4, 16 or 64 KiB."),
            Refusal::Unknown => Self::unknown(),
            Refusal::Conflict => Self::conflict(),
            Refusal::TooLarge => Self::too_large(),
            Refusal::SlowDown { retry_secs } => Self::slow_down().retry_after(retry_secs),
            Refusal::Full => Self::full(),
            Refusal::Busy => Self::busy().retry_after(5),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_code() {
        let codes = [
            (Refusal::Malformed, 400, "malformed"),
            (Refusal::Unknown, 404, "unknown"),
            (Refusal::Conflict, 409, "conflict"),
            (Refusal::TooLarge, 413, "too_large"),
            (Refusal::SlowDown { retry_secs: 9 }, 429, "slow_down"),
            (Refusal::Full, 507, "full"),
            (Refusal::Busy, 503, "busy"),
        ];
        for (refusal, status, code) in codes {
            let problem = Problem::from(refusal);
            assert_eq!((problem.status.as_u16(), problem.code), (status, code));
            assert_eq!(refusal.status(), status);
        }
        assert_eq!(Problem::from(Refusal::SlowDown { retry_secs: 9 }).retry_after, Some(9));
    }
}
