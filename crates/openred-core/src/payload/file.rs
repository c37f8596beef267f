//! `file_offer`: a file that lies on the sender's node (PROTOCOL A.2).

use serde::{Deserialize, Serialize};

use super::content::{ALT_CHARS_MAX, media_type};
use super::{Bounded, PayloadError, Secret32, bound};
use crate::ids::{Hash, Id16};

/// Longest file name in bytes: what file systems take.
const NAME_BYTES_MAX: usize = 255;

/// `file_offer`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileOffer {
    /// Names the offer in `/p2p/file-request`, 16 random bytes.
    pub file_id: Id16,
    /// File name without folders, at most 255 bytes.
    pub name: String,
    /// Bytes of plaintext.
    pub size: u64,
    /// `type/subtype` in lower case.
    pub media_type: String,
    /// SHA-256 of the ciphertext.
    pub hash: Hash,
    /// AES-256-GCM key, for this file only.
    pub key: Secret32,
    /// Until when it can be fetched, unix seconds.
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    pub expires: Option<u64>,
    /// Description for who cannot see it, at most 1,500 characters.
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    pub alt: Option<String>,
}

impl Bounded for FileOffer {
    fn check(&self) -> Result<(), PayloadError> {
        bound::bytes("name", self.name.as_bytes(), NAME_BYTES_MAX)?;
        bound::line("name", &self.name, NAME_BYTES_MAX)?;
        if self.name.contains(['/', '\\']) || self.name == "." || self.name == ".." {
            return Err(PayloadError::Form("name"));
        }
        bound::int("size", self.size)?;
        media_type("media_type", &self.media_type)?;
        self.alt.as_ref().map_or(Ok(()), |alt| bound::text("alt", alt, ALT_CHARS_MAX))?;
        self.expires.map_or(Ok(()), |expires| bound::int("expires", expires))
    }
}
