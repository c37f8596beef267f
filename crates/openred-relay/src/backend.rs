//! Where mail lies and who else keeps it, by configuration: files of this process, or a database that several share.
//!
//! Must not know: what is done with mail.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::ready;
use openred_service::identity::Own;

use crate::alone::Alone;
use crate::cluster::{self, ClusterKeys, ClusterSettings, ClusterStore, RedisInstances, RedisSettings};
use crate::config::Config;
use crate::embedded::{EmbeddedStore, Settings};
use crate::instances::Instances;
use crate::keys::{FileKeys, KeyStore};
use crate::reload::SetQuotas;
use crate::start::StartError;
use crate::store::MailboxStore;

/// What the secret that hashes ids in Redis is derived for.
const REDIS_LABEL: &str = "openred/relay redis names";

/// What a relay works on.
pub(crate) struct Backend {
    pub(crate) store: Arc<dyn MailboxStore>,
    pub(crate) instances: Arc<dyn Instances>,
    pub(crate) keys: Arc<dyn KeyStore>,
    pub(crate) quotas: SetQuotas,
    /// Other processes may use the same store.
    pub(crate) shared: bool,
}

/// Opens what the configuration names.
pub(crate) async fn open(config: &Config, own: &Own) -> Result<Backend, StartError> {
    match config.cluster() {
        Some(settings) => in_database(settings, config, own).await,
        None if config.storage.redis.is_some() || !config.storage.replicas.is_empty() => {
            Err(StartError::NoDatabase)
        }
        None => in_files(config).await,
    }
}

/// The keys of services of a relay with this configuration, whether it runs or not.
///
/// # Errors
/// [`OpenError`](cluster::OpenError): its database cannot be used.
pub async fn key_store(config: &Config) -> Result<Arc<dyn KeyStore>, cluster::OpenError> {
    Ok(match config.cluster() {
        Some(settings) => Arc::new(ClusterKeys::open(&settings).await?),
        None => Arc::new(FileKeys::in_folder(&config.storage.data)),
    })
}

async fn in_files(config: &Config) -> Result<Backend, StartError> {
    let data = &config.storage.data;
    let settings = Settings { quotas: config.quotas.clone(), ..Settings::new(data.join("mail")) };
    let store = EmbeddedStore::open(settings).await?;
    let changed = store.clone();
    Ok(Backend {
        store: Arc::new(store),
        instances: Arc::new(Alone::default()),
        keys: Arc::new(FileKeys::in_folder(data)),
        quotas: Box::new(move |quotas| {
            let store = changed.clone();
            async move { store.set_quotas(quotas).await }.boxed()
        }),
        shared: false,
    })
}

async fn in_database(settings: ClusterSettings, config: &Config, own: &Own) -> Result<Backend, StartError> {
    let store = Arc::new(ClusterStore::open(settings).await?);
    let instances: Arc<dyn Instances> = match &config.storage.redis {
        Some(url) => Arc::new(RedisInstances::start(&RedisSettings {
            url: url.clone(),
            relay_id: own.node_id(),
            secret: own.secret_for(REDIS_LABEL),
        })?),
        None => {
            tracing::warn!(
                "No redis is configured: this process alone may use the database. With several, mail would be \
                 noticed late, and limits and used signatures would be counted by each for itself."
            );
            Arc::new(Alone::default())
        }
    };
    let keys = Arc::new(store.keys());
    let changed = Arc::clone(&store);
    Ok(Backend {
        store,
        instances,
        keys,
        quotas: Box::new(move |quotas| {
            changed.set_quotas(quotas);
            ready(Ok(())).boxed()
        }),
        shared: true,
    })
}
