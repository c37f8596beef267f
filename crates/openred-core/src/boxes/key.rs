//! Key pairs of boxes; key_id = SHA-256(public key)[..8] (PROTOCOL Annex A.0).
//!
//! Must not know how long a key is used and for what.

use std::fmt;

use hpke::kem::{X25519HkdfSha256, XWing};
use hpke::{Deserializable as _, Kem, Serializable as _};
use zeroize::Zeroizing;

use super::{BoxError, Suite};
use crate::codec::{CodecError, Reader, Writer};
use crate::ids::{Hash, Id8};

/// A public key to seal boxes to. Made by [`BoxPublic::new`], so that id and key belong together.
#[derive(Clone, PartialEq, Eq)]
pub struct BoxPublic {
    /// The suite of the key.
    pub suite: Suite,
    /// SHA-256 of `key`, first 8 bytes.
    pub key_id: Id8,
    /// The public key: 32 bytes (X25519) or 1216 bytes (X-Wing).
    pub key: Vec<u8>,
}

impl BoxPublic {
    /// A key of a suite.
    ///
    /// # Errors
    /// [`BoxError::Key`] for bytes that are no public key of the suite.
    pub fn new(suite: Suite, key: Vec<u8>) -> Result<Self, BoxError> {
        let valid = match suite {
            Suite::X25519 => <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(&key).is_ok(),
            Suite::XWing => <XWing as Kem>::PublicKey::from_bytes(&key).is_ok(),
        };
        if valid { Ok(Self { suite, key_id: key_id(&key), key }) } else { Err(BoxError::Key) }
    }

    /// Writes `[suite, key_id, public key]` (Annex A.1).
    pub fn write(&self, writer: &mut Writer) {
        writer.array(3).uint(self.suite as u64).bin(&self.key_id.0).bin(&self.key);
    }

    /// Reads `[suite, key_id, public key]`.
    ///
    /// # Errors
    /// [`CodecError::Length`] for a key that is none of its suite, an unknown suite, or a wrong key_id.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        reader.array_of(3)?;
        let suite = u8::try_from(reader.uint()?).ok().and_then(Suite::from_byte).ok_or(CodecError::Type)?;
        let named = Id8(reader.bin_of()?);
        let key = reader.bin()?;
        match Self::new(suite, key.to_vec()) {
            Ok(public) if public.key_id == named => Ok(public),
            _ => Err(CodecError::Length),
        }
    }
}

impl fmt::Debug for BoxPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BoxPublic({:?}, {})", self.suite, self.key_id)
    }
}

/// The secret half; its memory is wiped on drop.
#[derive(Clone)]
pub struct BoxSecret {
    key: Zeroizing<[u8; 32]>,
    public: BoxPublic,
}

impl BoxSecret {
    /// A fresh key from the operating system's randomness.
    #[must_use]
    #[expect(clippy::expect_used, reason = "without the system's randomness nothing here may go on")]
    pub fn generate(suite: Suite) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut()).expect("the operating system gives randomness");
        Self::from_seed(suite, *seed)
    }

    /// The key of 32 uniformly random bytes, which are the secret key itself.
    #[must_use]
    pub fn from_seed(suite: Suite, seed: [u8; 32]) -> Self {
        let key = Zeroizing::new(seed);
        let bytes = match suite {
            Suite::X25519 => public_bytes::<X25519HkdfSha256>(&key),
            Suite::XWing => public_bytes::<XWing>(&key),
        };
        Self { key, public: BoxPublic { suite, key_id: key_id(&bytes), key: bytes } }
    }

    /// The public half.
    #[must_use]
    pub const fn public(&self) -> &BoxPublic {
        &self.public
    }

    /// The suite of the key.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        self.public.suite
    }

    /// suite:u8 ‖ secret key, 33 bytes, to be stored sealed.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 33]> {
        let mut bytes = Zeroizing::new([0; 33]);
        bytes[0] = self.suite() as u8;
        bytes[1..].copy_from_slice(&*self.key);
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`BoxError::Suite`] for an unknown suite, [`BoxError::Key`] for another length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BoxError> {
        let (&suite, seed) = bytes.split_first().ok_or(BoxError::Key)?;
        let suite = Suite::from_byte(suite).ok_or(BoxError::Suite)?;
        Ok(Self::from_seed(suite, seed.try_into().map_err(|_| BoxError::Key)?))
    }

    pub(super) fn key(&self) -> &[u8; 32] {
        &self.key
    }
}

impl fmt::Debug for BoxSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BoxSecret({}, …)", self.public.key_id)
    }
}

fn key_id(public: &[u8]) -> Id8 {
    let [a, b, c, d, e, f, g, h, ..] = Hash::of(&[public]).0;
    Id8([a, b, c, d, e, f, g, h])
}

#[expect(clippy::expect_used, reason = "every 32 bytes are a secret key of both suites")]
fn public_bytes<K: Kem>(secret: &[u8; 32]) -> Vec<u8> {
    let secret = K::PrivateKey::from_bytes(secret).expect("32 bytes are a secret key");
    K::sk_to_pk(&secret).to_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_survive_storage_and_the_wire() {
        for suite in [Suite::X25519, Suite::XWing] {
            let ana = BoxSecret::from_seed(suite, [1; 32]);
            assert_eq!(BoxSecret::from_bytes(&*ana.to_bytes()).unwrap().public(), ana.public());
            assert_eq!(ana.public().key.len(), suite.public_len());
            let mut writer = Writer::new();
            ana.public().write(&mut writer);
            let bytes = writer.into_vec();
            assert_eq!(BoxPublic::read(&mut Reader::new(&bytes)).unwrap(), *ana.public());
        }
        assert!(BoxSecret::from_bytes(&[3; 33]).is_err());
        assert!(BoxSecret::from_bytes(&[1; 32]).is_err());
    }

    #[test]
    fn a_key_under_a_foreign_id_is_refused() {
        let ana = BoxSecret::from_seed(Suite::X25519, [1; 32]);
        let lying = BoxPublic { key_id: Id8([0; 8]), ..ana.public().clone() };
        let mut writer = Writer::new();
        lying.write(&mut writer);
        assert_eq!(BoxPublic::read(&mut Reader::new(&writer.into_vec())), Err(CodecError::Length));
        assert_eq!(BoxPublic::new(Suite::X25519, vec![1; 31]), Err(BoxError::Key));
        assert_eq!(BoxPublic::new(Suite::XWing, vec![0xff; 1216]), Err(BoxError::Key), "not reduced mod q");
    }
}
