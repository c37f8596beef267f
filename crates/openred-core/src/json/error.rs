//! Why a text is not JSON of OpenRed, with the place in bytes from the start.

use thiserror::Error;

/// A refusal of the strict parser. All but [`JsonError::TooLarge`] are answered with 400 `malformed`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum JsonError {
    /// More bytes than the caller admits: answer 413 `too_large`.
    #[error("the text is too large")]
    TooLarge,
    /// Arrays and objects inside each other beyond [`super::Limits::depth_max`].
    #[error("too many levels at byte {at}")]
    TooDeep {
        /// Byte offset of the bracket that was one too many.
        at: usize,
    },
    /// The bytes are not UTF-8.
    #[error("not UTF-8 after byte {at}")]
    Utf8 {
        /// Byte offset up to which the text was valid.
        at: usize,
    },
    /// The text begins with U+FEFF.
    #[error("the text begins with a byte order mark")]
    ByteOrderMark,
    /// The text ends in the middle of a value.
    #[error("the text ends too early")]
    End,
    /// Something else than the grammar of RFC 8259 wants here.
    #[error("unexpected character at byte {at}")]
    Syntax {
        /// Byte offset of the character.
        at: usize,
    },
    /// Something after the end of the value.
    #[error("something follows the value at byte {at}")]
    Trailing {
        /// Byte offset of the first surplus byte.
        at: usize,
    },
    /// A float, an exponent, −0, a leading zero or a number beyond ±(2^53 − 1).
    #[error("not an integer that everybody can hold, at byte {at}")]
    Number {
        /// Byte offset where the number begins.
        at: usize,
    },
    /// A name that is not `[a-z0-9_]{1,64}`.
    #[error("name outside [a-z0-9_] or of wrong length at byte {at}")]
    Name {
        /// Byte offset where the name begins.
        at: usize,
    },
    /// A name that the object has already, compared after escapes.
    #[error("name given twice at byte {at}")]
    Duplicate {
        /// Byte offset where the second one begins.
        at: usize,
    },
    /// Half of a surrogate pair.
    #[error("lone surrogate before byte {at}")]
    Surrogate {
        /// Byte offset behind the escape.
        at: usize,
    },
    /// U+0000, raw or escaped.
    #[error("U+0000 before byte {at}")]
    Nul {
        /// Byte offset behind the character.
        at: usize,
    },
    /// Good JSON that does not fit the type; the text is serde's.
    #[error("wrong shape: {0}")]
    Shape(String),
}
