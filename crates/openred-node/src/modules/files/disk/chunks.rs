//! The form of a file at rest and on the wire: chunks of 64 KiB, each AES-256-GCM (NIST SP 800-38D), put together as
//! STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015).
//!
//! The nonce of chunk i is seven zero bytes ‖ i as u32 ‖ 1 for the last chunk, else 0: a chunk opens in its place only,
//! and nothing can be cut off. A key belongs to one file. An empty file is one empty chunk.

use openred_core::aead::{Gcm, NONCE_BYTES, TAG_BYTES};

/// Plain bytes of every chunk but the last.
pub const CHUNK: usize = 64 * 1024;
/// Bytes of a sealed chunk.
pub(super) const SEALED: usize = CHUNK + TAG_BYTES;
/// Bytes of ciphertext that one answer brings at most: whole chunks, so that nothing of them has to be asked for again, and
/// with its frames one body of HTTPS.
pub const PIECE_MAX: usize = 15 * SEALED;
/// Largest file, plain bytes: chunks are counted by 32 bits.
pub const SIZE_MAX: u64 = 1 << 47;
/// First byte of the nonce of a head, where chunks have 0.
const HEAD: u8 = 1;

/// How many chunks a file of so many plain bytes has.
pub(super) fn count(size: u64) -> u64 {
    size.div_ceil(CHUNK as u64).max(1)
}

/// Bytes of ciphertext of a file of so many plain bytes.
pub fn sealed_len(size: u64) -> u64 {
    size + count(size) * TAG_BYTES as u64
}

/// Plain bytes of chunk `at`.
pub(super) fn plain_len(size: u64, at: u64) -> usize {
    size.saturating_sub(at * CHUNK as u64).min(CHUNK as u64) as usize
}

/// The key of one file, ready for use.
#[derive(Debug)]
pub struct Cipher(Gcm);

impl Cipher {
    /// Of a key of 32 bytes, which must belong to one file.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(Gcm::new(key))
    }

    /// Seals chunk `at` of a file of `size` plain bytes. `None` beyond the bounds of the cipher, which no chunk meets.
    pub(super) fn seal(&self, size: u64, at: u64, plain: &[u8]) -> Option<Vec<u8>> {
        self.0.seal(&nonce(size, at), &[], plain)
    }

    /// Opens chunk `at`; `None` when it is not the one that was sealed for this place.
    pub(super) fn open(&self, size: u64, at: u64, sealed: &[u8]) -> Option<Vec<u8>> {
        self.0.open(&nonce(size, at), &[], sealed)
    }

    /// Seals a few bytes about the file, for `place` only: nonce (12 bytes, the first is 1) ‖ ciphertext ‖ tag.
    ///
    /// # Errors
    /// The system's source of randomness does not answer.
    pub fn seal_head(&self, place: &[u8], plain: &[u8]) -> Result<Vec<u8>, getrandom::Error> {
        let mut nonce = [HEAD; NONCE_BYTES];
        getrandom::fill(&mut nonce[1..])?;
        let sealed = self.0.seal(&nonce, place, plain).unwrap_or_default();
        Ok([&nonce[..], &sealed].concat())
    }
}

fn nonce(size: u64, at: u64) -> [u8; NONCE_BYTES] {
    let mut nonce = [0; NONCE_BYTES];
    nonce[7..11].copy_from_slice(&(at as u32).to_be_bytes());
    nonce[11] = u8::from(at + 1 == count(size));
    nonce
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_opens_in_its_place_of_its_file_only() {
        let (size, cipher) = (3 * CHUNK as u64, Cipher::new(&[7; 32]));
        let plain = vec![1; CHUNK];
        let sealed = cipher.seal(size, 1, &plain).unwrap();
        assert_eq!(sealed.len(), SEALED);
        assert_eq!(cipher.open(size, 1, &sealed), Some(plain));
        assert_eq!(cipher.open(size, 0, &sealed), None, "another place");
        assert_eq!(cipher.open(2 * CHUNK as u64, 1, &sealed), None, "what follows was cut off");
        assert_eq!(Cipher::new(&[8; 32]).open(size, 1, &sealed), None, "another file");
        for at in (0..SEALED).step_by(997) {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert_eq!(cipher.open(size, 1, &altered), None, "byte {at}");
        }
    }

    #[test]
    fn lengths_are_counted_by_chunks() {
        let chunk = CHUNK as u64;
        for (size, sealed) in [(0, 16), (1, 17), (chunk, chunk + 16), (chunk + 1, chunk + 33)] {
            assert_eq!(sealed_len(size), sealed);
        }
        assert_eq!((plain_len(chunk + 1, 0), plain_len(chunk + 1, 1), plain_len(0, 0)), (CHUNK, 1, 0));
        assert!(count(SIZE_MAX) <= u64::from(u32::MAX) + 1);
    }
}
