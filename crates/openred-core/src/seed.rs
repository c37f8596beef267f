//! The recovery seed: 24 words that rotate an identity's keys (PROTOCOL §1, Annex A.1).
//!
//! Must not know the identity log or where a seed is kept.

use std::fmt;

use bip39::{Language, Mnemonic};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::ids::Hash;
use crate::sign::SigningKey;

/// Words in the spoken form of a seed.
pub const WORDS: usize = 24;

/// Why words are no seed; ask for them again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// Not 24 words but this many.
    #[error("{0} words instead of 24")]
    Count(usize),
    /// The word at this place (from 0) is not on the English list.
    #[error("word {} is not on the list", .0 + 1)]
    Unknown(usize),
    /// All words are on the list, but one is wrong or two have changed places.
    #[error("the words do not belong together")]
    Checksum,
}

/// 32 bytes from which every rotation key of an identity follows; wiped on drop.
#[derive(Clone)]
pub struct RecoverySeed(Zeroizing<[u8; 32]>);

impl RecoverySeed {
    /// A fresh seed from the operating system's randomness.
    #[must_use]
    #[expect(clippy::expect_used, reason = "without the system's randomness nothing here may go on")]
    pub fn generate() -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut()).expect("the operating system gives randomness");
        Self(bytes)
    }

    /// The seed of 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The 32 bytes, to be stored sealed.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The seed as 24 English words, single spaces between them: the seed is their BIP-39 entropy.
    #[must_use]
    #[expect(clippy::expect_used, reason = "BIP-39 has words for every 32 bytes")]
    pub fn words(&self) -> Zeroizing<String> {
        let mnemonic = Mnemonic::from_entropy_in(Language::English, self.0.as_ref()).expect("32 bytes");
        let mut words = Zeroizing::new(String::with_capacity(WORDS * 9));
        for word in mnemonic.words() {
            if !words.is_empty() {
                words.push(' ');
            }
            words.push_str(word);
        }
        words
    }

    /// Reads 24 words in any case and with any white space between them.
    ///
    /// # Errors
    /// As [`WordsError`] says.
    pub fn from_words(words: &str) -> Result<Self, WordsError> {
        let count = words.split_whitespace().count();
        if count != WORDS {
            return Err(WordsError::Count(count));
        }
        let lower = Zeroizing::new(words.to_ascii_lowercase());
        let mnemonic = Mnemonic::parse_in_normalized(Language::English, &lower).map_err(|e| match e {
            bip39::Error::UnknownWord(at) => WordsError::Unknown(at),
            _ => WordsError::Checksum,
        })?;
        let (entropy, len) = mnemonic.to_entropy_array();
        let entropy = Zeroizing::new(entropy);
        let bytes = entropy[..len].try_into().map_err(|_| WordsError::Checksum)?;
        Ok(Self::from_bytes(bytes))
    }

    /// Rotation key `n` = 1, 2, …: Ed25519 seed HKDF(seed, info "openred/rotation" ‖ n:u32).
    ///
    /// It signs the log entry of seq `n` and nothing else.
    #[must_use]
    #[expect(clippy::expect_used, reason = "HKDF-SHA256 gives up to 8,160 bytes")]
    pub fn rotation_key(&self, n: u32) -> SigningKey {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, self.0.as_ref())
            .expand_multi_info(&[b"openred/rotation", &n.to_be_bytes()], key.as_mut())
            .expect("32 bytes");
        SigningKey::from_seed(*key)
    }

    /// SHA-256 of the public half of rotation key `n`: the `next` of the log entry of seq `n` − 1.
    #[must_use]
    pub fn commitment(&self, n: u32) -> Hash {
        Hash::of(&[self.rotation_key(n).public().as_bytes()])
    }
}

impl fmt::Debug for RecoverySeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoverySeed(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published test vector of BIP-39 for 32 zero bytes.
    const ZERO_WORDS: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon \
        abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon art";

    #[test]
    fn words_are_the_entropy_of_bip_39() {
        let seed = RecoverySeed::from_bytes([0; 32]);
        assert_eq!(seed.words().as_str(), ZERO_WORDS);
        let typed = format!("  {} ", ZERO_WORDS.to_uppercase().replace(' ', "\n "));
        assert_eq!(RecoverySeed::from_words(&typed).unwrap().bytes(), &[0; 32]);
    }

    #[test]
    fn wrong_words_are_named() {
        let wrong = |words: &str| RecoverySeed::from_words(words).unwrap_err();
        assert_eq!(wrong("abandon art"), WordsError::Count(2));
        assert_eq!(wrong(&ZERO_WORDS.replace("art", "zoo")), WordsError::Checksum);
        assert_eq!(wrong(&ZERO_WORDS.replace("art", "arx")), WordsError::Unknown(23));
    }

    #[test]
    fn each_number_has_its_own_key() {
        let seed = RecoverySeed::from_bytes([7; 32]);
        assert_ne!(seed.commitment(1), seed.commitment(2));
        let spoken = RecoverySeed::from_words(&seed.words()).unwrap();
        assert_eq!(spoken.commitment(2), seed.commitment(2));
        assert_eq!(format!("{seed:?}"), "RecoverySeed(…)");
    }
}
