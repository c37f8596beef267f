//! What a node is started with. One struct per concern; unknown keys are refused by name.

use std::{net::SocketAddr, path::PathBuf};

use openred_service::{database::DatabaseUrl, http_client::AllowPrivate};
use serde::Deserialize;

use crate::net::overlay::{Beginning, OverlayConfig};

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
    /// Relays that keep this node's mail while it is away, to add at start, `URL` or `URL#node_id`; at most 4.
    pub relays: Vec<String>,
    /// Reachability.
    pub network: NetworkConfig,
    /// What travels from neighbour to neighbour.
    pub overlay: OverlayConfig,
}

impl NodeConfig {
    /// The overlay's part, with what `[network]` says of it.
    pub fn overlay(&self) -> OverlayConfig {
        OverlayConfig {
            bootstrap: self.network.bootstrap.clone(),
            allow_private: self.network.allow_private != AllowPrivate::Off,
            ..self.overlay.clone()
        }
    }
}

/// How others reach this node, and whom it may call.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkConfig {
    /// Where other nodes reach the P2P API, for example `https://ana.example`. Absent: with `allow_private = "loopback"`
    /// the listening address, else none (this node then only calls others).
    pub api_url: Option<String>,
    /// Private addresses that may be called: `off`, `loopback`, `lan`.
    pub allow_private: AllowPrivate,
    /// UDP address at which QUIC answers, or `off`. Absent: the port of `listen`.
    pub quic: Quic,
    /// URL of a relay for where no direct QUIC path is found, for example `https://relay.example`. No other is used.
    pub quic_relay: Option<String>,
    /// Friends in the local network are found without any server (mDNS), where QUIC answers at an address of it.
    pub lan: bool,
    /// Nodes through which the overlay is entered when nobody else is known, `URL#node_id`.
    pub bootstrap: Vec<Beginning>,
    /// Host names under which the app may be opened beside localhost.
    pub hosts: Vec<String>,
    /// A reverse proxy on this machine is in front and sets `X-Forwarded-For`.
    pub behind_proxy: bool,
}

impl Default for NetworkConfig {
    fn default() -> Self {
        Self {
            api_url: None,
            allow_private: AllowPrivate::default(),
            quic: Quic::default(),
            quic_relay: None,
            lan: true,
            bootstrap: Vec::new(),
            hosts: Vec::new(),
            behind_proxy: false,
        }
    }
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            data: PathBuf::from("openred-data"),
            listen: SocketAddr::from(([127, 0, 0, 1], PORT)),
            database: None,
            directories: Vec::new(),
            relays: Vec::new(),
            network: NetworkConfig::default(),
            overlay: OverlayConfig::default(),
        }
    }
}

/// Where QUIC answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Quic {
    /// The UDP port with the number of `listen`, at the same address.
    #[default]
    AsListen,
    /// There.
    At(SocketAddr),
    /// Nowhere: HTTPS only.
    Off,
}

impl Quic {
    /// The UDP address, for an HTTP server at `http`.
    pub fn listen(self, http: SocketAddr) -> Option<SocketAddr> {
        match self {
            Self::AsListen => Some(http),
            Self::At(address) => Some(address),
            Self::Off => None,
        }
    }
}

impl<'de> Deserialize<'de> for Quic {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        if text == "off" {
            return Ok(Self::Off);
        }
        let said = "expected an address as `0.0.0.0:7717`, or `off`";
        text.parse().map(Self::At).map_err(|_| serde::de::Error::custom(said))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_to_begin_with_is_named_with_its_id() {
        let read = |text: &str| serde_json::from_str::<NetworkConfig>(text).map(|config| config.bootstrap);
        let id = "8f".repeat(32);
        let named = read(&format!(r#"{{"bootstrap": ["https://chloe.example/x#{id}"]}}"#)).unwrap();
        assert_eq!((named[0].url.as_str(), named[0].node_id.to_string()), ("https://chloe.example/x", id));
        for wrong in
            [r#"{"bootstrap": ["https://chloe.example"]}"#, r#"{"bootstrap": ["https://chloe.example#8f"]}"#]
        {
            assert!(read(wrong).unwrap_err().to_string().contains("with its id"), "{wrong}");
        }
    }

    #[test]
    fn quic_answers_beside_http_unless_told_otherwise() {
        let http = SocketAddr::from(([127, 0, 0, 1], 7717));
        let read = |text: &str| serde_json::from_str::<NetworkConfig>(text).map(|config| config.quic);
        assert_eq!(read("{}").unwrap().listen(http), Some(http));
        assert_eq!(read(r#"{"quic": "off"}"#).unwrap().listen(http), None);
        let other = read(r#"{"quic": "0.0.0.0:443"}"#).unwrap().listen(http);
        assert_eq!(other, Some(SocketAddr::from(([0, 0, 0, 0], 443))));
        assert!(read(r#"{"quic": "on"}"#).is_err());
    }
}
