//! Start, reload and stop of a relay: the one place that sees all its parts.
//!
//! Must not know: rules of any part.

use std::net::SocketAddr;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use openred_core::ids::NodeId;
use openred_service::identity::{FirstWords, KeyFileError, Opened, Own, ShowError};
use openred_service::lifecycle::{self, Clock, FolderLock, FolderLockError, Lifecycle, PortError, SOFT_STOP};
use openred_service::server::{ServerLimits, serve};
use tokio::sync::Semaphore;

use crate::backend::{Backend, open};
use crate::bounds::{MAX_CONNECTIONS, MAX_CONNECTIONS_PER_PREFIX, MAX_FETCHES_WAITING, MAX_STREAMS};
use crate::cluster::{self, BadRedisUrl};
use crate::config::Config;
use crate::counters::Counters;
use crate::embedded::OpenError;
use crate::gate::Gate;
use crate::http::{Parts, router};
use crate::intake::Intake;
use crate::jobs::Jobs;
use crate::keys::{Keys, KeysError};
use crate::presence::Presence;
use crate::quic::QuicRelay;
use crate::reload::{Reload, SetQuotas, shown};
use crate::waits::Waits;

/// How long streams may take to flush and close.
const DRAIN_MAX: Duration = Duration::from_secs(10);
/// How long a soft stop may take: the drain, which is bounded by itself but for `drain_secs`, and the tasks.
fn stop_max(drain_secs: u64) -> Duration {
    SOFT_STOP + DRAIN_MAX * 2 + Duration::from_secs(drain_secs)
}

/// Why a relay did not start. The text is for the person who started it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another process uses the data folder, or it cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderLockError),
    /// The key file cannot be read, written or understood, or the configured name does not fit.
    #[error(transparent)]
    Identity(#[from] KeyFileError),
    /// The mail cannot be opened.
    #[error(transparent)]
    Mail(#[from] OpenError),
    /// The database cannot be used for mail.
    #[error(transparent)]
    Database(#[from] cluster::OpenError),
    /// The address of Redis is none.
    #[error(transparent)]
    Redis(#[from] BadRedisUrl),
    /// `redis` or `replicas` without `database`: say where mail lies, or leave them out.
    #[error(
        "[storage] has redis or replicas but no database: without one, mail lies in files of this process alone"
    )]
    NoDatabase,
    /// The keys of services cannot be read.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The port is taken or refused.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The recovery words could not be shown or written: nobody would have them.
    #[error(transparent)]
    Words(#[from] ShowError),
}

/// A relay that can be started.
#[derive(Debug)]
pub struct Relay;

/// A relay at work. Dropping it stops it at once; [`Running::stop`] lets it finish.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Its id, relay_id.
    pub node_id: NodeId,
    /// 24 words, once, when the identity is brand new: show them to the owner and forget them.
    pub first_words: Option<FirstWords>,
    /// Told to stop by whoever started it: the relay drains.
    outer: Lifecycle,
    /// Parent of all its tasks: stopped when it has drained.
    inner: Lifecycle,
    reload: Reload,
    _folder: FolderLock,
}

/// What stays open until the relay stops.
struct Connected {
    streams: Arc<Semaphore>,
    quic: Option<Arc<QuicRelay>>,
}

/// Runs a relay until the lifecycle stops it (signals included). Shows the recovery words of a new identity on the
/// terminal, or writes them to a 0600 file in the data folder where there is none. At SIGHUP it asks `configuration` and
/// takes over what can be changed. `opened` is told where it answers: with port 0 only the system knows.
///
/// # Errors
/// As [`StartError`] says; nothing was left running.
pub async fn run(
    config: Config,
    configuration: impl Fn() -> Result<Config, String>,
    lifecycle: Lifecycle,
    opened: impl FnOnce(SocketAddr),
) -> Result<(), StartError> {
    let (data, drain_secs) = (config.storage.data.clone(), config.server.drain_secs);
    let mut running = Relay::start_with(config, lifecycle.clone()).await?;
    if let Some(words) = running.first_words.take() {
        words.show(&data, "relay")?;
    }
    tracing::info!(address = %running.addr, relay = %running.node_id, "The relay is open.");
    let mut hangups = lifecycle::Hangups::listen();
    let (addr, reload) = (running.addr, &mut running.reload);
    let reloads = async {
        loop {
            hangups.next().await;
            match configuration() {
                Ok(config) => reload.apply(config, lifecycle.clock()).await,
                Err(error) => {
                    tracing::error!(%error, "The configuration cannot be read; nothing was changed.")
                }
            }
        }
    };
    // Signals are heard before anybody is told that we are ready.
    let until_stopped = async {
        tokio::join!(lifecycle.run_until_stopped(stop_max(drain_secs)), async {
            opened(addr);
            lifecycle::systemd_ready();
        })
    };
    tokio::select! {
        _ = until_stopped => {}
        () = reloads => {}
    }
    running.reload.store.close().await;
    Ok(())
}

impl Relay {
    /// Starts a relay by the system's clock.
    ///
    /// # Errors
    /// As [`StartError`] says.
    pub async fn start(config: Config) -> Result<Running, StartError> {
        Self::start_with(config, Lifecycle::new(Clock::System)).await
    }

    /// Starts a relay that ends with `outer`, whose clock it uses.
    ///
    /// # Errors
    /// As [`StartError`] says.
    pub async fn start_with(config: Config, outer: Lifecycle) -> Result<Running, StartError> {
        let data = config.storage.data.clone();
        let folder = FolderLock::acquire(&data)?;
        let shown = shown(&config);
        let clock = outer.clock().clone();
        let Opened { own, first_words } = Own::open(&data, &shown, clock.now_ms())?;
        let own = Arc::new(own);
        let backend = open(&config, &own).await?;
        let listener = lifecycle::listen(config.server.listen).await?;
        let addr = listener
            .local_addr()
            .map_err(|cause| PortError::Refused { address: config.server.listen, cause })?;
        let inner = Lifecycle::new(clock);
        let (parts, quotas) = assemble(&config, &own, backend, (&outer, &inner)).await?;
        let shown = Arc::new(RwLock::new(shown));
        let reload = Reload {
            own: Arc::clone(&own),
            shown: Arc::clone(&shown),
            gate: Arc::clone(&parts.gate),
            keys: Arc::clone(&parts.keys),
            store: Arc::clone(&parts.store),
            quotas,
            quic: parts.quic.clone(),
            config: config.clone(),
        };
        let jobs = Jobs { own, data, shown, store: Arc::clone(&parts.store), keys: Arc::clone(&parts.keys) };
        inner.spawn("relay jobs", jobs.run(inner.clone()));
        let connected = Connected { streams: Arc::clone(&parts.streams), quic: parts.quic.clone() };
        serve(&inner, listener, router(parts), server_limits(&config));
        outer.spawn("relay drain", drain(outer.clone(), inner.clone(), connected, config.server.drain_secs));
        let node_id = reload.own.node_id();
        Ok(Running { addr, node_id, first_words, outer, inner, reload, _folder: folder })
    }
}

async fn assemble(
    config: &Config,
    own: &Arc<Own>,
    Backend { store, instances, keys, quotas, shared: shared_store }: Backend,
    (outer, inner): (&Lifecycle, &Lifecycle),
) -> Result<(Parts, SetQuotas), StartError> {
    let counters = Arc::new(Counters::default());
    let gate = Arc::new(Gate::new(
        own.node_id(),
        outer.clock().clone(),
        config.limits.clone(),
        (Arc::clone(&store), Arc::clone(&instances)),
        Arc::clone(&counters),
        outer.soft().clone(),
    ));
    let intake = Intake {
        store: Arc::clone(&store),
        instances: Arc::clone(&instances),
        gate: Arc::clone(&gate),
        counters: Arc::clone(&counters),
        waits: Arc::new(Waits::new(outer.clock().clone())),
    };
    let parts = Parts {
        own: Arc::clone(own),
        presence: Arc::new(Presence::new(Arc::clone(&instances))),
        keys: Arc::new(Keys::open(keys).await?),
        lifecycle: inner.clone(),
        streams: Arc::new(Semaphore::new(MAX_STREAMS)),
        waiting: Semaphore::new(MAX_FETCHES_WAITING),
        quic: config.quic.serve.then(|| Arc::new(QuicRelay::new(config.quic.clone(), outer.clock().clone()))),
        store,
        instances,
        gate,
        counters,
        intake,
        shared_store,
    };
    Ok((parts, quotas))
}

/// Told to stop, the relay goes on answering for as long as the owner wishes and until its streams have closed; only then
/// its tasks stop.
async fn drain(outer: Lifecycle, inner: Lifecycle, connected: Connected, drain_secs: u64) {
    tokio::select! {
        () = outer.soft().cancelled() => {}
        // One of its tasks has panicked: a relay does not go on without a part.
        () = inner.soft().cancelled() => outer.stop(),
    }
    tokio::time::sleep(Duration::from_secs(drain_secs)).await;
    let Connected { streams, quic } = connected;
    if let Some(quic) = quic
        && tokio::time::timeout(DRAIN_MAX, quic.shut_down()).await.is_err()
    {
        tracing::warn!("Some clients of the QUIC relay did not leave in time.");
    }
    let all = u32::try_from(MAX_STREAMS).unwrap_or(u32::MAX);
    if tokio::time::timeout(DRAIN_MAX, streams.acquire_many(all)).await.is_err() {
        tracing::warn!("Some streams did not close in time.");
    }
    inner.shut_down().await;
}

impl Running {
    /// Takes over what can be changed of `config`, as at SIGHUP.
    pub async fn reload(&mut self, config: Config) {
        let clock = self.outer.clock().clone();
        self.reload.apply(config, &clock).await;
    }

    /// Begins the stop: `/health` answers 503 and streams are closed. [`stop`](Self::stop) waits for the end.
    pub fn drain(&self) {
        self.outer.stop();
    }

    /// Finishes what is begun and stops. `true`: everything ended in time.
    pub async fn stop(self) -> bool {
        self.outer.stop();
        let all = self.outer.run_until_stopped(stop_max(self.reload.config.server.drain_secs)).await;
        self.reload.store.close().await;
        all
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.outer.stop_now();
        self.inner.stop_now();
    }
}

/// Most connections wait for mail.
fn server_limits(config: &Config) -> ServerLimits {
    ServerLimits {
        connections_max: MAX_CONNECTIONS,
        connections_per_prefix_max: MAX_CONNECTIONS_PER_PREFIX,
        behind_proxy: config.server.behind_proxy,
        ..ServerLimits::default()
    }
}
