//! What of a relay's configuration may change while it runs.
//!
//! Must not know: where the configuration comes from.

use std::sync::{Arc, PoisonError, RwLock};

use futures_util::future::BoxFuture;
use openred_core::call::ServerRole;
use openred_service::identity::{Own, Shown};
use openred_service::lifecycle::Clock;
use openred_service::telemetry::{DEFAULT_FILTER, set_log_filter};

use crate::config::{Config, Server};
use crate::gate::Gate;
use crate::keys::Keys;
use crate::mailbox::{Quotas, Refusal};
use crate::quic::QuicRelay;
use crate::store::MailboxStore;

/// Gives a store other limits.
pub(crate) type SetQuotas = Box<dyn Fn(Quotas) -> BoxFuture<'static, Result<(), Refusal>> + Send + Sync>;

/// What may be changed while it runs.
pub(crate) struct Reload {
    /// What it was started with.
    pub(crate) config: Config,
    pub(crate) own: Arc<Own>,
    pub(crate) shown: Arc<RwLock<Shown>>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) store: Arc<dyn MailboxStore>,
    pub(crate) quotas: SetQuotas,
    pub(crate) quic: Option<Arc<QuicRelay>>,
}

impl Reload {
    /// Takes over what can be changed, and says what cannot.
    pub(crate) async fn apply(&mut self, config: Config, clock: &Clock) {
        let fixed = |server: &Server| (server.listen, server.behind_proxy, server.drain_secs);
        if fixed(&config.server) != fixed(&self.config.server) || config.storage != self.config.storage {
            tracing::warn!("listen, behind_proxy, drain_secs and [storage] are changed by a restart only.");
        }
        if config.quic.serve != self.config.quic.serve {
            tracing::warn!("serve of [quic] is changed by a restart only.");
        }
        if let Some(quic) = &self.quic {
            quic.set(config.quic.clone());
        }
        self.gate.set_limits(config.limits.clone());
        if let Err(error) = (self.quotas)(config.quotas.clone()).await {
            tracing::error!(%error, "The quotas stay as they were.");
        }
        if let Err(error) = self.keys.refresh().await {
            tracing::error!(%error, "The keys of services cannot be read; those known before stay.");
        }
        let filter = config.server.log_filter.as_deref().unwrap_or(DEFAULT_FILTER);
        if let Err(error) = set_log_filter(filter) {
            tracing::error!(%error, "The log says what it said.");
        }
        let wished = shown(&config);
        match self.own.renew(&self.config.storage.data, &wished, clock.now_ms()) {
            Ok(()) => *self.shown.write().unwrap_or_else(PoisonError::into_inner) = wished,
            Err(error) => tracing::error!(%error, "name and public_url stay as they were."),
        }
        tracing::info!(
            "The configuration was read again: name, public_url, quotas, limits, quic, keys of services."
        );
    }
}

/// What the descriptor says by this configuration.
pub(crate) fn shown(config: &Config) -> Shown {
    Shown {
        role: ServerRole::Relay,
        name: config.server.name.clone(),
        public_url: config.server.public_url.clone(),
    }
}

impl std::fmt::Debug for Reload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reload")
    }
}
