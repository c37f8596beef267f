//! What is sealed in the key file: the identity and the head of the audit log. It must not know slots.

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::KeyFileError;

/// Last audit entry: how many there are and the hash of the newest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AuditHead {
    /// Number of entries written so far; 0 with an all-zero hash for none.
    pub(crate) count: u64,
    /// SHA-256 of the newest sealed entry.
    pub(crate) hash: [u8; 32],
}

/// The sealed part of the key file.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Body {
    /// Identity log, entry by entry, as in PROTOCOL Annex A.1; public.
    #[zeroize(skip)]
    pub(crate) log: Vec<Vec<u8>>,
    /// Ed25519 seed of the current signing key.
    pub(crate) signing_seed: [u8; 32],
    /// Recovery seed, until its owner confirmed having saved the words.
    pub(crate) recovery_seed: Option<[u8; 32]>,
    /// Head of the audit log when this file was written.
    #[zeroize(skip)]
    pub(crate) audit: AuditHead,
}

impl Body {
    pub(super) fn encode(&self) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
        postcard::to_allocvec(self).map(Zeroizing::new).map_err(|_| KeyFileError::Malformed)
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        match postcard::take_from_bytes(bytes) {
            Ok((body, [])) => Some(body),
            _ => None,
        }
    }
}
