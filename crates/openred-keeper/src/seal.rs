//! Sealing under keys derived from the master key: AES-256-GCM-SIV (RFC 8452), one derived key per
//! purpose. A blob is `nonce[12] ‖ ciphertext ‖ tag[16]`. It must not know what it seals.

use hkdf::Hkdf;
use openred_core::aead::GcmSiv;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Bytes that a blob is longer than what it seals.
pub(crate) const OVERHEAD: usize = 12 + 16;

/// The one key that all others at rest come from. Wiped on drop.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct MasterKey([u8; 32]);

impl MasterKey {
    pub(crate) fn new(key: Zeroizing<[u8; 32]>) -> Self {
        Self(*key)
    }

    /// A fresh one; none when the system has no randomness.
    pub(crate) fn generate() -> Option<Self> {
        random::<32>().map(Self::new)
    }

    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub(crate) const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key of a purpose, 32 bytes.
    pub(crate) fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        hkdf(&self.0, &[], &format!("openred-keeper/{purpose}"))
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

/// Seals `plain` under the key of `purpose`, bound to `aad`; none when the system has no randomness.
pub(crate) fn seal(master: &MasterKey, purpose: &str, aad: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
    let nonce = random::<12>()?;
    let sealed = cipher(master, purpose).seal(&nonce, aad, plain)?;
    Some([nonce.as_slice(), &sealed].concat())
}

/// Opens what [`seal`] made with the same purpose and `aad`; none for anything else.
pub(crate) fn open(master: &MasterKey, purpose: &str, aad: &[u8], blob: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = blob.split_first_chunk::<12>()?;
    cipher(master, purpose).open(nonce, aad, sealed).map(Zeroizing::new)
}

/// HKDF-SHA256 (RFC 5869) to 32 bytes.
pub(crate) fn hkdf(secret: &[u8], salt: &[u8], info: &str) -> Zeroizing<[u8; 32]> {
    let mut out = Zeroizing::new([0u8; 32]);
    let expanded = Hkdf::<Sha256>::new(Some(salt), secret).expand(info.as_bytes(), out.as_mut_slice());
    debug_assert!(expanded.is_ok(), "32 bytes are below HKDF's limit");
    out
}

/// Random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> Option<Zeroizing<[u8; N]>> {
    let mut bytes = Zeroizing::new([0u8; N]);
    getrandom::fill(bytes.as_mut_slice()).ok()?;
    Some(bytes)
}

fn cipher(master: &MasterKey, purpose: &str) -> GcmSiv {
    GcmSiv::new(&master.derive(purpose))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_opens_only_with_its_key_purpose_and_context() {
        let master = MasterKey::generate().expect("randomness");
        let blob = seal(&master, "pair", b"ben", b"secret").expect("seals");
        assert_eq!(blob.len(), 6 + OVERHEAD);
        assert_eq!(open(&master, "pair", b"ben", &blob).expect("opens").as_slice(), b"secret");
        assert!(open(&master, "grant", b"ben", &blob).is_none());
        assert!(open(&master, "pair", b"eve", &blob).is_none());
        assert!(open(&MasterKey::generate().expect("randomness"), "pair", b"ben", &blob).is_none());
        for at in 0..blob.len() {
            let mut changed = blob.clone();
            changed[at] ^= 1;
            assert!(open(&master, "pair", b"ben", &changed).is_none(), "byte {at}");
        }
        assert!(open(&master, "pair", b"ben", &blob[..11]).is_none());
    }
}
