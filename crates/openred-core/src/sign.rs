//! Ed25519 signatures under labels: sign(label, m) = Ed25519(len(label):u8 ‖ label ‖ m) (PROTOCOL, head).
//!
//! All labels stand in `sign/label.rs`. Must not know what the signed bytes mean.

mod label;

pub use label::Label;

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::Signer as _;
use zeroize::Zeroizing;

use crate::ids::{IdError, b64_decode, b64_encode};

/// The signature does not belong to this key, label and message; refuse what it came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("bad signature")]
pub struct BadSignature;

/// 32 bytes that are no acceptable Ed25519 public key (no point, not canonical, or of small order).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("bad public key")]
pub struct BadKey;

/// An Ed25519 signing key (RFC 8032); its memory is wiped on drop.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// A fresh key from the operating system's randomness.
    #[must_use]
    #[expect(clippy::expect_used, reason = "without the system's randomness nothing here may go on")]
    pub fn generate() -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut()).expect("the operating system gives randomness");
        Self::from_seed(*seed)
    }

    /// The key of a 32-byte seed (RFC 8032 §5.1.5).
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let seed = Zeroizing::new(seed);
        Self(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    /// The 32-byte seed, to be stored sealed.
    #[must_use]
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// sign(label, message).
    #[must_use]
    pub fn sign(&self, label: Label, message: &[u8]) -> Signature {
        Signature(self.0.sign(&label.labelled(message)).to_bytes())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// An acceptable Ed25519 public key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(ed25519_dalek::VerifyingKey);

impl PublicKey {
    /// Reads 32 bytes.
    ///
    /// # Errors
    /// [`BadKey`] for bytes that are no point, another encoding of one, or a weak (small order) key.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, BadKey> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| BadKey)?;
        let canonical = key.to_edwards().compress().to_bytes() == *bytes;
        if key.is_weak() || !canonical { Err(BadKey) } else { Ok(Self(key)) }
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Checks sign(label, message) strictly (`verify_strict`: no malleable or small-order variants).
    ///
    /// # Errors
    /// [`BadSignature`] when it is not this key's signature of exactly this label and message.
    pub fn verify(&self, label: Label, message: &[u8], signature: &Signature) -> Result<(), BadSignature> {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0.verify_strict(&label.labelled(message), &signature).map_err(|_| BadSignature)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", hex::encode(&self.as_bytes()[..4]))
    }
}

/// An Ed25519 signature, 64 bytes, not yet checked. Text: 86 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signature(pub [u8; 64]);

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&b64_encode(self.0))
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({})", hex::encode(&self.0[..4]))
    }
}

impl FromStr for Signature {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        b64_decode(text)?.try_into().map(Self).map_err(|_| IdError::Length)
    }
}

impl serde::Serialize for Signature {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Signature {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_belongs_to_one_key_label_and_message() {
        let ana = SigningKey::from_seed([1; 32]);
        let ben = SigningKey::from_seed([2; 32]);
        let signature = ana.sign(Label::Request, b"message");
        assert_eq!(ana.public().verify(Label::Request, b"message", &signature), Ok(()));
        assert_eq!(ana.public().verify(Label::Poll, b"message", &signature), Err(BadSignature));
        assert_eq!(ana.public().verify(Label::Request, b"massage", &signature), Err(BadSignature));
        assert_eq!(ben.public().verify(Label::Request, b"message", &signature), Err(BadSignature));
    }

    #[test]
    fn the_label_is_length_prefixed() {
        assert_eq!(*Label::Log.labelled(b"m"), b"\x0bopenred/logm");
    }

    #[test]
    fn weak_and_non_canonical_keys_are_refused() {
        let mut neutral = [0; 32];
        neutral[0] = 1;
        assert_eq!(PublicKey::from_bytes(&neutral), Err(BadKey), "small order");
        assert_eq!(PublicKey::from_bytes(&[0; 32]), Err(BadKey), "order four");
        let mut above_p = [0xff; 32];
        above_p[31] = 0x7f;
        for low in 0xed..=0xff {
            above_p[0] = low;
            assert_eq!(PublicKey::from_bytes(&above_p), Err(BadKey), "y = 2^255 - 19 + {}", low - 0xed);
        }
    }

    #[test]
    fn signing_keys_never_print_their_seed() {
        assert_eq!(format!("{:?}", SigningKey::from_seed([7; 32])), "SigningKey(…)");
    }
}
