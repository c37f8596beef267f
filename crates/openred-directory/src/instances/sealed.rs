//! What one process says to the others, sealed: who reads Redis, or writes to it, neither learns who asks for whom nor
//! makes a process believe anything.
//!
//! ChaCha20-Poly1305 with a nonce of 24 random bytes (XChaCha20-Poly1305), by a key that all processes derive from the
//! directory's own. What was said more than 30 seconds ago is not believed again. Must not know: what is said.

use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use openred_core::payload::Secret32;
use openred_core::sign::SigningKey;
use openred_service::identity::random;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::bounds::MAX_SAID_AGE_MS;

const NONCE_LEN: usize = 24;

/// Seals and opens.
pub(super) struct Sealed(XChaCha20Poly1305);

/// The secrets that all processes of the directory have in common: for names in Redis, and for what is said.
pub(super) fn secrets(own: &SigningKey) -> (Secret32, Sealed) {
    let key = |info: &[u8]| {
        let mut key = Zeroizing::new([0; 32]);
        let expanded = Hkdf::<Sha256>::new(None, &*own.seed()).expand(info, &mut *key);
        debug_assert!(expanded.is_ok(), "32 bytes are less than HKDF can give");
        key
    };
    let names = Secret32::new(*key(b"openred/directory-names"));
    (names, Sealed(XChaCha20Poly1305::new((&*key(b"openred/directory-said")).into())))
}

impl Sealed {
    /// `nonce[24] ‖ ct` of `now_ms:u64 ‖ said`; `None` if it cannot be sealed, which has no cause but a bug.
    pub(super) fn seal(&self, said: &[u8], now_ms: u64) -> Option<Vec<u8>> {
        let nonce: [u8; NONCE_LEN] = random();
        let plain = Zeroizing::new([&now_ms.to_be_bytes(), said].concat());
        let sealed = self.0.encrypt(&XNonce::from(nonce), plain.as_slice()).ok()?;
        Some([nonce.as_slice(), &sealed].concat())
    }

    /// What was said; `None` when it is not of this directory, or old.
    pub(super) fn open(&self, sealed: &[u8], now_ms: u64) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let plain = Zeroizing::new(self.0.decrypt(&XNonce::from(*nonce), sealed).ok()?);
        let (at, said) = plain.split_first_chunk::<8>()?;
        let fresh = u64::from_be_bytes(*at).abs_diff(now_ms) <= MAX_SAID_AGE_MS;
        fresh.then(|| Zeroizing::new(said.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_directory_opens_it_and_only_for_a_while() {
        let sealed = |seed| secrets(&SigningKey::from_seed([seed; 32])).1;
        let bytes = sealed(1).seal(b"ana asks for ben", 100_000).unwrap();
        assert_eq!(sealed(1).open(&bytes, 100_000).unwrap().as_slice(), b"ana asks for ben");
        assert!(sealed(2).open(&bytes, 100_000).is_none(), "another directory");
        assert!(sealed(1).open(&bytes, 100_001 + MAX_SAID_AGE_MS).is_none(), "said again later");
        for place in 0..bytes.len() {
            let mut other = bytes.clone();
            other[place] ^= 1;
            assert!(sealed(1).open(&other, 100_000).is_none(), "byte {place}");
        }
        assert!(!bytes.windows(3).any(|window| window == b"ana"));
    }
}
