//! The descriptor: what an identity says about how to reach it and seal to it (PROTOCOL §1, Annex A.1).
//!
//! Signed by the current key of the identity log inside it. Must not know which descriptor is pinned
//! elsewhere; time is an argument.

mod body;
mod pin;
mod wire;

pub use body::{
    DescriptorBody, Lane, MAX_ADDRESSES, MAX_CAPABILITIES, MAX_DISPLAY_NAME, MAX_URL, MAX_VERSIONS, VERSION,
};
pub(crate) use body::{is_name, is_url};
pub use pin::{Pin, PinOutcome};
pub(crate) use wire::parse_address;

use std::fmt;

use crate::codec::{CodecError, SignedObject};
use crate::identity::{LogError, Source};
use crate::ids::{Hash, NodeId};
use crate::sign::{BadSignature, Label, PublicKey, SigningKey};

/// Longest signed descriptor in bytes.
pub const MAX_BYTES: usize = 16 * 1024;
/// Longest time from `issued` to `expires` in seconds: 30 days.
pub const MAX_LIFE_S: u64 = 30 * 86_400;
/// How far ahead of one's own clock a descriptor may be, in milliseconds: a day.
pub const MAX_AHEAD_MS: u64 = 86_400_000;

/// Why bytes are no acceptable descriptor; refuse them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DescriptorError {
    /// More than [`MAX_BYTES`].
    #[error("longer than 16 KiB")]
    TooLong,
    /// Not the one encoding.
    #[error("malformed: {0}")]
    Codec(#[from] CodecError),
    /// A format that this version does not know.
    #[error("unknown format")]
    Format,
    /// The log inside is not valid.
    #[error("identity log: {0}")]
    Log(#[from] LogError),
    /// `node_id` is not the log's, or `log_seq` is not its newest entry's.
    #[error("does not belong to its log")]
    Foreign,
    /// A field is outside its bounds; the name of the field.
    #[error("field {0} is out of bounds")]
    Field(&'static str),
    /// Not signed by the log's current key.
    #[error(transparent)]
    Signature(#[from] BadSignature),
    /// seq or issued is more than a day ahead of the clock: refuse now, it may be good tomorrow.
    #[error("more than a day ahead")]
    TooFarAhead,
}

/// A verified descriptor and the bytes it came in.
#[derive(Clone)]
pub struct Descriptor {
    body: DescriptorBody,
    hash: Hash,
    bytes: Vec<u8>,
}

impl Descriptor {
    /// Verifies a signed descriptor; whether it is in time is [`Self::check_time`].
    ///
    /// # Errors
    /// As [`DescriptorError`] says.
    pub fn parse(bytes: &[u8]) -> Result<Self, DescriptorError> {
        Self::of(bytes, Source::Others)
    }

    /// A descriptor out of one's own sealed store, where only what [`Self::parse`] gave was written: its three or more
    /// signatures, which cost most of the time, are not verified again.
    ///
    /// # Errors
    /// As [`DescriptorError`] says, but for signatures.
    pub fn restore(bytes: &[u8]) -> Result<Self, DescriptorError> {
        Self::of(bytes, Source::Store)
    }

    fn of(bytes: &[u8], from: Source) -> Result<Self, DescriptorError> {
        if bytes.len() > MAX_BYTES {
            return Err(DescriptorError::TooLong);
        }
        let object = SignedObject::decode(bytes, 1)?;
        let body = wire::read(&object.inner, from)?;
        if body.node_id != body.log.node_id() || body.log_seq != body.log.head_seq() {
            return Err(DescriptorError::Foreign);
        }
        body.check()?;
        let [signature] = object.sigs.as_slice() else { return Err(BadSignature.into()) };
        if from == Source::Others {
            body.log.current_key().verify(Label::Descriptor, &object.inner, signature)?;
        }
        Ok(Self { hash: object.hash(), body, bytes: bytes.to_vec() })
    }

    /// Signs a body by the log's current key.
    ///
    /// # Errors
    /// [`DescriptorError::Signature`] for another key, else as for a descriptor that arrives.
    pub fn sign(body: DescriptorBody, key: &SigningKey) -> Result<Self, DescriptorError> {
        let inner = wire::write(&body);
        let sigs = vec![key.sign(Label::Descriptor, &inner)];
        Self::parse(&SignedObject { inner, sigs }.encode())
    }

    /// The fields.
    #[must_use]
    pub const fn body(&self) -> &DescriptorBody {
        &self.body
    }

    /// The signed object, verbatim: what is stored and given to others.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// desc_hash: SHA-256 of the inner bytes.
    #[must_use]
    pub const fn hash(&self) -> Hash {
        self.hash
    }

    /// (log_seq, seq): the greater one is the newer one.
    #[must_use]
    pub const fn order(&self) -> (u32, u64) {
        (self.body.log_seq, self.body.seq)
    }

    /// Whose descriptor it is.
    #[must_use]
    pub const fn node_id(&self) -> NodeId {
        self.body.node_id
    }

    /// The current signing key of its log.
    #[must_use]
    pub fn signing_key(&self) -> &PublicKey {
        self.body.log.current_key()
    }

    /// Refuses what is more than a day ahead of `now_ms` (unix ms): seq, and issued for its sake.
    ///
    /// # Errors
    /// [`DescriptorError::TooFarAhead`].
    pub const fn check_time(&self, now_ms: u64) -> Result<(), DescriptorError> {
        let latest = now_ms.saturating_add(MAX_AHEAD_MS);
        if self.body.seq > latest || self.body.issued > latest / 1000 {
            return Err(DescriptorError::TooFarAhead);
        }
        Ok(())
    }

    /// Whether it has run out at `now_ms` (unix ms): it may then be dialled only to fetch a fresh one.
    #[must_use]
    pub const fn is_expired(&self, now_ms: u64) -> bool {
        self.body.expires <= now_ms / 1000
    }
}

/// The seq of the owner's next descriptor: max(last + 1, unix ms).
#[must_use]
pub fn next_seq(last: Option<u64>, now_ms: u64) -> u64 {
    last.map_or(now_ms, |last| now_ms.max(last.saturating_add(1)))
}

impl PartialEq for Descriptor {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}

impl Eq for Descriptor {}

impl fmt::Debug for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Descriptor({:?}, {:?}, {:?})", self.body.node_id, self.order(), self.hash)
    }
}

#[cfg(test)]
mod tests;
