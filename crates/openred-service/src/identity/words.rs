//! Rotation of a service's key with its recovery words, while the service is stopped.
//!
//! Must not know: how the words were entered.

use std::path::Path;

use openred_core::call::ServerRole;
use openred_core::identity::LogError;
use openred_core::ids::NodeId;
use openred_core::seed::{RecoverySeed, WordsError};
use openred_core::sign::SigningKey;

use super::key_file::{self, KeyFileError};

/// Why a key was not rotated; the old one is still in place.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// The words are no recovery words; the text says which.
    #[error(transparent)]
    Words(#[from] WordsError),
    /// They are another identity's: the log commits to another rotation key.
    #[error("these are not the words of this identity")]
    Other(#[source] LogError),
    /// There is no key file yet, or it cannot be read or written.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// There is no such identity in this folder.
    #[error("there is no identity in this folder")]
    Absent,
}

/// Replaces the signing key of the (stopped) service of `role` in `data`. `now_ms` is unix ms. The words stay valid for
/// the next rotation. Nodes that know this service follow by its identity log.
///
/// # Errors
/// As [`RotateError`] says; nothing was changed.
pub fn rotate(data: &Path, role: ServerRole, words: &str, now_ms: u64) -> Result<NodeId, RotateError> {
    let mut keys = key_file::read(data, role)?.ok_or(RotateError::Absent)?;
    let seed = RecoverySeed::from_words(words)?;
    let seq = keys.log.head_seq() + 1;
    let signing = SigningKey::generate();
    keys.log = keys
        .log
        .rotate(&seed.rotation_key(seq), &signing, seed.commitment(seq + 1), now_ms / 1_000)
        .map_err(RotateError::Other)?;
    keys.signing = signing;
    key_file::write(data, role, &keys)?;
    Ok(keys.log.node_id())
}
