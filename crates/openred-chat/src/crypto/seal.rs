//! HPKE (RFC 9180) in base mode, for the KEM, KDF and AEAD of each suite. Must not know what is sealed.

use hpke::aead::{AesGcm128, AesGcm256};
use hpke::kdf::{HkdfSha256, HkdfSha384};
use hpke::kem::{X25519HkdfSha256, XWing};
use hpke::{Deserializable as _, Kem as _, OpModeR, OpModeS, Serializable as _};
use openmls_traits::types::{
    CryptoError, ExporterSecret, HpkeAeadType, HpkeCiphertext, HpkeConfig, HpkeKdfType, HpkeKemType,
    HpkeKeyPair, KemOutput,
};
use shake::Shake256;
use shake::digest::{ExtendableOutput as _, Update as _, XofReader as _};
use zeroize::Zeroizing;

use crate::random::Randomness;

/// Runs `$do` with the types of the suite.
macro_rules! with_suite {
    ($config:expr, $aead:ident, $kdf:ident, $kem:ident => $do:expr) => {
        match ($config.0, $config.1, $config.2) {
            (HpkeKemType::DhKem25519, HpkeKdfType::HkdfSha256, HpkeAeadType::AesGcm128) => {
                type $aead = AesGcm128;
                type $kdf = HkdfSha256;
                type $kem = X25519HkdfSha256;
                $do
            }
            (HpkeKemType::XWingKemDraft6, HpkeKdfType::HkdfSha256, HpkeAeadType::AesGcm128) => {
                type $aead = AesGcm128;
                type $kdf = HkdfSha256;
                type $kem = XWing;
                $do
            }
            (HpkeKemType::XWingKemDraft6, HpkeKdfType::HkdfSha384, HpkeAeadType::AesGcm256) => {
                type $aead = AesGcm256;
                type $kdf = HkdfSha384;
                type $kem = XWing;
                $do
            }
            _ => Err(CryptoError::UnsupportedCiphersuite),
        }
    };
}

pub(super) fn seal(
    random: &Randomness,
    config: HpkeConfig,
    key: &[u8],
    info: &[u8],
    aad: &[u8],
    plain: &[u8],
) -> Result<HpkeCiphertext, CryptoError> {
    let mut random =
        random.bound_to(&[key, info, aad, plain]).map_err(|_| CryptoError::InsufficientRandomness)?;
    with_suite!(config, A, Kdf, Kem => {
        let key = <Kem as hpke::Kem>::PublicKey::from_bytes(key).map_err(|_| CryptoError::InvalidPublicKey)?;
        let (enc, ciphertext) = hpke::single_shot_seal_with_rng::<A, Kdf, Kem>(
            &OpModeS::Base, &key, info, plain, aad, &mut random,
        )
        .map_err(|_| CryptoError::HpkeEncryptionError)?;
        Ok(HpkeCiphertext { kem_output: enc.to_bytes().to_vec().into(), ciphertext: ciphertext.into() })
    })
}

pub(super) fn open(
    config: HpkeConfig,
    input: &HpkeCiphertext,
    key: &[u8],
    info: &[u8],
    aad: &[u8],
) -> Result<Vec<u8>, CryptoError> {
    let refused = |_| CryptoError::HpkeDecryptionError;
    with_suite!(config, A, Kdf, Kem => {
        let key = <Kem as hpke::Kem>::PrivateKey::from_bytes(key).map_err(refused)?;
        let enc = <Kem as hpke::Kem>::EncappedKey::from_bytes(input.kem_output.as_slice()).map_err(refused)?;
        hpke::single_shot_open::<A, Kdf, Kem>(&OpModeR::Base, &key, &enc, info, input.ciphertext.as_slice(), aad)
            .map_err(refused)
    })
}

pub(super) fn send_export(
    random: &Randomness,
    config: HpkeConfig,
    key: &[u8],
    info: &[u8],
    context: &[u8],
    len: usize,
) -> Result<(KemOutput, ExporterSecret), CryptoError> {
    let mut random =
        random.bound_to(&[key, info, context]).map_err(|_| CryptoError::InsufficientRandomness)?;
    with_suite!(config, A, Kdf, Kem => {
        let key = <Kem as hpke::Kem>::PublicKey::from_bytes(key).map_err(|_| CryptoError::InvalidPublicKey)?;
        let (enc, sender) =
            hpke::setup_sender_with_rng::<A, Kdf, Kem>(&OpModeS::Base, &key, info, &mut random)
                .map_err(|_| CryptoError::SenderSetupError)?;
        let mut out = vec![0; len];
        sender.export(context, &mut out).map_err(|_| CryptoError::ExporterError)?;
        Ok((enc.to_bytes().to_vec(), out.into()))
    })
}

pub(super) fn receive_export(
    config: HpkeConfig,
    enc: &[u8],
    key: &[u8],
    info: &[u8],
    context: &[u8],
    len: usize,
) -> Result<ExporterSecret, CryptoError> {
    let refused = |_| CryptoError::ReceiverSetupError;
    with_suite!(config, A, Kdf, Kem => {
        let key = <Kem as hpke::Kem>::PrivateKey::from_bytes(key).map_err(refused)?;
        let enc = <Kem as hpke::Kem>::EncappedKey::from_bytes(enc).map_err(refused)?;
        let receiver =
            hpke::setup_receiver::<A, Kdf, Kem>(&OpModeR::Base, &key, &enc, info).map_err(refused)?;
        let mut out = vec![0; len];
        receiver.export(context, &mut out).map_err(|_| CryptoError::ExporterError)?;
        Ok(out.into())
    })
}

/// DeriveKeyPair. For X-Wing as OpenMLS's own providers have it (SHAKE-256 of the input, which is what
/// draft-connolly-cfrg-xwing-kem says); the HPKE draft that labels the input is newer than the suites' numbers.
pub(super) fn key_pair(config: HpkeConfig, ikm: &[u8]) -> Result<HpkeKeyPair, CryptoError> {
    let (private, public) = match config.0 {
        HpkeKemType::DhKem25519 => {
            let (private, public) = X25519HkdfSha256::derive_keypair(ikm);
            (private.to_bytes().to_vec(), public.to_bytes().to_vec())
        }
        HpkeKemType::XWingKemDraft6 => {
            let mut seed = Zeroizing::new([0; 32]);
            let mut hash = Shake256::default();
            hash.update(ikm);
            hash.finalize_xof().read(seed.as_mut());
            let private = <XWing as hpke::Kem>::PrivateKey::from_bytes(seed.as_slice())
                .map_err(|_| CryptoError::InvalidLength)?;
            let public = XWing::sk_to_pk(&private).to_bytes().to_vec();
            (seed.to_vec(), public)
        }
        _ => return Err(CryptoError::UnsupportedCiphersuite),
    };
    Ok(HpkeKeyPair { private: private.into(), public })
}
