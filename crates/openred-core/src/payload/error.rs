//! Why a payload is refused, by the name of the field.

use thiserror::Error;

/// A payload that breaks the rules of its type: 400 `malformed`, not applied, the sender is told.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PayloadError {
    /// A field is missing or has another type; the text is serde's.
    #[error("{0}")]
    Shape(String),
    /// A text or byte string beyond its bound.
    #[error("{0} is too long")]
    TooLong(&'static str),
    /// A list beyond its bound.
    #[error("{0} has too many elements")]
    TooMany(&'static str),
    /// A value that its field does not admit.
    #[error("{0} does not have its form")]
    Form(&'static str),
    /// Fields that exclude each other, or one of which must be there.
    #[error("{0}")]
    Conflict(&'static str),
}
