//! Idempotency keys of new posts and comments: the same key and words within 24 hours make the same thing.

pub mod store;

use openred_core::ids::Hash;

use crate::{deps::Work, error::NodeError};

const KEEP_MS: u64 = 86_400_000;

/// A key and what it was used for, as hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    key: Hash,
    request: Hash,
}

impl Key {
    /// Of the header's text and the parts of the request.
    pub fn of(key: &str, request: &[&str]) -> Self {
        let parts: Vec<&[u8]> = request.iter().flat_map(|part| [part.as_bytes(), &[0][..]]).collect();
        Self { key: Hash::of(&[key.as_bytes()]), request: Hash::of(&parts) }
    }
}

/// What was made with this key; a `Conflict` when it was something else.
pub(super) fn find(work: &Work<'_, '_>, key: &Key) -> Result<Option<Hash>, NodeError> {
    match store::find(work.tx, &key.key, work.now)? {
        Some((request, _)) if request != key.request => {
            Err(NodeError::Conflict("this Idempotency-Key was used for something else"))
        }
        found => Ok(found.map(|(_, made)| made)),
    }
}

/// Keeps a key with what it made.
pub(super) fn keep(work: &Work<'_, '_>, key: &Key, made: &Hash) -> Result<(), NodeError> {
    Ok(store::put(work.tx, (&key.key, &key.request), made, work.now + KEEP_MS)?)
}
