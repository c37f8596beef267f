//! A node, put together: the only place that sees all parts.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use openred_core::envelope::Party;
use openred_service::{
    database::{Database, DatabaseUrl, OpenError},
    http_client::{AllowPrivate, HttpClient, HttpClientConfig},
    lifecycle::{FolderLock, FolderLockError, Lifecycle, PortError, listen},
    server::{ServerLimits, serve},
};
use tokio::sync::Semaphore;

use crate::{
    config::NodeConfig,
    delivery::{self, Wake},
    deps::{Deps, MeSlot},
    error::NodeError,
    events::Events,
    jobs,
    keys::{Keys, Start},
    migrations::MIGRATIONS,
    modules::{
        auth,
        chats::{self, mls::LeafSlot},
        files::{self, Files},
        profile, settings,
    },
    net::{Network, Reach, quic::QuicReach},
    router,
    seal::SealSlot,
};

/// Name of the sealed key file in the data folder.
pub const KEY_FILE: &str = "keys.sealed";
/// Name of the SQLite file in the data folder.
pub const DATABASE_FILE: &str = "node.db";
/// Name of the folder of files in the data folder.
pub const FILES_FOLDER: &str = "files";

/// Why a node does not start. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The folder cannot be made or is not writable.
    #[error("the data folder {folder} cannot be used: {source}")]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another process uses it.
    #[error(transparent)]
    Lock(#[from] FolderLockError),
    /// The port is taken.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The database does not open.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// The key process does not start.
    #[error("the keeper does not start: {0}")]
    Keeper(#[from] openred_keeper::client::SpawnError),
    /// TLS cannot be set up.
    #[error("calls to others cannot be set up: {0}")]
    Http(#[from] openred_service::http_client::HttpError),
    /// What an earlier run stored cannot be read.
    #[error("what was stored cannot be read: {0}")]
    Stored(#[from] NodeError),
}

/// A running node.
#[derive(Debug)]
pub struct Running {
    /// Where it answers.
    pub addr: SocketAddr,
    /// One-time link to set it up; none when it is set up.
    pub setup_link: Option<String>,
    /// Its handles, for tests.
    pub parts: Parts,
    _lock: FolderLock,
}

/// What the routes are made of.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Handles of the modules.
    pub deps: Deps,
    /// The network.
    pub net: Network,
    /// Log-ins and devices.
    pub auth: auth::Auth,
    /// Data folder.
    pub data: PathBuf,
    /// Host names for the app beside localhost.
    pub hosts: Arc<Vec<String>>,
    /// Where it answers.
    pub addr: SocketAddr,
    /// Where other nodes reach it, if anywhere.
    pub api_url: Option<String>,
    /// A reverse proxy on this machine is in front and ends TLS.
    pub behind_proxy: bool,
    /// Monotonic ms at start.
    pub started_ms: u64,
    /// Long polls and streams of the owner at once.
    pub streams: Arc<Semaphore>,
}

/// Starts a node. `exe` is started again as the keeper, usually `/proc/self/exe`.
///
/// # Errors
/// [`StartError`] says what is in the way.
pub async fn start(config: NodeConfig, exe: PathBuf, tasks: &Lifecycle) -> Result<Running, StartError> {
    let unusable = |source| StartError::Folder { folder: config.data.clone(), source };
    make_folder(&config.data).map_err(unusable)?;
    let lock = FolderLock::acquire(&config.data)?;
    let listener = listen(config.listen).await?;
    let addr = listener.local_addr().map_err(|cause| PortError::Refused { address: config.listen, cause })?;
    let keys = Keys::start(Start::Process { exe, key_file: config.data.join(KEY_FILE) })?;
    let url = config.database.clone().unwrap_or_else(|| DatabaseUrl::file(config.data.join(DATABASE_FILE)));
    let db = Database::open(&url, MIGRATIONS).await?;
    let deps = Deps {
        db,
        keys,
        seal: SealSlot::default(),
        leaf: LeafSlot::default(),
        clock: tasks.clock().clone(),
        tasks: tasks.clone(),
        events: Events::default(),
        me: MeSlot::default(),
        wake: Wake::default(),
        files: Files::at(config.data.join(FILES_FOLDER)),
    };
    let http = HttpClient::new(HttpClientConfig {
        allow_private: config.network.allow_private,
        ..HttpClientConfig::default()
    })?;
    let net = Network::new(deps.clone(), http, reach(&config, addr));
    net.overlay.configure(config.overlay());
    let parts = Parts {
        auth: auth::Auth::new(&deps),
        net,
        data: config.data.clone(),
        hosts: Arc::new(config.network.hosts.clone()),
        addr,
        api_url: api_url(&config, addr),
        behind_proxy: config.network.behind_proxy,
        started_ms: deps.clock.monotonic_ms(),
        streams: Arc::new(Semaphore::new(64)),
        deps,
    };
    let is_new = load(&parts, &config).await?;
    parts.deps.files.sweep(&parts.deps).await?;
    let setup_link = if is_new { Some(parts.auth.setup_link(addr)) } else { None };
    auth::cli_token::write(&parts).map_err(unusable)?;
    let limits = ServerLimits { behind_proxy: config.network.behind_proxy, ..ServerLimits::default() };
    serve(tasks, listener, router::app(parts.clone()), limits);
    jobs::spawn(&parts);
    let carrier = Arc::new(parts.net.clone());
    tasks.spawn("downloads", files::downloads::run(parts.deps.clone(), carrier.clone()));
    tasks.spawn("delivery", delivery::run(parts.deps.clone(), carrier, tasks.soft().clone()));
    tasks.spawn("chats", chats::job::run(parts.deps.clone(), tasks.soft().clone()));
    Ok(Running { addr, setup_link, parts, _lock: lock })
}

/// Reads what an earlier run stored. True when there is no identity yet.
async fn load(parts: &Parts, config: &NodeConfig) -> Result<bool, StartError> {
    let now = parts.deps.clock.now_ms();
    for directory in &config.directories {
        settings::add_directory(&parts.deps, directory, now).await?;
    }
    for relay in &config.relays {
        settings::add_relay(&parts.deps, relay, now).await?;
    }
    let names = parts.deps.db.read(profile::store::names).await.map_err(NodeError::from)?;
    let Some((node_id, username, _)) = names else { return Ok(true) };
    let node_id = node_id.parse().map_err(|_| NodeError::Internal("user_profile.node_id".to_owned()))?;
    parts.net.load().await?;
    let own = parts.net.own_descriptor().and_then(|d| d.body().api_url.clone());
    parts.deps.me.set(Party { node_id, server_url: own.unwrap_or_default(), username });
    Ok(false)
}

/// How others reach this node.
fn reach(config: &NodeConfig, addr: SocketAddr) -> Reach {
    let network = &config.network;
    let listen = network.quic.listen(addr);
    let quic = listen.map(|listen| QuicReach {
        listen,
        relay: network.quic_relay.clone(),
        allow_private: network.allow_private,
        // Nobody else reaches a socket on this machine's own address.
        lan: network.lan && !listen.ip().is_loopback(),
    });
    Reach { api_url: api_url(config, addr), quic }
}

/// Where others reach this node.
fn api_url(config: &NodeConfig, addr: SocketAddr) -> Option<String> {
    let local = (config.network.allow_private != AllowPrivate::Off).then(|| format!("http://{addr}"));
    config.network.api_url.clone().or(local)
}

fn make_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
}
