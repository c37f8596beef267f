//! Argon2id (RFC 9106) for passphrases. Its cost is written beside the slot it protects. It must not know
//! what the key opens.

use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::KeyFileError;

/// Bounds of a cost that a file may ask for, so that a changed file cannot take the machine's memory.
const MAX_MEMORY_KIB: u32 = 256 * 1024;
const MAX_PASSES: u32 = 16;
const MAX_LANES: u32 = 4;

/// Cost of deriving a key from a passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KdfCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl KdfCost {
    /// What people get: 64 MiB, 3 passes, 1 lane.
    pub const fn standard() -> Self {
        Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 }
    }

    /// Cheap enough for tests that create many identities; no configuration leads here.
    pub const fn light() -> Self {
        Self { memory_kib: 64, passes: 1, lanes: 1 }
    }

    /// Whether a slot may ask for it.
    pub(super) const fn is_within_bounds(self) -> bool {
        self.memory_kib >= 8 * self.lanes
            && self.memory_kib <= MAX_MEMORY_KIB
            && self.passes >= 1
            && self.passes <= MAX_PASSES
            && self.lanes >= 1
            && self.lanes <= MAX_LANES
    }

    /// The 32-byte key of a passphrase.
    pub(super) fn derive(
        self,
        passphrase: &[u8],
        salt: &[u8; 16],
    ) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32))
            .map_err(|_| KeyFileError::Malformed)?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut key = Zeroizing::new([0u8; 32]);
        argon
            .hash_password_into(passphrase, salt, key.as_mut_slice())
            .map_err(|_| KeyFileError::Resources)?;
        Ok(key)
    }
}

impl Default for KdfCost {
    fn default() -> Self {
        Self::standard()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_bounded() {
        assert!(KdfCost::standard().is_within_bounds() && KdfCost::light().is_within_bounds());
        assert!(!KdfCost { memory_kib: u32::MAX, ..KdfCost::standard() }.is_within_bounds());
        assert!(!KdfCost { passes: 0, ..KdfCost::standard() }.is_within_bounds());
        assert!(!KdfCost { lanes: 0, ..KdfCost::standard() }.is_within_bounds());
    }

    #[test]
    fn the_key_depends_on_passphrase_salt_and_cost() {
        let cost = KdfCost::light();
        let key = cost.derive(b"ana", &[1; 16]).expect("derives");
        assert_eq!(key, cost.derive(b"ana", &[1; 16]).expect("derives"));
        assert_ne!(key, cost.derive(b"ben", &[1; 16]).expect("derives"));
        assert_ne!(key, cost.derive(b"ana", &[2; 16]).expect("derives"));
        let dearer = KdfCost { passes: 2, ..cost };
        assert_ne!(key, dearer.derive(b"ana", &[1; 16]).expect("derives"));
    }
}
