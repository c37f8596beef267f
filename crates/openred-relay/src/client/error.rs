//! Why a call to a relay did not do what it should, by code: in terms the caller can act on.
//!
//! Must not know: which call it was.

use openred_service::http_client::HttpError;

/// When to come back where the relay did not say, seconds.
const LATER_SECS: u64 = 10;

/// A call to a relay that was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// No such mailbox, or not with this capability or key. A depositor asks its contact for another lane.
    #[error("there is no such mailbox, or not for us")]
    Unknown,
    /// Other bytes were deposited under this client_id: draw another.
    #[error("other bytes were deposited under this name")]
    Conflict,
    /// Longer than the relay takes.
    #[error("too large")]
    TooLarge,
    /// The relay could not read the call, or we not its answer: one of the two is wrong, and the same again is in vain.
    #[error("the call or its answer cannot be read")]
    Malformed,
    /// Not signed as it should be, or the clocks are more than ten minutes apart.
    #[error("the relay refuses the signature: is the clock right?")]
    Unsigned,
    /// This nonce was here already: sign again.
    #[error("this call was here already")]
    Used,
    /// Too often: come back after so many seconds.
    #[error("too many calls, again in {seconds} s")]
    SlowDown {
        /// Seconds.
        seconds: u64,
    },
    /// The mailbox or the relay is full: later, or another relay.
    #[error("no space left there")]
    Full,
    /// The relay is busy or stops: come back after so many seconds.
    #[error("the relay is busy, again in {seconds} s")]
    Busy {
        /// Seconds.
        seconds: u64,
    },
    /// Another relay, or none, answers at this address. Nothing was sent to it.
    #[error("another relay answers at this address")]
    OtherRelay,
    /// No answer: later, or another relay; the cause says whether trying again may help.
    #[error("the relay is not reachable: {0}")]
    Unreachable(HttpError),
    /// The stream has ended: open another. What was deposited on it without an answer may be there or not; the same
    /// client_id again is the same deposit.
    #[error("the stream has ended")]
    Ended,
}

impl ClientError {
    /// What a status of a batch or a stream says.
    ///
    /// # Errors
    /// For anything but 200 and 202.
    pub(super) fn of_status(status: u16) -> Result<(), Self> {
        Self::from_status(status, LATER_SECS)
    }

    fn from_status(status: u16, seconds: u64) -> Result<(), Self> {
        Err(match status {
            200..300 => return Ok(()),
            401 => Self::Unsigned,
            404 => Self::Unknown,
            409 => Self::Conflict,
            410 => Self::Used,
            413 => Self::TooLarge,
            429 => Self::SlowDown { seconds },
            507 => Self::Full,
            500.. => Self::Busy { seconds },
            _ => Self::Malformed,
        })
    }
}

impl From<HttpError> for ClientError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Status { status, retry_after, .. } => {
                let told = Self::from_status(status.as_u16(), retry_after.unwrap_or(LATER_SECS));
                told.err().unwrap_or(Self::Malformed)
            }
            HttpError::Malformed | HttpError::TooLarge { .. } => Self::Malformed,
            error => Self::Unreachable(error),
        }
    }
}
