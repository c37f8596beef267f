//! Encrypted content that lies on its author's node and is fetched (PROTOCOL A.2: AES-256-GCM, a key per content).

use serde::{Deserialize, Serialize};

use super::{PayloadError, Secret32, bound};
use crate::ids::Hash;

/// Longest media type in bytes (RFC 6838 §4.2 allows 127 for each half; nothing in use comes near).
const MEDIA_TYPE_BYTES_MAX: usize = 127;

/// Longest description of a picture in characters.
pub(super) const ALT_CHARS_MAX: usize = 1500;

/// Where content is and how to open it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// SHA-256 of the ciphertext.
    pub content_id: Hash,
    /// AES-256-GCM key, used for this content only, with nonce 0.
    pub key: Secret32,
    /// Bytes of plaintext.
    pub size: u64,
    /// `type/subtype` in lower case, at most 127 bytes.
    pub media_type: String,
}

/// Content with a description for who cannot see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// The content.
    #[serde(flatten)]
    pub content: Content,
    /// Description, at most 1,500 characters, may be empty.
    pub alt: String,
}

impl Content {
    pub(super) fn check(&self) -> Result<(), PayloadError> {
        bound::int("size", self.size)?;
        media_type("media_type", &self.media_type)
    }

    pub(super) fn check_option(content: Option<&Self>) -> Result<(), PayloadError> {
        content.map_or(Ok(()), Self::check)
    }
}

impl Media {
    pub(super) fn check(&self) -> Result<(), PayloadError> {
        self.content.check()?;
        bound::text("alt", &self.alt, ALT_CHARS_MAX)
    }
}

/// `type/subtype` of the characters that media types are made of; parameters are not carried.
pub(super) fn media_type(name: &'static str, text: &str) -> Result<(), PayloadError> {
    bound::bytes(name, text.as_bytes(), MEDIA_TYPE_BYTES_MAX)?;
    let is_part = |part: &str| {
        let good = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'+' | b'-' | b'_');
        !part.is_empty() && part.bytes().all(good)
    };
    match text.split_once('/') {
        Some((left, right)) if is_part(left) && is_part(right) => Ok(()),
        _ => Err(PayloadError::Form(name)),
    }
}
