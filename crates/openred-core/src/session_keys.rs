//! Transport keys of a session and the HTTPS body that carries its ciphertexts (PROTOCOL §4, Annex A.5).
//!
//! Stateless Noise transport: ChaChaPoly (RFC 8439) with nonce = 4 zero bytes ‖ n little endian (Noise
//! rev 34 §12.3), so that ciphertexts may arrive in any order. Must not know: the handshake (the keeper's),
//! which n were used (the session's), sockets.

mod body;

use std::fmt;

use chacha20poly1305::{
    ChaCha20Poly1305,
    aead::{Aead, KeyInit},
};
use zeroize::Zeroizing;

use crate::{ids::Id16, token::kdf::sha256};

pub use body::{BodyError, Chunk, HTTPS_BODY_MAX, HttpsBody};

/// Most plaintext bytes of one Noise message: 65,535 less the tag.
pub const PLAIN_MAX: usize = 65_519;
/// Bytes that sealing adds.
pub const TAG_LEN: usize = 16;

/// The two split keys of a finished handshake, wiped on drop, never logged or written (PROTOCOL §4).
#[derive(Clone)]
pub struct SessionKeys {
    /// Seals what this side sends.
    tx: Zeroizing<[u8; 32]>,
    /// Opens what the peer sent.
    rx: Zeroizing<[u8; 32]>,
}

/// Sealing refused; end the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// More than [`PLAIN_MAX`] bytes: cut the frame stream into smaller pieces.
    #[error("more than 65,519 bytes in one message")]
    TooLong,
    /// n = 2^64 − 1 is reserved by Noise; sessions renew long before.
    #[error("nonce used up")]
    NonceUsedUp,
}

/// The ciphertext is not the peer's n-th message of this session. Nothing of it may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ciphertext does not open")]
pub struct OpenError;

impl SessionKeys {
    /// Keys as this side sees them: `tx` seals, `rx` opens, 32 bytes each.
    #[must_use]
    pub fn new(tx: [u8; 32], rx: [u8; 32]) -> Self {
        Self { tx: Zeroizing::new(tx), rx: Zeroizing::new(rx) }
    }

    /// Reads `tx ‖ rx`, as the keeper hands them over.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 64]) -> Self {
        let half = |from: usize| std::array::from_fn(|i| bytes[from + i]);
        Self::new(half(0), half(32))
    }

    /// `tx ‖ rx`.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 64]> {
        let mut bytes = Zeroizing::new([0; 64]);
        bytes[..32].copy_from_slice(&*self.tx);
        bytes[32..].copy_from_slice(&*self.rx);
        bytes
    }

    /// The same session as the peer sees it.
    #[must_use]
    pub fn flipped(&self) -> Self {
        Self { tx: self.rx.clone(), rx: self.tx.clone() }
    }

    /// Seals the n-th message of this side; every n is used for one plaintext only, which the caller keeps.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn seal(&self, n: u64, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        if plain.len() > PLAIN_MAX {
            return Err(SealError::TooLong);
        }
        if n == u64::MAX {
            return Err(SealError::NonceUsedUp);
        }
        cipher(&self.tx).encrypt(&nonce(n).into(), plain).map_err(|_| SealError::TooLong)
    }

    /// Opens the peer's n-th message.
    ///
    /// # Errors
    /// [`OpenError`] when it is not that.
    pub fn open(&self, n: u64, ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        if n == u64::MAX || ciphertext.len() > PLAIN_MAX + TAG_LEN {
            return Err(OpenError);
        }
        cipher(&self.rx).decrypt(&nonce(n).into(), ciphertext).map(Zeroizing::new).map_err(|_| OpenError)
    }
}

impl fmt::Debug for SessionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKeys(…)")
    }
}

/// `SHA256("OpenRed/3 session" ‖ h)[..16]`, h the 32-byte handshake hash. A name, not a secret.
#[must_use]
pub fn session_id(h: &[u8; 32]) -> Id16 {
    let hash = sha256(&[b"OpenRed/3 session", h]);
    Id16(std::array::from_fn(|i| hash[i]))
}

fn cipher(key: &[u8; 32]) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(key.into())
}

fn nonce(n: u64) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&n.to_le_bytes());
    nonce
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_other_side_opens_and_only_under_the_same_n() {
        let ana = SessionKeys::new([1; 32], [2; 32]);
        let ben = ana.flipped();
        let sealed = ana.seal(7, b"bonjour").unwrap();
        assert_eq!(sealed.len(), 7 + TAG_LEN);
        assert_eq!(&**ben.open(7, &sealed).unwrap(), b"bonjour");
        assert_eq!(ben.open(8, &sealed), Err(OpenError), "another n");
        assert_eq!(ana.open(7, &sealed), Err(OpenError), "own message reflected");
        for i in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[i] ^= 1;
            assert_eq!(ben.open(7, &bent), Err(OpenError), "byte {i} bent");
        }
    }

    #[test]
    fn limits_of_noise_hold() {
        let ana = SessionKeys::new([1; 32], [2; 32]);
        assert_eq!(ana.seal(0, &vec![0; PLAIN_MAX]).unwrap().len(), 65_535);
        assert_eq!(ana.seal(0, &vec![0; PLAIN_MAX + 1]), Err(SealError::TooLong));
        assert_eq!(ana.seal(u64::MAX, b""), Err(SealError::NonceUsedUp));
        assert_eq!(ana.open(u64::MAX, &[0; 16]), Err(OpenError));
        let again = SessionKeys::from_bytes(&ana.to_bytes());
        assert_eq!(again.to_bytes(), ana.to_bytes());
        assert_eq!(format!("{ana:?}"), "SessionKeys(…)");
    }
}
