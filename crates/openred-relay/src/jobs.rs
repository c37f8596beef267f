//! What a relay does by itself: drop old mail and renew its descriptor each hour, look for changed keys of services.
//!
//! Must not know: HTTP.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use openred_service::identity::{Own, Shown};
use openred_service::lifecycle::Lifecycle;

use crate::keys::Keys;
use crate::store::MailboxStore;

const KEYS_SECS: u64 = 2;
const HOUR_SECS: u64 = 3_600;

/// What the jobs work on.
pub(crate) struct Jobs {
    pub(crate) own: Arc<Own>,
    pub(crate) data: PathBuf,
    pub(crate) shown: Arc<RwLock<Shown>>,
    pub(crate) store: Arc<dyn MailboxStore>,
    pub(crate) keys: Arc<Keys>,
}

impl Jobs {
    /// Runs until the soft stop.
    pub(crate) async fn run(self, lifecycle: Lifecycle) {
        let mut seconds: u64 = 0;
        self.hourly(&lifecycle).await;
        while !stopped_after(&lifecycle, KEYS_SECS).await {
            seconds += KEYS_SECS;
            self.refresh_keys().await;
            if seconds.is_multiple_of(HOUR_SECS) {
                self.hourly(&lifecycle).await;
            }
        }
    }

    async fn refresh_keys(&self) {
        if let Err(error) = self.keys.refresh().await {
            tracing::warn!(%error, "The keys of services cannot be read; those known before stay.");
        }
    }

    async fn hourly(&self, lifecycle: &Lifecycle) {
        let now_ms = lifecycle.clock().now_ms();
        let shown = self.shown.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Err(error) = self.own.renew(&self.data, &shown, now_ms) {
            tracing::warn!(%error, "Could not renew the descriptor; trying again in an hour.");
        }
        if let Err(error) = self.store.expire(now_ms / 1_000).await {
            tracing::warn!(%error, "Could not drop old mail; trying again in an hour.");
        }
    }
}

async fn stopped_after(lifecycle: &Lifecycle, seconds: u64) -> bool {
    tokio::select! {
        () = lifecycle.soft().cancelled() => true,
        () = tokio::time::sleep(Duration::from_secs(seconds)) => false,
    }
}
