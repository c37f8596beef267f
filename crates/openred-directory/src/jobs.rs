//! What a directory does by itself: drop old wishes each second, write who was seen each minute, trim tables and
//! renew its descriptor each hour.
//!
//! Must not know: HTTP.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use openred_service::identity::{Own, Shown};
use openred_service::lifecycle::Lifecycle;

use crate::gate::Gate;
use crate::grants::Grants;
use crate::nodes::Nodes;

/// What the jobs work on.
#[derive(Debug)]
pub(crate) struct Jobs {
    pub(crate) own: Arc<Own>,
    pub(crate) data: PathBuf,
    pub(crate) shown: Arc<RwLock<Shown>>,
    pub(crate) nodes: Arc<Nodes>,
    pub(crate) grants: Arc<Grants>,
    pub(crate) gate: Arc<Gate>,
}

impl Jobs {
    /// Runs until the soft stop; writes then once more who was seen.
    pub(crate) async fn run(self, lifecycle: Lifecycle) {
        let mut seconds: u64 = 0;
        self.hourly(&lifecycle).await;
        while !stopped_after_a_second(&lifecycle).await {
            seconds += 1;
            self.grants.expire();
            if seconds.is_multiple_of(60) {
                self.gate.trim();
                self.write_seen().await;
            }
            if seconds.is_multiple_of(3_600) {
                self.hourly(&lifecycle).await;
            }
        }
        self.write_seen().await;
    }

    async fn write_seen(&self) {
        if let Err(error) = self.nodes.write_seen().await {
            tracing::warn!(%error, "Could not write which nodes were seen; trying again in a minute.");
        }
    }

    async fn hourly(&self, lifecycle: &Lifecycle) {
        let shown = self.shown.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Err(error) = self.own.renew(&self.data, &shown, lifecycle.clock().now_ms()) {
            tracing::warn!(%error, "Could not renew the descriptor; trying again in an hour.");
        }
        if let Err(error) = self.nodes.trim(lifecycle.clock().now_s()).await {
            tracing::warn!(%error, "Could not trim the tables; trying again in an hour.");
        }
    }
}

async fn stopped_after_a_second(lifecycle: &Lifecycle) -> bool {
    tokio::select! {
        () = lifecycle.soft().cancelled() => true,
        () = tokio::time::sleep(Duration::from_secs(1)) => false,
    }
}
