//! Start and stop of a directory: the one place that sees all its parts.
//!
//! Must not know: rules of any part.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};

use openred_core::call::ServerRole;
use openred_core::ids::NodeId;
use openred_service::database::{Database, DbError, Migration, OpenError};
use openred_service::http_client::HttpError;
use openred_service::identity::{FirstWords, KeyFileError, Opened, Own, ShowError, Shown};
use openred_service::instances::BadRedisUrl;
use openred_service::lifecycle::{self, Clock, FolderLock, FolderLockError, Lifecycle, PortError, SOFT_STOP};
use openred_service::server::{ServerLimits, serve};
use openred_service::telemetry::{DEFAULT_FILTER, set_log_filter};

use crate::bounds::{MAX_CONNECTIONS, MAX_CONNECTIONS_PER_PREFIX};
use crate::config::{Config, Server};
use crate::counters::Counters;
use crate::gate::Gate;
use crate::grants::push::{self, Pusher};
use crate::grants::{Grants, Issuer};
use crate::http::{Parts, router};
use crate::instances::{self, Instances};
use crate::jobs::Jobs;
use crate::nodes::{NODES, Nodes, Writers};
use crate::oauth::{Guard, Keyring, TOKEN_KEYS};
use crate::routes::Courier;

/// Every step of the schema.
const MIGRATIONS: &[Migration] = &[NODES, TOKEN_KEYS];

/// Why a directory did not start. The text is for the person who started it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another process uses the data folder, or it cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderLockError),
    /// The key file cannot be read, written or understood, or the configured name does not fit.
    #[error(transparent)]
    Identity(#[from] KeyFileError),
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database does not answer.
    #[error(transparent)]
    Database(#[from] DbError),
    /// `redis` is no address of a Redis server.
    #[error(transparent)]
    Redis(#[from] BadRedisUrl),
    /// Several processes, and a database for one.
    #[error(
        "[storage] redis is for several processes of one directory: they need a PostgreSQL database in common"
    )]
    RedisWithoutPostgres,
    /// The port is taken or refused.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The client for pushes and forwarded envelopes cannot be set up.
    #[error(transparent)]
    Client(#[from] HttpError),
    /// The recovery words could not be shown or written: nobody would have them.
    #[error(transparent)]
    Words(#[from] ShowError),
}

/// A directory that can be started.
#[derive(Debug)]
pub struct Directory;

/// A directory at work. Dropping it stops it at once; [`Running::stop`] lets it finish.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Its id, dir_id.
    pub node_id: NodeId,
    /// 24 words, once, when the identity is brand new: show them to the owner and forget them.
    pub first_words: Option<FirstWords>,
    lifecycle: Lifecycle,
    database: Database,
    reload: Reload,
    _folder: FolderLock,
}

/// What may be changed while it runs.
#[derive(Debug)]
struct Reload {
    config: Config,
    own: Arc<Own>,
    shown: Arc<RwLock<Shown>>,
    gate: Arc<Gate>,
}

/// Runs a directory until the lifecycle stops it (signals included). Shows the recovery words of a new identity on
/// the terminal, or writes them to a 0600 file in the data folder where there is none. At SIGHUP it asks `configuration` and
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
    let data = config.storage.data.clone();
    let mut running = Directory::start_with(config, lifecycle.clone()).await?;
    if let Some(words) = running.first_words.take() {
        words.show(&data, "directory")?;
    }
    tracing::info!(address = %running.addr, directory = %running.node_id, "The directory is open.");
    let mut hangups = lifecycle::Hangups::listen();
    let (addr, reload) = (running.addr, &mut running.reload);
    let reloads = async {
        loop {
            hangups.next().await;
            match configuration() {
                Ok(config) => reload.apply(config, lifecycle.clock().now_ms()),
                Err(error) => {
                    tracing::error!(%error, "The configuration cannot be read; nothing was changed.")
                }
            }
        }
    };
    // Signals are heard before anybody is told that we are ready.
    let until_stopped = async {
        tokio::join!(lifecycle.run_until_stopped(SOFT_STOP), async {
            opened(addr);
            lifecycle::systemd_ready();
        })
    };
    tokio::select! {
        _ = until_stopped => {}
        () = reloads => {}
    }
    running.database.close().await;
    Ok(())
}

impl Directory {
    /// Starts a directory by the system's clock.
    ///
    /// # Errors
    /// As [`StartError`] says.
    pub async fn start(config: Config) -> Result<Running, StartError> {
        Self::start_with(config, Lifecycle::new(Clock::System)).await
    }

    /// Starts a directory under `lifecycle`, whose clock it uses.
    ///
    /// # Errors
    /// As [`StartError`] says.
    pub async fn start_with(config: Config, lifecycle: Lifecycle) -> Result<Running, StartError> {
        let url = config.storage.database_url();
        if config.storage.redis.is_some() && !url.is_postgres() {
            return Err(StartError::RedisWithoutPostgres);
        }
        let data = config.storage.data.clone();
        let folder = FolderLock::acquire(&data)?;
        let shown = shown(&config);
        let Opened { own, first_words } = Own::open(&data, &shown, lifecycle.clock().now_ms())?;
        let database = Database::open(&url, MIGRATIONS).await?;
        let listener = lifecycle::listen(config.server.listen).await?;
        let node_id = own.node_id();
        let parts = assemble(&config, own, database.clone(), &lifecycle).await?;
        let shown = Arc::new(RwLock::new(shown));
        let reload = Reload {
            config: config.clone(),
            own: Arc::clone(&parts.own),
            shown: Arc::clone(&shown),
            gate: Arc::clone(&parts.gate),
        };
        let jobs = Jobs {
            own: Arc::clone(&parts.own),
            data,
            shown,
            nodes: Arc::clone(&parts.nodes),
            grants: Arc::clone(&parts.grants),
            gate: Arc::clone(&parts.gate),
        };
        lifecycle.spawn("directory jobs", jobs.run(lifecycle.clone()));
        let addr = listener
            .local_addr()
            .map_err(|cause| PortError::Refused { address: config.server.listen, cause })?;
        serve(&lifecycle, listener, router(parts), server_limits(&config));
        Ok(Running { addr, node_id, first_words, lifecycle, database, reload, _folder: folder })
    }
}

impl Reload {
    /// Takes over what can be changed, and says what cannot.
    fn apply(&mut self, config: Config, now_ms: u64) {
        let fixed = |config: &Config| {
            let Server { listen, behind_proxy, .. } = config.server;
            format!("{:?}", (listen, behind_proxy, &config.storage, &config.tokens, &config.network))
        };
        if fixed(&config) != fixed(&self.config) {
            tracing::warn!(
                "listen, behind_proxy, [storage], [tokens] and [network] are changed by a restart only."
            );
        }
        self.gate.set_limits(&config.limits);
        let filter = config.server.log_filter.as_deref().unwrap_or(DEFAULT_FILTER);
        if let Err(error) = set_log_filter(filter) {
            tracing::error!(%error, "The log says what it said.");
        }
        let wished = shown(&config);
        match self.own.renew(&self.config.storage.data, &wished, now_ms) {
            Ok(()) => *self.shown.write().unwrap_or_else(PoisonError::into_inner) = wished,
            Err(error) => tracing::error!(%error, "name and public_url stay as they were."),
        }
        tracing::info!("The configuration was read again: name, public_url, limits, log.");
    }
}

fn shown(config: &Config) -> Shown {
    Shown {
        role: ServerRole::Directory,
        name: config.server.name.clone(),
        public_url: config.server.public_url.clone(),
    }
}

impl Running {
    /// Takes over what can be changed of `config`, as at SIGHUP.
    pub fn reload(&mut self, config: Config) {
        let now_ms = self.lifecycle.clock().now_ms();
        self.reload.apply(config, now_ms);
    }

    /// Finishes what is begun and stops. `true`: everything ended in time.
    pub async fn stop(self) -> bool {
        let all = self.lifecycle.shut_down().await;
        self.database.close().await;
        all
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.lifecycle.stop_now();
    }
}

/// Most connections are polls that wait.
fn server_limits(config: &Config) -> ServerLimits {
    ServerLimits {
        connections_max: MAX_CONNECTIONS,
        connections_per_prefix_max: MAX_CONNECTIONS_PER_PREFIX,
        behind_proxy: config.server.behind_proxy,
        ..ServerLimits::default()
    }
}

async fn assemble(
    config: &Config,
    own: Own,
    database: Database,
    lifecycle: &Lifecycle,
) -> Result<Parts, StartError> {
    let own = Arc::new(own);
    let counters = Arc::new(Counters::default());
    let clock = lifecycle.clock().clone();
    let redis = config.storage.redis.as_ref();
    let (others, heard) = redis.map(|url| Instances::start(url, &own, &clock)).transpose()?.unzip();
    let writers = if config.storage.database_url().is_postgres() {
        Writers::Several(others.clone())
    } else {
        Writers::ThisProcess
    };
    let nodes = Arc::new(Nodes::open(database.clone(), writers, clock.clone()).await?);
    let (pushes, jobs) = push::queue();
    let issuer = Issuer::new(Arc::clone(&own), config.tokens.mode);
    let grants = Arc::new(Grants::new(
        issuer,
        Arc::clone(&nodes),
        Arc::clone(&counters),
        pushes,
        others.clone(),
        lifecycle.clone(),
    ));
    if let Some((others, heard)) = others.clone().zip(heard) {
        let (deliverer, parts) = (Arc::clone(&grants), (Arc::clone(&grants), Arc::clone(&nodes)));
        lifecycle
            .spawn("directory says", instances::deliver(Arc::clone(&others), deliverer, lifecycle.clone()));
        lifecycle.spawn("directory hears", instances::receive(heard, others, parts, lifecycle.clone()));
    }
    let pusher = Pusher::new(own.node_id(), &grants, config.network.allow_private)?;
    lifecycle.spawn("directory pushes", pusher.run(jobs, lifecycle.clone()));
    let gate = Arc::new(Gate::new(clock, &config.limits, others, Arc::clone(&counters)));
    let keyring = Keyring::new(Arc::clone(&own), database);
    let guard =
        Guard::new(Arc::clone(&own), keyring, Arc::clone(&nodes), Arc::clone(&gate), Arc::clone(&counters));
    let courier = Courier::new(config.network.allow_private, Arc::clone(&counters))?;
    let (guard, courier) = (Arc::new(guard), Arc::new(courier));
    Ok(Parts { own, nodes, grants, gate, guard, courier, counters, mode: config.tokens.mode })
}
