//! Fixed-size byte values that name things, with one strict text form each (PROTOCOL Annex A.0).
//!
//! 32-byte ids and hashes are lowercase hex, all other bytes are base64url without padding. Must not
//! know what the bytes name: no keys, no verification, no randomness.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// A text that is not the one form of the value; refuse the message that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text has another length than the form of this value.
    #[error("wrong length")]
    Length,
    /// A character outside the alphabet (hex digits are lower case), or bits set behind the last byte.
    #[error("not in the canonical alphabet")]
    Alphabet,
}

/// Bytes as base64url without padding (RFC 4648 §5).
pub fn b64_encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads base64url strictly: no padding, no white space, no bits behind the last byte.
///
/// # Errors
/// [`IdError::Alphabet`] for any other text, [`IdError::Length`] for an impossible length.
pub fn b64_decode(text: &str) -> Result<Vec<u8>, IdError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|e| match e {
        base64::DecodeError::InvalidLength(_) => IdError::Length,
        _ => IdError::Alphabet,
    })
}

fn hex_bytes<const N: usize>(text: &str) -> Result<[u8; N], IdError> {
    if text.len() != 2 * N {
        return Err(IdError::Length);
    }
    if !text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(IdError::Alphabet);
    }
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| IdError::Alphabet)?;
    Ok(bytes)
}

fn b64_bytes<const N: usize>(text: &str) -> Result<[u8; N], IdError> {
    b64_decode(text)?.try_into().map_err(|_| IdError::Length)
}

/// The first eight bytes as a number: in order of the bytes.
#[inline]
fn head<const N: usize>(bytes: &[u8; N]) -> u64 {
    bytes.first_chunk().map_or(0, |head| u64::from_be_bytes(*head))
}

macro_rules! byte_value {
    ($(#[$doc:meta])* $name:ident, $len:literal, $to_text:expr, $from_text:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name(pub [u8; $len]);

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        /// The order of the bytes. Ids are random: their first eight bytes decide, compared as one number.
        impl Ord for $name {
            #[inline]
            fn cmp(&self, other: &Self) -> Ordering {
                head(&self.0).cmp(&head(&other.0)).then_with(|| self.0.cmp(&other.0))
            }
        }

        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $len;

            /// The bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }

            /// The value when `bytes` has exactly the right length.
            #[must_use]
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&$to_text(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let text: String = $to_text(self.0);
                write!(f, "{}({})", stringify!($name), text.get(..8).unwrap_or(&text))
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                $from_text(text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

byte_value!(
    /// An identity: SHA-256 of its root public key, 32 bytes (PROTOCOL §1). Text: 64 lowercase hex digits.
    NodeId, 32, hex::encode, hex_bytes::<32>
);
byte_value!(
    /// A SHA-256, 32 bytes: message_id, content_id, descriptor hash, log head. Text: 64 lowercase hex digits.
    Hash, 32, hex::encode, hex_bytes::<32>
);
byte_value!(
    /// 16 bytes: grant_id, pair_id, invite_id, session_id, ticket_id, nonce. Text: 22 characters of base64url.
    Id16, 16, b64_encode, b64_bytes::<16>
);
byte_value!(
    /// 8 bytes: stream, incarnation, key_id. Text: 11 characters of base64url.
    Id8, 8, b64_encode, b64_bytes::<8>
);
byte_value!(
    /// Where a depositor puts sealed mail, 16 bytes (PROTOCOL §9). Says nothing of who fetches it. Text: 22 characters of
    /// base64url.
    DepositId, 16, b64_encode, b64_bytes::<16>
);
byte_value!(
    /// Where its owner fetches it, 16 bytes; nothing links it to the [`DepositId`] but the relay. Text: 22 characters of
    /// base64url.
    QueueId, 16, b64_encode, b64_bytes::<16>
);
byte_value!(
    /// A depositor's own name of one deposit, 16 random bytes; a deposit under the same name is the same deposit. Text: 22
    /// characters of base64url.
    ClientId, 16, b64_encode, b64_bytes::<16>
);

impl NodeId {
    /// The first eight bytes as a number: equal ids have equal heads, and heads are in the order of ids.
    #[must_use]
    #[inline]
    pub fn head(&self) -> u64 {
        head(&self.0)
    }
}

impl Hash {
    /// SHA-256 (FIPS 180-4) of the parts, joined without separators.
    #[must_use]
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update(part);
        }
        Self(digest.finalize().into())
    }

    /// The first 16 bytes.
    #[must_use]
    pub fn short(&self) -> Id16 {
        let mut short = [0; 16];
        short.copy_from_slice(&self.0[..16]);
        Id16(short)
    }
}

/// Any bytes whose serde form is base64url without padding, decoded strictly.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct B64(pub Vec<u8>);

impl fmt::Debug for B64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "B64({} bytes)", self.0.len())
    }
}

impl fmt::Display for B64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&b64_encode(&self.0))
    }
}

impl FromStr for B64 {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        b64_decode(text).map(Self)
    }
}

impl From<Vec<u8>> for B64 {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl AsRef<[u8]> for B64 {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl serde::Serialize for B64 {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&b64_encode(&self.0))
    }
}

impl<'de> serde::Deserialize<'de> for B64 {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_forms_are_strict() {
        let ana = NodeId([0xab; 32]);
        assert_eq!(ana.to_string(), "ab".repeat(32));
        assert_eq!("ab".repeat(32).parse(), Ok(ana));
        assert_eq!("AB".repeat(32).parse::<NodeId>(), Err(IdError::Alphabet));
        assert_eq!("ab".repeat(31).parse::<NodeId>(), Err(IdError::Length));
        assert_eq!(format!("{ana:?}"), "NodeId(abababab)");

        let nonce = Id16([0xff; 16]);
        assert_eq!(nonce.to_string(), "_____________________w");
        assert_eq!(nonce.to_string().parse(), Ok(nonce));
        assert!("_____________________w==".parse::<Id16>().is_err(), "padding");
        assert_eq!(
            "_____________________x".parse::<Id16>(),
            Err(IdError::Alphabet),
            "bits behind the last byte"
        );
        assert_eq!("_____________________w".parse::<Id8>(), Err(IdError::Length));
    }

    #[test]
    fn serde_form_is_the_text_form() {
        let id = Id8([1, 2, 3, 4, 5, 6, 7, 8]);
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, "\"AQIDBAUGBwg\"");
        assert_eq!(serde_json::from_str::<Id8>(&json).unwrap(), id);
        assert!(serde_json::from_str::<Id8>("\"AQIDBAUGBw\"").is_err());
        let bytes: B64 = serde_json::from_str("\"\\u0041QID\"").unwrap();
        assert_eq!(bytes, B64(vec![1, 2, 3]));
        assert!(serde_json::from_str::<B64>("\"AQID \"").is_err());
    }

    #[test]
    fn hash_is_sha_256_of_the_joined_parts() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Hash::of(&[b"a", b"", b"bc"]).to_string(), abc);
    }
}
