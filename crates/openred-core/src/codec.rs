//! Strict MessagePack: arrays, unsigned integers, bytes, text, nil and booleans, shortest forms only
//! (PROTOCOL Annex A.0), and the signed object built from it.
//!
//! One value has exactly one encoding, so that hashes and signatures over bytes name values. Must not know
//! what the fields mean. No maps, floats, negative numbers or extensions.

mod object;
mod reader;
mod writer;

pub use object::SignedObject;
pub use reader::Reader;
pub use writer::Writer;

/// Why bytes are not the one encoding of a value; refuse the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The bytes end inside a value, or an array promises more elements than bytes follow.
    #[error("truncated")]
    Truncated,
    /// Another type than the one expected at this place.
    #[error("unexpected type")]
    Type,
    /// A length or number in a longer form than needed.
    #[error("not the shortest form")]
    NotShortest,
    /// An array or byte string of another length than this place demands, or over its bound.
    #[error("wrong length")]
    Length,
    /// Text that is not UTF-8.
    #[error("not UTF-8")]
    Utf8,
    /// Bytes behind the end of the value.
    #[error("trailing bytes")]
    Trailing,
}

#[cfg(test)]
mod tests;
