//! Keys that the owner of a relay gives to services (S4: API keys), kept as SHA-256 of the key and shared by all
//! processes. Must not know: SQL, what a key may do.

use openred_core::ids::Hash;

use super::ClusterStore;
use crate::mailbox::Refusal;

/// Most keys of one relay: they are listed in one answer.
pub const MAX_KEYS: usize = 1_000;
/// Longest name of a key, in bytes.
pub const MAX_KEY_NAME_BYTES: usize = 100;

/// A key as the owner sees it; the key itself is known to its service alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// SHA-256 of the key.
    pub hash: Hash,
    /// What the owner calls it.
    pub name: String,
    /// Since when it is good, unix seconds.
    pub created: u64,
    /// Since when it is not good any more, unix seconds.
    pub revoked: Option<u64>,
}

/// Why a key was not made or revoked. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The name is empty or longer than [`MAX_KEY_NAME_BYTES`]: take another.
    #[error("a key's name has 1 to {MAX_KEY_NAME_BYTES} bytes")]
    Name,
    /// There is a key with this hash, or there are [`MAX_KEYS`] already.
    #[error("this key is there already, or there are too many")]
    Taken,
    /// No key with this hash is good.
    #[error("there is no such key")]
    Unknown,
    /// The database cannot be asked at the moment: try again.
    #[error(transparent)]
    Store(#[from] Refusal),
}

impl ClusterStore {
    /// Makes a key good from `now` on, unix seconds.
    ///
    /// # Errors
    /// [`KeyError::Name`], [`KeyError::Taken`], [`KeyError::Store`].
    pub async fn create_key(&self, hash: &Hash, name: &str, now: u64) -> Result<(), KeyError> {
        if name.is_empty() || name.len() > MAX_KEY_NAME_BYTES {
            return Err(KeyError::Name);
        }
        let database = self.open_database()?;
        if database.list_keys(MAX_KEYS).await?.len() == MAX_KEYS {
            return Err(KeyError::Taken);
        }
        if database.create_key(&hash.0, name, now).await? { Ok(()) } else { Err(KeyError::Taken) }
    }

    /// All keys, also those that were revoked; the oldest first.
    ///
    /// # Errors
    /// [`KeyError::Store`].
    pub async fn keys(&self) -> Result<Vec<ApiKey>, KeyError> {
        let rows = self.open_database()?.list_keys(MAX_KEYS).await?;
        let key = |(hash, name, created, revoked): (Vec<u8>, _, _, _)| {
            Some(ApiKey { hash: Hash::from_slice(&hash)?, name, created, revoked })
        };
        Ok(rows.into_iter().filter_map(key).collect())
    }

    /// Ends a key.
    ///
    /// # Errors
    /// [`KeyError::Unknown`], [`KeyError::Store`].
    pub async fn revoke_key(&self, hash: &Hash, now: u64) -> Result<(), KeyError> {
        if self.open_database()?.revoke_key(&hash.0, now).await? { Ok(()) } else { Err(KeyError::Unknown) }
    }

    /// Whether the key with this hash is good.
    ///
    /// # Errors
    /// [`KeyError::Store`].
    pub async fn is_good_key(&self, hash: &Hash) -> Result<bool, KeyError> {
        Ok(self.open_database()?.is_good_key(&hash.0).await?)
    }
}
