//! Sealing of private columns (AES-256-GCM-SIV, RFC 8452) and keyed hashes of node ids, with purpose keys
//! that the keeper derives at unlock. Knows no SQL; a locked node holds no [`Sealer`].

use std::sync::{Arc, RwLock};

use hmac::{Hmac, KeyInit, Mac};
use openred_core::{
    aead::{GcmSiv, NONCE_BYTES},
    ids::NodeId,
};
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

/// The node is locked: private columns are closed until its owner logs in.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[error("the node is locked")]
pub struct Locked;

/// A sealed value did not open: it was altered, moved to another column, or sealed under another key.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[error("a sealed value in column {0} does not open")]
pub struct SealBroken(pub &'static str);

/// Seals and opens columns. Lives from unlock to lock.
pub struct Sealer {
    columns: GcmSiv,
    lookup: Zeroizing<[u8; 32]>,
    words: Hmac<Sha256>,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(…)")
    }
}

impl Sealer {
    /// From the keeper's two purpose keys, 32 bytes each: columns, lookup of node ids.
    pub fn new(columns: &[u8; 32], lookup: Zeroizing<[u8; 32]>) -> Self {
        // The text is frozen: rows are found under it.
        let mut key = keyed(columns);
        key.update(b"openred/words of search");
        let words = keyed(&Zeroizing::new(<[u8; 32]>::from(key.finalize().into_bytes())));
        Self { columns: GcmSiv::new(columns), lookup, words }
    }

    /// Seals `plain` for `column` ("table.column"): nonce (12 bytes) ‖ ciphertext ‖ tag (16 bytes).
    pub fn seal(&self, column: &'static str, plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0u8; NONCE_BYTES];
        #[expect(clippy::expect_used, reason = "without the system's random source nothing may be sealed")]
        getrandom::fill(&mut nonce).expect("the system's random source answers");
        let sealed = self.columns.seal(&nonce, column.as_bytes(), plain);
        #[expect(clippy::expect_used, reason = "encryption fails only above 64 GiB")]
        let sealed = sealed.expect("a column is far below 64 GiB");
        let mut out = Vec::with_capacity(NONCE_BYTES + sealed.len());
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        out
    }

    /// Opens what [`Sealer::seal`] made for the same column.
    pub fn open(&self, column: &'static str, sealed: &[u8]) -> Result<Vec<u8>, SealBroken> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(SealBroken(column))?;
        self.columns.open(nonce, column.as_bytes(), body).ok_or(SealBroken(column))
    }

    /// The text form of [`Sealer::open`]; bytes that are no UTF-8 count as broken.
    pub fn open_text(&self, column: &'static str, sealed: &[u8]) -> Result<String, SealBroken> {
        String::from_utf8(self.open(column, sealed)?).map_err(|_| SealBroken(column))
    }

    /// Keyed hash of a node id, 16 bytes: finds a person's row without the id standing in it.
    pub fn key_of(&self, id: &NodeId) -> Vec<u8> {
        let mut mac = keyed(&self.lookup);
        mac.update(&id.0);
        mac.finalize().into_bytes()[..16].to_vec()
    }

    /// Keyed hash of a word: finds what says it without the word standing in the index.
    pub fn token_of(&self, word: &str) -> i64 {
        let mut mac = self.words.clone();
        mac.update(word.as_bytes());
        let hash: [u8; 32] = mac.finalize().into_bytes().into();
        hash.first_chunk().map_or(0, |first| i64::from_be_bytes(*first))
    }
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    Hmac::<Sha256>::new_from_slice(key).expect("any key length")
}

/// Where the sealer is while the node is unlocked; shared by all modules.
#[derive(Debug, Clone, Default)]
pub struct SealSlot(Arc<RwLock<Option<Arc<Sealer>>>>);

impl SealSlot {
    /// The sealer, or [`Locked`].
    pub fn get(&self) -> Result<Arc<Sealer>, Locked> {
        self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone().ok_or(Locked)
    }

    /// Puts the sealer there at unlock.
    pub fn unlock(&self, sealer: Sealer) {
        self.put(Arc::new(sealer));
    }

    /// Takes the sealer out, as locking does.
    pub fn take(&self) -> Option<Arc<Sealer>> {
        self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner).take()
    }

    /// Puts back what [`SealSlot::take`] gave.
    pub fn put(&self, sealer: Arc<Sealer>) {
        *self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(sealer);
    }

    /// Forgets it at lock.
    pub fn lock(&self) {
        drop(self.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer() -> Sealer {
        Sealer::new(&[7; 32], Zeroizing::new([9; 32]))
    }

    #[test]
    fn a_sealed_column_opens_only_in_its_column_and_unaltered() {
        let s = sealer();
        let mut sealed = s.seal("posts.content", b"bread");
        assert_eq!(s.open("posts.content", &sealed).unwrap(), b"bread");
        assert!(s.open("comments.content", &sealed).is_err(), "moved to another column");
        sealed[14] ^= 1;
        assert!(s.open("posts.content", &sealed).is_err(), "altered");
        assert!(s.open("posts.content", &sealed[..5]).is_err(), "cut short");
    }

    #[test]
    fn a_locked_slot_gives_no_sealer() {
        let slot = SealSlot::default();
        assert_eq!(slot.get().unwrap_err(), Locked);
        slot.unlock(sealer());
        assert!(slot.get().is_ok());
        slot.lock();
        assert!(slot.get().is_err());
    }
}
