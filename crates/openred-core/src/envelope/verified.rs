//! The three states of an envelope: to be signed, received, believed. Only a signature leads to the last.

use std::fmt;

use super::shape::{self, Members};
use super::{ENVELOPE_BYTES_MAX, Envelope, EnvelopeError};
use crate::identity::IdentityLog;
use crate::ids::Hash;
use crate::json::{JsonError, Value, canonical_object};
use crate::payload::{Payload, PayloadError};
use crate::sign::{Label, PublicKey, Signature, SigningKey};

/// Bytes of `"signature":"…",` with the 86 characters of a signature.
const SIGNATURE_MEMBER_BYTES: usize = 101;

/// A checked draft: what the keeper signs. Keeps the text as it was given, whatever the fields say of it,
/// so that signing again after a rotation keeps the message_id.
#[derive(Clone)]
pub struct Unsigned {
    envelope: Envelope,
    members: Members,
    to_sign: Vec<u8>,
}

impl Unsigned {
    /// Reads an envelope without signature and checks all that a receiver checks, payload bounds included,
    /// and that there is room for the signature within [`ENVELOPE_BYTES_MAX`].
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let shape = shape::read(bytes)?;
        if shape.signature.is_some() {
            return Err(EnvelopeError::UnknownName("signature".to_owned()));
        }
        Payload::parse(shape.envelope.kind, &shape.envelope.payload)?;
        let to_sign = canonical_object(&shape.members);
        if to_sign.len() + SIGNATURE_MEMBER_BYTES > ENVELOPE_BYTES_MAX {
            return Err(JsonError::TooLarge.into());
        }
        Ok(Self { envelope: shape.envelope, members: shape.members, to_sign })
    }

    /// What it says.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// Canonical bytes that are signed under `openred/orf/1`.
    pub fn to_sign(&self) -> &[u8] {
        &self.to_sign
    }

    /// Signs it. The caller makes sure that `key` is the current signing key of `from`.
    pub fn sign(self, key: &SigningKey) -> Verified {
        let signature = key.sign(Label::Orf1, &self.to_sign);
        self.with_signature(signature).believe()
    }

    /// Puts a signature to it that somebody else made, the keeper for instance.
    pub fn with_signature(self, signature: Signature) -> Unverified {
        let mut members = self.members;
        members.insert("signature".to_owned(), Value::Str(signature.to_string()));
        let canonical = canonical_object(&members);
        Unverified { envelope: self.envelope, to_sign: self.to_sign, canonical, signature }
    }
}

/// A well-formed envelope that anybody may have made. Good for looking up the sender, and for nothing else.
#[derive(Clone)]
pub struct Unverified {
    envelope: Envelope,
    to_sign: Vec<u8>,
    canonical: Vec<u8>,
    signature: Signature,
}

impl Unverified {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let shape::Shape { envelope, mut members, signature } = shape::read(bytes)?;
        let signature = signature.ok_or(EnvelopeError::Missing("signature"))?;
        let to_sign = canonical_object(&members);
        members.insert("signature".to_owned(), Value::Str(signature.to_string()));
        Ok(Self { envelope, to_sign, canonical: canonical_object(&members), signature })
    }

    /// What it claims.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// Hex SHA-256 of the canonical bytes without signature: known before the signature is checked,
    /// so that what was applied already costs no more than a look-up.
    pub fn message_id(&self) -> Hash {
        Hash::of(&[&self.to_sign])
    }

    /// Canonical bytes with signature, to be kept aside while the sender's log is fetched.
    pub fn canonical(&self) -> &[u8] {
        &self.canonical
    }

    /// Believes it if `key` signed it. The caller makes sure that `key` is that of the newest log entry known
    /// of `from`; on [`EnvelopeError::BadSignature`] the log is fetched once.
    /// Prefer [`Self::verify_under`], which sees whose log it is.
    pub fn verify(self, key: &PublicKey) -> Result<Verified, EnvelopeError> {
        let checked = key.verify(Label::Orf1, &self.to_sign, &self.signature);
        checked.map_err(|_| EnvelopeError::BadSignature)?;
        Ok(self.believe())
    }

    /// Believes it if the current signing key of `log` signed it and `log` is that of `from`.
    pub fn verify_under(self, log: &IdentityLog) -> Result<Verified, EnvelopeError> {
        if log.node_id() != self.envelope.from.node_id {
            return Err(EnvelopeError::OtherSigner);
        }
        self.verify(log.current_key())
    }

    fn believe(self) -> Verified {
        let message_id = self.message_id();
        Verified { envelope: self.envelope, to_sign: self.to_sign, canonical: self.canonical, message_id }
    }
}

/// An envelope whose signature was checked. Only signing, verifying and the own store make one.
#[derive(Clone, PartialEq, Eq)]
pub struct Verified {
    envelope: Envelope,
    to_sign: Vec<u8>,
    canonical: Vec<u8>,
    message_id: Hash,
}

impl Verified {
    /// Reads back what this node stored after verifying or signing it, without checking the signature again:
    /// the key may have been superseded since, and what was held before still counts (PROTOCOL §1).
    /// Only for bytes out of the node's own store. Never for anything that came from outside.
    pub fn from_trusted_store(canonical: &[u8]) -> Result<Self, EnvelopeError> {
        let stored = Unverified::parse(canonical)?;
        if stored.canonical != canonical {
            return Err(EnvelopeError::NotCanonical);
        }
        Ok(stored.believe())
    }

    /// What it says.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// The name of this message everywhere: SHA-256 of the canonical bytes without signature.
    pub fn message_id(&self) -> Hash {
        self.message_id
    }

    /// Canonical bytes with signature: what is stored and forwarded.
    pub fn canonical(&self) -> &[u8] {
        &self.canonical
    }

    /// Canonical bytes without signature, to be signed again after a rotation: [`Unsigned::parse`] takes them
    /// and the message_id stays.
    pub fn to_sign(&self) -> &[u8] {
        &self.to_sign
    }

    /// The payload by its type. Refused with 400 `malformed` and not applied when it breaks a bound.
    pub fn payload(&self) -> Result<Payload, PayloadError> {
        Payload::parse(self.envelope.kind, &self.envelope.payload)
    }
}

impl fmt::Debug for Unsigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Unsigned").field(&self.envelope).finish()
    }
}

impl fmt::Debug for Unverified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Unverified").field(&self.envelope).finish()
    }
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified").field("id", &self.message_id).field("envelope", &self.envelope).finish()
    }
}
