//! What every endpoint of the owner's API is given: handles, and where this node stands. No rules.

use std::{path::PathBuf, sync::Arc};

use openred_keeper::keyfile::KdfCost;
use tokio::sync::Semaphore;

use crate::{deps::Deps, modules::auth::Auth, modules::contacts::search::Found, net::Network, node::Parts};

/// State of the owner's API: one pointer, because every layer of the router clones it for each request.
#[derive(Debug, Clone)]
pub struct Api(Arc<Handles>);

/// What it points to.
#[derive(Debug)]
pub struct Handles {
    /// Tables, keys, clock, events.
    pub deps: Deps,
    /// The network.
    pub net: Network,
    /// Who is logged in.
    pub auth: Auth,
    /// Where this node stands.
    pub place: Arc<Place>,
    /// Who was found in directories of late.
    pub found: Found,
    /// Streams of events at once.
    pub streams: Arc<Semaphore>,
}

/// Where the node stands: fixed at start.
#[derive(Debug, Clone)]
pub struct Place {
    /// Port of the listener.
    pub port: u16,
    /// Names that the node answers to beside `localhost` and the loopback addresses; without port, lower case.
    pub names: Vec<String>,
    /// Public address of the P2P API, when there is one.
    pub api_url: Option<String>,
    /// A reverse proxy on this machine ends TLS and says so in `X-Forwarded-Proto`.
    pub behind_proxy: bool,
    /// The data folder; none in memory.
    pub folder: Option<PathBuf>,
    /// Cost of the passphrase slot; [`KdfCost::standard`] outside tests.
    pub kdf: KdfCost,
    /// Of the program.
    pub version: &'static str,
    /// `Clock::monotonic_ms` at start.
    pub started_ms: u64,
}

impl std::ops::Deref for Api {
    type Target = Handles;

    fn deref(&self) -> &Handles {
        &self.0
    }
}

impl From<Handles> for Api {
    fn from(handles: Handles) -> Self {
        Self(Arc::new(handles))
    }
}

impl Api {
    /// Of a running node.
    pub fn of(parts: &Parts) -> Self {
        let own_name =
            parts.api_url.as_deref().and_then(|url| url::Url::parse(url).ok()?.host_str().map(str::to_owned));
        let place = Place {
            port: parts.addr.port(),
            names: parts
                .hosts
                .iter()
                .cloned()
                .chain(own_name)
                .map(|name| name.to_ascii_lowercase())
                .collect(),
            api_url: parts.api_url.clone(),
            behind_proxy: parts.behind_proxy,
            folder: Some(parts.data.clone()),
            kdf: KdfCost::standard(),
            version: env!("CARGO_PKG_VERSION"),
            started_ms: parts.started_ms,
        };
        Self::from(Handles {
            deps: parts.deps.clone(),
            net: parts.net.clone(),
            auth: parts.auth.clone(),
            place: Arc::new(place),
            found: Found::default(),
            streams: parts.streams.clone(),
        })
    }
}
