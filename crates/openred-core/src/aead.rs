//! The ciphers for what lies at rest and is fetched, ready for use: here, and not where they are used, so that they are built
//! for speed in a program that is built for size. Must not know what is sealed, nor how nonces are chosen.

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;
/// Bytes of a nonce.
pub const NONCE_BYTES: usize = 12;
/// Bytes that what is sealed is longer than what was sealed.
pub const TAG_BYTES: usize = 16;

macro_rules! cipher {
    ($(#[$doc:meta])* $name:ident is $inner:ty) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name($inner);

        impl $name {
            /// Of a key.
            #[must_use]
            pub fn new(key: &[u8; KEY_BYTES]) -> Self {
                Self(<$inner>::new(key.into()))
            }

            /// Ciphertext ‖ tag (16 bytes), bound to `aad`. None above the bounds of the cipher, 64 GiB and less.
            #[must_use]
            pub fn seal(&self, nonce: &[u8; NONCE_BYTES], aad: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
                self.0.encrypt(&(*nonce).into(), Payload { msg: plain, aad }).ok()
            }

            /// What was sealed with the same key, nonce and `aad`. None for anything else.
            #[must_use]
            pub fn open(&self, nonce: &[u8; NONCE_BYTES], aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
                self.0.decrypt(&(*nonce).into(), Payload { msg: sealed, aad }).ok()
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

cipher! {
    /// AES-256-GCM (NIST SP 800-38D). A nonce that comes twice under one key gives the key's secrets away.
    Gcm is aes_gcm::Aes256Gcm
}

cipher! {
    /// AES-256-GCM-SIV (RFC 8452): with random nonces, of which one may come twice.
    GcmSiv is aes_gcm_siv::Aes256GcmSiv
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    /// McGrew and Viega, The Galois/Counter Mode of Operation, test case 14.
    #[test]
    fn gcm_is_that_of_its_authors() {
        let sealed = bytes("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
        let gcm = Gcm::new(&[0; 32]);
        assert_eq!(gcm.seal(&[0; 12], &[], &[0; 16]), Some(sealed.clone()));
        assert_eq!(gcm.open(&[0; 12], &[], &sealed), Some(vec![0; 16]));
        assert_eq!(gcm.open(&[1; 12], &[], &sealed), None);
        assert_eq!(gcm.open(&[0; 12], &[1], &sealed), None);
    }

    /// RFC 8452, C.2.
    #[test]
    fn gcm_siv_is_that_of_the_rfc() {
        let (mut key, mut nonce) = ([0; 32], [0; 12]);
        (key[0], nonce[0]) = (1, 3);
        let plain = bytes("0100000000000000");
        let sealed = bytes("c2ef328e5c71c83b843122130f7364b761e0b97427e3df28");
        let siv = GcmSiv::new(&key);
        assert_eq!(siv.seal(&nonce, &[], &plain), Some(sealed.clone()));
        assert_eq!(siv.open(&nonce, &[], &sealed), Some(plain));
        assert_eq!(siv.open(&nonce, &[1], &sealed), None);
    }
}
