//! `keys.json` in the data folder, 0600, replaced as a whole. Must not know: what keys are for.

use std::io;
use std::path::{Path, PathBuf};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use openred_service::identity::write_private;
use serde::{Deserialize, Serialize};

use super::{ApiKey, KeyStore, KeysError};
use crate::bounds::MAX_API_KEYS;

/// The keys in a file. The file is small and is read whole each time; two programs that change it at the same moment are
/// one too many.
#[derive(Clone, Debug)]
pub struct FileKeys(PathBuf);

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    keys: Vec<ApiKey>,
}

impl FileKeys {
    /// Those of the relay whose data folder is `data`.
    #[must_use]
    pub fn in_folder(data: &Path) -> Self {
        Self(data.join("keys.json"))
    }

    fn read(&self) -> Result<Listed, KeysError> {
        match std::fs::read(&self.0) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| self.error(&error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Listed::default()),
            Err(error) => Err(self.error(&error)),
        }
    }

    fn change(
        &self,
        change: impl FnOnce(&mut Vec<ApiKey>) -> Result<(), KeysError>,
    ) -> Result<(), KeysError> {
        let mut listed = self.read()?;
        change(&mut listed.keys)?;
        listed.keys.sort_by(|a, b| a.name.cmp(&b.name));
        let bytes = serde_json::to_vec_pretty(&listed).map_err(|error| self.error(&error))?;
        write_private(&self.0, &bytes).map_err(|error| self.error(&error))
    }

    fn error(&self, error: &dyn std::error::Error) -> KeysError {
        KeysError::Io(format!("{}: {error}", self.0.display()))
    }
}

impl KeyStore for FileKeys {
    fn list(&self) -> BoxFuture<'_, Result<Vec<ApiKey>, KeysError>> {
        ready(self.read().map(|listed| listed.keys)).boxed()
    }

    fn add(&self, key: ApiKey) -> BoxFuture<'_, Result<(), KeysError>> {
        let added = self.change(|keys| {
            if keys.iter().any(|held| held.name == key.name) {
                return Err(KeysError::Taken);
            }
            if keys.len() >= MAX_API_KEYS {
                return Err(KeysError::Full);
            }
            keys.push(key);
            Ok(())
        });
        ready(added).boxed()
    }

    fn revoke<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), KeysError>> {
        let revoked = self.change(|keys| {
            let before = keys.len();
            keys.retain(|key| key.name != name);
            if keys.len() == before { Err(KeysError::Unknown) } else { Ok(()) }
        });
        ready(revoked).boxed()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::super::{Keys, create};
    use super::*;

    #[tokio::test]
    async fn a_key_is_shown_once_and_kept_as_a_hash() {
        let place = tempfile::tempdir().unwrap();
        let file = FileKeys::in_folder(place.path());
        let text = create(&file, "shop-1", 7).await.unwrap();
        let path = place.path().join("keys.json");
        assert!(!std::fs::read_to_string(&path).unwrap().contains(&**text));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let keys = Keys::open(std::sync::Arc::new(file.clone())).await.unwrap();
        assert_eq!(keys.find(&text).as_deref(), Some("shop-1"));
        assert_eq!(keys.find(&text[1..]), None);
        assert!(matches!(create(&file, "shop-1", 8).await, Err(KeysError::Taken)));
        for name in ["", "Shop", "a b", &"x".repeat(65)] {
            assert!(matches!(create(&file, name, 8).await, Err(KeysError::Name)), "{name}");
        }
        file.revoke("shop-1").await.unwrap();
        assert!(matches!(file.revoke("shop-1").await, Err(KeysError::Unknown)));
        keys.refresh().await.unwrap();
        assert_eq!(keys.find(&text), None, "a revoked key opens nothing");
    }
}
