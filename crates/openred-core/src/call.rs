//! Calls between nodes and directories: JSON bodies and the bytes that are signed (Annex A.3), and the challenge of a
//! peer's owner (PROTOCOL §4, A.5).
//!
//! Must not know: HTTP, rate limits, who is registered. Bodies are read with [`crate::json::from_slice_strict`].

mod challenge;
mod directory;
mod poll;
mod register;
mod request;
mod status;

pub use challenge::{
    CHALLENGE_VALID_SECS, ChallengeAnswer, ChallengeCall, ChallengeRefusal, Factor, verify_challenge,
};
pub use directory::{
    DISCOVER_LIMIT_MAX, DiscoverAnswer, DiscoverQuery, HealthAnswer, Listed, ListedStatus, ServerRole,
    WellKnown,
};
pub use poll::{POLL_GRANTS_MAX, POLL_WAIT_MAX, PollAnswer, PollCall, ReceiveAnswer, ReceiveCall};
pub use register::{Flags, RegisterAnswer, RegisterCall, StaleAnswer};
pub use request::{RequestAnswer, RequestCall};
pub use status::{Certificate, CertificateState, NodeStatus, StatusRefusal, verify_status};

/// Why a signed call is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallRefusal {
    /// `time` is more than 10 minutes off: 401 `bad_signature`. The problem should say by how much.
    #[error("time more than 10 minutes off")]
    Time,
    /// Not signed by the caller's current key over these fields: 401 `bad_signature`.
    #[error("bad signature")]
    Signature,
    /// A field out of its bounds: 400 `malformed`.
    #[error("field out of bounds")]
    Malformed,
}
