//! HKDF-SHA256 (RFC 5869) and HMAC-SHA256 (RFC 2104) as PROTOCOL writes them.
//!
//! Must not know: what is derived.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// `HKDF(ikm, salt, info)`, N bytes (≤ 8,160); an empty salt is PROTOCOL's "none named".
#[expect(clippy::expect_used, reason = "fails only for more than 255 blocks; N is a constant of at most 96")]
pub(crate) fn hkdf<const N: usize>(ikm: &[u8], salt: &[u8], info: &[u8]) -> Zeroizing<[u8; N]> {
    let mut out = Zeroizing::new([0; N]);
    Hkdf::<Sha256>::new(Some(salt), ikm).expand(info, out.as_mut_slice()).expect("short output");
    out
}

/// `HMAC-SHA256(key, parts[0] ‖ parts[1] ‖ …)`.
#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
pub(crate) fn hmac(key: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key length");
    for part in parts {
        mac.update(part);
    }
    Zeroizing::new(mac.finalize().into_bytes().into())
}

/// `SHA-256(parts[0] ‖ parts[1] ‖ …)`.
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}
