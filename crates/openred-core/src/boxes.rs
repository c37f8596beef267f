//! Boxes: bytes sealed to one public key by HPKE base mode (RFC 9180; PROTOCOL Annex A.0).
//!
//! Box = `suite:u8 ‖ key_id[8] ‖ enc ‖ ct`. Must not know what is inside a box or whose key it is.

mod key;
mod suite;

pub use key::{BoxPublic, BoxSecret};
pub use suite::Suite;

use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::{X25519HkdfSha256, XWing};
use hpke::rand_core::CryptoRng;
use hpke::{Deserializable as _, Kem, OpModeR, OpModeS, Serializable as _};
use zeroize::Zeroizing;

use crate::ids::Id8;

/// Bytes before `enc`: suite and key id.
const HEAD: usize = 9;

/// Why a box cannot be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BoxError {
    /// A suite that this version does not know: ask for a key of another suite.
    #[error("unknown suite")]
    Suite,
    /// A key of wrong length, or one that is no key of its suite.
    #[error("bad key")]
    Key,
    /// Too short to be a box of its suite: refuse.
    #[error("malformed box")]
    Malformed,
    /// Sealed to another key: look for the secret by [`key_id_of`].
    #[error("sealed to another key")]
    OtherKey,
    /// It does not open: altered, or made for another info or aad. Refuse.
    #[error("does not open")]
    Open,
}

/// Seals `plain` to a key, with fresh randomness of the operating system.
///
/// `info` names the use and the recipient, `aad` what the box belongs to; the opener must give the same.
///
/// # Errors
/// [`BoxError::Key`] when `to` is no usable key of its suite.
pub fn seal(to: &BoxPublic, info: &[u8], aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, BoxError> {
    let mut rng = hpke::rand_core::UnwrapErr(getrandom::SysRng);
    seal_with(&mut rng, to, info, aad, plain)
}

/// [`seal`] with the randomness of `rng`, which must be unpredictable outside of tests.
///
/// # Errors
/// As [`seal`].
pub fn seal_with(
    rng: &mut impl CryptoRng,
    to: &BoxPublic,
    info: &[u8],
    aad: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, BoxError> {
    let mut boxed = vec![to.suite as u8];
    boxed.extend_from_slice(&to.key_id.0);
    let sealed = match to.suite {
        Suite::X25519 => seal_by::<X25519HkdfSha256>(rng, &to.key, info, aad, plain),
        Suite::XWing => seal_by::<XWing>(rng, &to.key, info, aad, plain),
    }?;
    boxed.extend_from_slice(&sealed);
    Ok(boxed)
}

/// Opens a box with the secret it was sealed to.
///
/// # Errors
/// As [`BoxError`] says; nothing of the content is revealed by any of them.
pub fn open(
    secret: &BoxSecret,
    info: &[u8],
    aad: &[u8],
    boxed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, BoxError> {
    let (head, sealed) = boxed.split_at_checked(HEAD).ok_or(BoxError::Malformed)?;
    let suite = Suite::from_byte(head[0]).ok_or(BoxError::Suite)?;
    if suite != secret.suite() || head[1..] != secret.public().key_id.0 {
        return Err(BoxError::OtherKey);
    }
    match suite {
        Suite::X25519 => open_by::<X25519HkdfSha256>(secret, info, aad, sealed),
        Suite::XWing => open_by::<XWing>(secret, info, aad, sealed),
    }
}

/// The id of the key a box is sealed to; `None` when it is no box of a known suite.
#[must_use]
pub fn key_id_of(boxed: &[u8]) -> Option<Id8> {
    let suite = Suite::from_byte(*boxed.first()?)?;
    if boxed.len() < suite.overhead() { None } else { Id8::from_slice(&boxed[1..HEAD]) }
}

/// enc ‖ ct.
fn seal_by<K: Kem>(
    rng: &mut impl CryptoRng,
    key: &[u8],
    info: &[u8],
    aad: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, BoxError> {
    let key = K::PublicKey::from_bytes(key).map_err(|_| BoxError::Key)?;
    let (enc, ciphertext) = hpke::single_shot_seal_with_rng::<AesGcm256, HkdfSha256, K>(
        &OpModeS::Base,
        &key,
        info,
        plain,
        aad,
        rng,
    )
    .map_err(|_| BoxError::Key)?;
    let mut sealed = enc.to_bytes().to_vec();
    sealed.extend_from_slice(&ciphertext);
    Ok(sealed)
}

fn open_by<K: Kem>(
    secret: &BoxSecret,
    info: &[u8],
    aad: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, BoxError> {
    let (enc, ciphertext) = sealed.split_at_checked(secret.suite().enc_len()).ok_or(BoxError::Malformed)?;
    let enc = K::EncappedKey::from_bytes(enc).map_err(|_| BoxError::Malformed)?;
    let key = K::PrivateKey::from_bytes(secret.key()).map_err(|_| BoxError::Key)?;
    hpke::single_shot_open::<AesGcm256, HkdfSha256, K>(&OpModeR::Base, &key, &enc, info, ciphertext, aad)
        .map(Zeroizing::new)
        .map_err(|_| BoxError::Open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_addressee_opens_a_box_and_only_for_its_use() {
        for suite in [Suite::X25519, Suite::XWing] {
            let ana = BoxSecret::from_seed(suite, [1; 32]);
            let ben = BoxSecret::from_seed(suite, [2; 32]);
            let boxed = seal(ana.public(), b"info", b"aad", b"hello").unwrap();
            assert_eq!(boxed.len(), suite.overhead() + 5);
            assert_eq!(key_id_of(&boxed), Some(ana.public().key_id));
            assert_eq!(open(&ana, b"info", b"aad", &boxed).unwrap().as_slice(), b"hello");
            assert_eq!(open(&ben, b"info", b"aad", &boxed), Err(BoxError::OtherKey));
            assert_eq!(open(&ana, b"other", b"aad", &boxed), Err(BoxError::Open));
            assert_eq!(open(&ana, b"info", b"other", &boxed), Err(BoxError::Open));
        }
    }

    #[test]
    fn every_altered_byte_is_noticed() {
        let ana = BoxSecret::from_seed(Suite::X25519, [1; 32]);
        let boxed = seal(ana.public(), b"info", b"aad", b"hello").unwrap();
        for i in 0..boxed.len() {
            let mut altered = boxed.clone();
            altered[i] ^= 1;
            assert!(open(&ana, b"info", b"aad", &altered).is_err(), "byte {i}");
            assert!(open(&ana, b"info", b"aad", &boxed[..i]).is_err(), "cut at {i}");
        }
        assert_eq!(key_id_of(&boxed[..20]), None);
        assert_eq!(open(&ana, b"info", b"aad", &[9; 80]), Err(BoxError::Suite));
    }

    #[test]
    fn two_boxes_of_one_plaintext_differ() {
        let ana = BoxSecret::generate(Suite::XWing);
        let one = seal(ana.public(), b"", b"", b"same").unwrap();
        assert_ne!(one, seal(ana.public(), b"", b"", b"same").unwrap());
    }
}
