//! Signed messages between people: the ORF 1.0 envelope (PROTOCOL §2).
//!
//! Bytes become [`Unverified`] by [`Envelope::parse`], and [`Verified`] only by a signature; nothing else
//! can be acted on. Canonical bytes are what is signed, stored and forwarded.
//! What this module must not know: who is a contact, what time it is, where a key comes from.

mod age;
mod error;
mod kind;
mod party;
mod shape;
mod verified;

pub use age::{Age, MAIL_GOOD_MS, REMEMBER_MS, SKEW_MS};
pub use error::EnvelopeError;
pub use kind::MessageType;
pub use party::Party;
pub(crate) use party::is_url;
pub use verified::{Unsigned, Unverified, Verified};

use std::fmt;

use crate::json::{Value, canonical_object};
use crate::payload::Payload;
use crate::sign::SigningKey;

/// Longest envelope in bytes, on the wire and canonical (PROTOCOL §2).
pub const ENVELOPE_BYTES_MAX: usize = 64 * 1024;

/// The content of an envelope, without its signature. By itself it proves nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    /// What it is.
    pub kind: MessageType,
    /// Who signs it.
    pub from: Party,
    /// The recipient; for wall types the owner of the wall (A.2).
    pub to: Party,
    /// When it was made by the clock of `from`, unix milliseconds.
    pub timestamp_ms: u64,
    /// An object; names that are not known are kept and ignored.
    pub payload: Value,
}

impl Envelope {
    /// A draft with the payload's own type. Refuses what [`Envelope::sign`] would refuse about the payload.
    pub fn draft(
        from: Party,
        to: Party,
        timestamp_ms: u64,
        payload: &Payload,
    ) -> Result<Self, EnvelopeError> {
        let value = payload.to_value()?;
        Ok(Self { kind: payload.kind(), from, to, timestamp_ms, payload: value })
    }

    /// Canonical bytes without signature: what is signed, and what `message_id` is the SHA-256 of.
    /// Not checked: of a draft that [`Envelope::sign`] refuses these bytes mean nothing.
    pub fn to_sign(&self) -> Vec<u8> {
        canonical_object(&shape::members_of(self))
    }

    /// Signs under `openred/orf/1`. The draft is parsed as a receiver would parse it, payload bounds included,
    /// and refused with the same errors: a node does not sign what its peers refuse.
    pub fn sign(self, key: &SigningKey) -> Result<Verified, EnvelopeError> {
        Ok(Unsigned::parse(&self.to_sign())?.sign(key))
    }

    /// Reads a received envelope of at most [`ENVELOPE_BYTES_MAX`] bytes. It need not be canonical.
    /// [`EnvelopeError::TypeUnknown`] is answered with 415 `type_unknown`, all else with 400 `malformed`.
    pub fn parse(bytes: &[u8]) -> Result<Unverified, EnvelopeError> {
        Unverified::parse(bytes)
    }
}

impl fmt::Debug for Envelope {
    /// Without the payload: people's words do not belong into logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("kind", &self.kind)
            .field("from", &self.from.node_id)
            .field("to", &self.to.node_id)
            .field("timestamp_ms", &self.timestamp_ms)
            .finish_non_exhaustive()
    }
}
