//! The cryptography of OpenMLS, from the crates that the rest of OpenRed uses: its own provider would bring a second
//! generation of each, and takes no randomness from its caller. It cannot sign: the keeper has the key. Must not know
//! groups.

mod seal;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes128Gcm, Aes256Gcm, KeyInit, Nonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use openmls::prelude::tls_codec::SecretVLBytes;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::random::OpenMlsRand;
use openmls_traits::types::{
    AeadType, Ciphersuite, CryptoError, ExporterSecret, HashType, HpkeCiphertext, HpkeConfig, HpkeKeyPair,
    KemOutput, SignatureScheme,
};
use sha2::{Digest as _, Sha256, Sha384};

use crate::random::{NoRandomness, Randomness};
use crate::suite::Suite;

/// Primitives and randomness, in the form OpenMLS asks for them.
#[derive(Debug)]
pub(crate) struct Crypto {
    random: Randomness,
}

impl Crypto {
    pub(crate) const fn new(random: Randomness) -> Self {
        Self { random }
    }
}

/// By which hash: only those of our suites.
macro_rules! with_hash {
    ($kind:expr, $hash:ident => $do:expr) => {
        match $kind {
            HashType::Sha2_256 => {
                type $hash = Sha256;
                $do
            }
            HashType::Sha2_384 => {
                type $hash = Sha384;
                $do
            }
            HashType::Sha2_512 => Err(CryptoError::UnsupportedHashAlgorithm),
        }
    };
}

/// By which AEAD: only those of our suites.
macro_rules! with_aead {
    ($kind:expr, $aead:ident => $do:expr) => {
        match $kind {
            AeadType::Aes128Gcm => {
                type $aead = Aes128Gcm;
                $do
            }
            AeadType::Aes256Gcm => {
                type $aead = Aes256Gcm;
                $do
            }
            AeadType::ChaCha20Poly1305 => Err(CryptoError::UnsupportedAeadAlgorithm),
        }
    };
}

impl OpenMlsCrypto for Crypto {
    fn supports(&self, suite: Ciphersuite) -> Result<(), CryptoError> {
        Suite::of_mls(suite).map(drop).ok_or(CryptoError::UnsupportedCiphersuite)
    }

    fn supported_ciphersuites(&self) -> Vec<Ciphersuite> {
        Suite::ALL.map(Suite::mls).to_vec()
    }

    fn hkdf_extract(&self, hash: HashType, salt: &[u8], ikm: &[u8]) -> Result<SecretVLBytes, CryptoError> {
        with_hash!(hash, H => Ok(Hkdf::<H>::extract(Some(salt), ikm).0.as_slice().into()))
    }

    fn hmac(&self, hash: HashType, key: &[u8], message: &[u8]) -> Result<SecretVLBytes, CryptoError> {
        with_hash!(hash, H => {
            let mut mac = Hmac::<H>::new_from_slice(key).map_err(|_| CryptoError::InvalidLength)?;
            mac.update(message);
            Ok(mac.finalize().into_bytes().as_slice().into())
        })
    }

    fn hkdf_expand(
        &self,
        hash: HashType,
        prk: &[u8],
        info: &[u8],
        len: usize,
    ) -> Result<SecretVLBytes, CryptoError> {
        with_hash!(hash, H => {
            let hkdf = Hkdf::<H>::from_prk(prk).map_err(|_| CryptoError::InvalidLength)?;
            let mut out = vec![0; len];
            hkdf.expand(info, &mut out).map_err(|_| CryptoError::HkdfOutputLengthInvalid)?;
            Ok(out.into())
        })
    }

    fn hash(&self, hash: HashType, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        with_hash!(hash, H => Ok(H::digest(data).to_vec()))
    }

    fn aead_encrypt(
        &self,
        kind: AeadType,
        key: &[u8],
        msg: &[u8],
        nonce: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let nonce = <[u8; 12]>::try_from(nonce).map_err(|_| CryptoError::InvalidLength)?;
        with_aead!(kind, A => {
            let aead = A::new_from_slice(key).map_err(|_| CryptoError::InvalidLength)?;
            aead.encrypt(&Nonce::from(nonce), Payload { msg, aad }).map_err(|_| CryptoError::CryptoLibraryError)
        })
    }

    fn aead_decrypt(
        &self,
        kind: AeadType,
        key: &[u8],
        msg: &[u8],
        nonce: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let nonce = <[u8; 12]>::try_from(nonce).map_err(|_| CryptoError::InvalidLength)?;
        with_aead!(kind, A => {
            let aead = A::new_from_slice(key).map_err(|_| CryptoError::InvalidLength)?;
            aead.decrypt(&Nonce::from(nonce), Payload { msg, aad }).map_err(|_| CryptoError::AeadDecryptionError)
        })
    }

    fn signature_key_gen(&self, _: SignatureScheme) -> Result<(Vec<u8>, Vec<u8>), CryptoError> {
        Err(CryptoError::UnsupportedSignatureScheme)
    }

    fn verify_signature(
        &self,
        scheme: SignatureScheme,
        data: &[u8],
        key: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        if scheme != SignatureScheme::ED25519 {
            return Err(CryptoError::UnsupportedSignatureScheme);
        }
        let key = <&[u8; 32]>::try_from(key).map_err(|_| CryptoError::InvalidPublicKey)?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(key).map_err(|_| CryptoError::InvalidPublicKey)?;
        let signature =
            ed25519_dalek::Signature::from_slice(signature).map_err(|_| CryptoError::InvalidSignature)?;
        key.verify_strict(data, &signature).map_err(|_| CryptoError::InvalidSignature)
    }

    fn sign(&self, _: SignatureScheme, _: &[u8], _: &[u8]) -> Result<Vec<u8>, CryptoError> {
        Err(CryptoError::UnsupportedSignatureScheme)
    }

    fn hpke_seal(
        &self,
        config: HpkeConfig,
        key: &[u8],
        info: &[u8],
        aad: &[u8],
        plain: &[u8],
    ) -> Result<HpkeCiphertext, CryptoError> {
        seal::seal(&self.random, config, key, info, aad, plain)
    }

    fn hpke_open(
        &self,
        config: HpkeConfig,
        input: &HpkeCiphertext,
        key: &[u8],
        info: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        seal::open(config, input, key, info, aad)
    }

    fn hpke_setup_sender_and_export(
        &self,
        config: HpkeConfig,
        key: &[u8],
        info: &[u8],
        context: &[u8],
        len: usize,
    ) -> Result<(KemOutput, ExporterSecret), CryptoError> {
        seal::send_export(&self.random, config, key, info, context, len)
    }

    fn hpke_setup_receiver_and_export(
        &self,
        config: HpkeConfig,
        enc: &[u8],
        key: &[u8],
        info: &[u8],
        context: &[u8],
        len: usize,
    ) -> Result<ExporterSecret, CryptoError> {
        seal::receive_export(config, enc, key, info, context, len)
    }

    fn derive_hpke_keypair(&self, config: HpkeConfig, ikm: &[u8]) -> Result<HpkeKeyPair, CryptoError> {
        seal::key_pair(config, ikm)
    }
}

impl OpenMlsRand for Crypto {
    type Error = NoRandomness;

    fn random_array<const N: usize>(&self) -> Result<[u8; N], NoRandomness> {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes).map(|()| bytes)
    }

    fn random_vec(&self, len: usize) -> Result<Vec<u8>, NoRandomness> {
        let mut bytes = vec![0; len];
        self.random.fill(&mut bytes).map(|()| bytes)
    }
}

#[cfg(test)]
mod tests;
