//! Why the keeper did not do it, and what the caller should do.

use serde::{Deserialize, Serialize};

/// A refused request. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Refusal {
    /// The two halves are of different versions: restart with one binary.
    #[error("this keeper speaks version {0}")]
    Version(u32),
    /// Locked: ask the owner for the passphrase.
    #[error("locked")]
    Locked,
    /// No identity yet: set up first.
    #[error("there is no identity yet")]
    Empty,
    /// There is an identity already; it is never overwritten.
    #[error("there is an identity already")]
    Exists,
    /// Passphrase, words or credential do not open the key file.
    #[error("wrong secret")]
    WrongSecret,
    /// Too many wrong passphrases: try again later, or use the words now.
    #[error("too many wrong passphrases, wait {retry_ms} ms")]
    SlowDown {
        /// Milliseconds until a passphrase is looked at again.
        retry_ms: u64,
    },
    /// The key file was changed or is not one of ours: restore a copy.
    #[error("the key file is damaged")]
    KeyFileDamaged,
    /// The request breaks a bound or does not parse; the text says which.
    #[error("malformed: {0}")]
    Malformed(String),
    /// The envelope or call is not of this identity.
    #[error("signed only for the own identity")]
    NotOwn,
    /// The timestamp lies too far from the keeper's clock.
    #[error("the timestamp is too far from this machine's clock")]
    Time,
    /// More signatures than the rate admits: try again later.
    #[error("too many at once, wait {retry_ms} ms")]
    Rate {
        /// Milliseconds until the batch fits.
        retry_ms: u64,
    },
    /// The words were confirmed and are no longer here.
    #[error("the recovery words are no longer on this machine")]
    WordsGone,
    /// The identity log has no room for another rotation.
    #[error("the identity cannot rotate: {0}")]
    Rotation(String),
    /// A named security check of `openred_core::checks` refused.
    #[error("refused by {0}")]
    Check(String),
    /// The ticket was not sealed by this keeper, or for another kind.
    #[error("unknown ticket")]
    Ticket,
    /// The ticket was made under a signing key that was replaced since: meet again (kind 4 or 1).
    #[error("the ticket was made under a superseded key")]
    TicketVoid,
    /// The descriptor names a key of ours that is gone: answer 409 `stale` with the present descriptor.
    #[error("the descriptor names a key that is gone")]
    Stale,
    /// The peer's descriptor is needed: answer 428 `want_descriptor`.
    #[error("the peer's descriptor is needed")]
    WantDescriptor,
    /// Too many handshakes under way: try again later.
    #[error("too many handshakes under way")]
    Busy,
    /// No handshake of this handle in this state: it ended, lapsed, or never was.
    #[error("no such handshake")]
    NoHandshake,
    /// A Noise message or first frame does not open: end the connection.
    #[error("the handshake does not open")]
    Noise,
    /// The box does not open with any key of ours.
    #[error("the box does not open")]
    Box,
    /// The key file has no free slot.
    #[error("no room for another way to unlock")]
    Full,
    /// The system gave no memory or randomness.
    #[error("the system gave no memory or randomness")]
    Resources,
}
