//! Bytes that are secret while they travel between node and key process: wiped when dropped, never
//! printed. It must not know what they open.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::blob::Blob;

/// Secret bytes: a passphrase as UTF-8, recovery words, a credential, a data key. Wiped on drop.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// The secret of a text, as its UTF-8 bytes.
    pub fn text(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }

    /// The secret of some bytes.
    pub fn bytes(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// The bytes.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The text, or none when the bytes are no UTF-8.
    pub fn expose_text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The 32 bytes of a key, or none when the length differs.
    pub fn expose_key(&self) -> Option<Zeroizing<[u8; 32]>> {
        Some(Zeroizing::new(self.0.as_slice().try_into().ok()?))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Blob::deserialize(deserializer).map(|blob| Self(blob.into_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_travels_and_is_never_printed() {
        let secret = Secret::text("ana's passphrase");
        let bytes = postcard::to_allocvec(&secret).expect("encodes");
        assert_eq!(postcard::from_bytes::<Secret>(&bytes).expect("decodes"), secret);
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }
}
