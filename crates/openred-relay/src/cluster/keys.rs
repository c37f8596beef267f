//! Keys of services in the database, the same for all processes of a relay. Must not know: SQL, what a key may do.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use openred_core::ids::Hash;

use super::pool::{Database, OpenError};
use super::settings::ClusterSettings;
use crate::bounds::MAX_API_KEYS;
use crate::keys::{ApiKey, KeyStore, KeysError};
use crate::mailbox::Refusal;

/// The keys in the database of a relay.
#[derive(Clone, Debug)]
pub struct ClusterKeys(Arc<Database>);

impl ClusterKeys {
    /// Connects, without the mail.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(settings: &ClusterSettings) -> Result<Self, OpenError> {
        Ok(Self(Arc::new(Database::open(settings).await?)))
    }

    pub(super) fn of(database: Arc<Database>) -> Self {
        Self(database)
    }

    async fn listed(&self) -> Result<Vec<ApiKey>, KeysError> {
        let rows = self.0.list_keys().await.map_err(away)?;
        let key = |(name, hash, created): (_, Vec<u8>, _)| {
            Some(ApiKey { name, hash: Hash::from_slice(&hash)?, created })
        };
        Ok(rows.into_iter().filter_map(key).collect())
    }
}

impl KeyStore for ClusterKeys {
    fn list(&self) -> BoxFuture<'_, Result<Vec<ApiKey>, KeysError>> {
        self.listed().boxed()
    }

    fn add(&self, key: ApiKey) -> BoxFuture<'_, Result<(), KeysError>> {
        async move {
            let added =
                self.0.add_key(&key.name, &key.hash.0, key.created, MAX_API_KEYS).await.map_err(away)?;
            if added {
                return Ok(());
            }
            let taken = self.listed().await?.iter().any(|held| held.name == key.name);
            Err(if taken { KeysError::Taken } else { KeysError::Full })
        }
        .boxed()
    }

    fn revoke<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), KeysError>> {
        async move {
            let revoked = self.0.revoke_key(name).await.map_err(away)?;
            if revoked { Ok(()) } else { Err(KeysError::Unknown) }
        }
        .boxed()
    }
}

fn away(refusal: Refusal) -> KeysError {
    KeysError::Io(format!("the database: {refusal}"))
}
