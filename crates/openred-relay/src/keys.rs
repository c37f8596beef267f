//! Keys of services (S4 "API keys"): who shows one is counted by it, and may ask whether somebody is here without a
//! capability. A key opens no mailbox.
//!
//! Of a key only its SHA-256 is kept: 32 random bytes need no slow hash. Must not know: HTTP, what is asked.

mod file;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use futures_util::future::BoxFuture;
use openred_core::ids::{Hash, b64_decode, b64_encode};
use openred_service::identity::random;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use file::FileKeys;

use crate::bounds::MAX_API_KEYS;

/// A key as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    /// What the owner of the relay calls it: 1 to 64 characters of `[a-z0-9_-]`.
    pub name: String,
    /// SHA-256 of its 32 bytes.
    pub hash: Hash,
    /// When it was made, unix seconds.
    pub created: u64,
}

/// Why keys cannot be listed or changed.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The name is not 1 to 64 characters of `[a-z0-9_-]`: choose another.
    #[error("a name has 1 to 64 characters: small letters, digits, _ and -")]
    Name,
    /// There is one of this name: revoke it first.
    #[error("there is a key of this name")]
    Taken,
    /// There is none of this name.
    #[error("there is no key of this name")]
    Unknown,
    /// There are as many as there may be.
    #[error("there are {MAX_API_KEYS} keys: revoke some")]
    Full,
    /// They cannot be read or written; the cause is in the text.
    #[error("the keys cannot be read or written: {0}")]
    Io(String),
}

/// Where keys are kept, as a trait: [`FileKeys`] in a file of the data folder, others in a server.
pub trait KeyStore: Send + Sync {
    /// All of them, in the order of their names.
    ///
    /// # Errors
    /// [`KeysError::Io`].
    fn list(&self) -> BoxFuture<'_, Result<Vec<ApiKey>, KeysError>>;

    /// Keeps one more, durably.
    ///
    /// # Errors
    /// [`KeysError::Taken`], [`KeysError::Full`], [`KeysError::Io`].
    fn add(&self, key: ApiKey) -> BoxFuture<'_, Result<(), KeysError>>;

    /// Forgets the one of this name.
    ///
    /// # Errors
    /// [`KeysError::Unknown`], [`KeysError::Io`].
    fn revoke<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), KeysError>>;
}

/// Makes a key, keeps its hash in `store` and returns its text, 43 characters of base64url: shown once, known to nobody
/// afterwards. `now` is unix seconds.
///
/// # Errors
/// [`KeysError`]; nothing was kept.
pub async fn create(store: &dyn KeyStore, name: &str, now: u64) -> Result<Zeroizing<String>, KeysError> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
    if name.is_empty() || name.len() > 64 || !name.bytes().all(plain) {
        return Err(KeysError::Name);
    }
    let secret: Zeroizing<[u8; 32]> = Zeroizing::new(random());
    store.add(ApiKey { name: name.to_owned(), hash: Hash::of(&[&*secret]), created: now }).await?;
    Ok(Zeroizing::new(b64_encode(*secret)))
}

/// The keys as a running relay knows them.
pub(crate) struct Keys {
    store: Arc<dyn KeyStore>,
    known: RwLock<HashMap<Hash, String>>,
}

impl Keys {
    /// Those of `store`.
    pub(crate) async fn open(store: Arc<dyn KeyStore>) -> Result<Self, KeysError> {
        let keys = Self { store, known: RwLock::default() };
        keys.refresh().await?;
        Ok(keys)
    }

    /// Reads them again. After an error those that were known stay.
    pub(crate) async fn refresh(&self) -> Result<(), KeysError> {
        let listed = self.store.list().await?.into_iter().map(|key| (key.hash, key.name)).collect();
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = listed;
        Ok(())
    }

    /// The name of the key with this text.
    pub(crate) fn find(&self, text: &str) -> Option<String> {
        let secret = Zeroizing::new(b64_decode(text).ok()?);
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&Hash::of(&[&secret])).cloned()
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}
