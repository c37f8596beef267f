//! What a node is started with. One struct per concern; unknown keys are refused by name.

use std::{net::SocketAddr, path::PathBuf};

use openred_service::{database::DatabaseUrl, http_client::AllowPrivate};
use serde::Deserialize;

/// Port of a node that was not told another.
pub const PORT: u16 = 7717;

/// Everything of a node.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NodeConfig {
    /// Folder with everything of this node; made when missing, 0700.
    pub data: PathBuf,
    /// Where the app and the P2P API answer.
    pub listen: SocketAddr,
    /// Database; SQLite in the data folder when absent.
    pub database: Option<DatabaseUrl>,
    /// Directories to add at start, `URL` or `URL#node_id`.
    pub directories: Vec<String>,
    /// Reachability.
    pub network: NetworkConfig,
}

/// How others reach this node, and whom it may call.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkConfig {
    /// Where other nodes reach the P2P API, for example `https://ana.example`. Absent: with `allow_private = "loopback"`
    /// the listening address, else none (this node then only calls others).
    pub api_url: Option<String>,
    /// Private addresses that may be called: `off`, `loopback`, `lan`.
    pub allow_private: AllowPrivate,
    /// Host names under which the app may be opened beside localhost.
    pub hosts: Vec<String>,
    /// A reverse proxy on this machine is in front and sets `X-Forwarded-For`.
    pub behind_proxy: bool,
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            data: PathBuf::from("openred-data"),
            listen: SocketAddr::from(([127, 0, 0, 1], PORT)),
            database: None,
            directories: Vec::new(),
            network: NetworkConfig::default(),
        }
    }
}
