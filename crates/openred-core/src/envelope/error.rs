//! Why bytes are no envelope, or an envelope is not believed.

use thiserror::Error;

use crate::json::JsonError;
use crate::payload::PayloadError;

/// A refused envelope. [`EnvelopeError::TypeUnknown`] is answered with 415 `type_unknown`,
/// [`EnvelopeError::BadSignature`] and [`EnvelopeError::OtherSigner`] with 401 `bad_signature`
/// after the log of `from` has been fetched once, a text that is too large with 413, all else with 400.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EnvelopeError {
    /// Not JSON by the rules of PROTOCOL §2.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The text is no object.
    #[error("an envelope is an object")]
    NoObject,
    /// A top-level name that the form does not have.
    #[error("an envelope has no {0:?}")]
    UnknownName(String),
    /// A name of the form is not there.
    #[error("the envelope lacks {0}")]
    Missing(&'static str),
    /// A field does not have its form.
    #[error("{0} does not have its form")]
    Field(&'static str),
    /// Another version than `1.0`.
    #[error("not version 1.0")]
    Version,
    /// A type of a later version: keep nothing, apply nothing; the sender tries again daily.
    #[error("message type is not known here")]
    TypeUnknown,
    /// A post or profile on the wall of somebody else.
    #[error("posts and profiles are addressed to their own author")]
    OtherWall,
    /// The payload breaks a bound of its type. Only signing looks at this; receivers ask `Verified::payload`.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// The signature is not that key's over these bytes.
    #[error("the signature does not belong to sender and content")]
    BadSignature,
    /// The identity log is that of somebody else than `from`.
    #[error("the key belongs to somebody else than the sender")]
    OtherSigner,
    /// Stored bytes are not canonical: the store holds what this node never wrote.
    #[error("stored envelope is not in canonical form")]
    NotCanonical,
}
