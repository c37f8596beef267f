//! What the owner of a directory may choose; everything has a default that works.
//!
//! Must not know: where the values come from (file, environment, command line) — that is the binary's.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use openred_core::token::{MODE_DAILY, MODE_HOURLY, MODE_RANDOM};
use openred_service::database::DatabaseUrl;
use openred_service::http_client::AllowPrivate;
use openred_service::instances::RedisUrl;
use serde::{Deserialize, Deserializer, de::Error as _};

/// Configuration of one directory. Unknown names are refused.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where it listens and what it is called.
    pub server: Server,
    /// Where its key and its tables lie.
    pub storage: Storage,
    /// How the method of tokens is picked.
    pub tokens: Tokens,
    /// How many calls it takes.
    pub limits: Limits,
    /// Which addresses it calls itself.
    pub network: Network,
}

/// Where a directory listens and what it is called.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Address and port; port 0 lets the system choose. Default `127.0.0.1:7400`: TLS is a proxy's work.
    pub listen: SocketAddr,
    /// Name shown to people, at most 64 characters.
    pub name: String,
    /// URL under which others reach it, for its descriptor.
    pub public_url: Option<String>,
    /// A proxy on this machine is in front and appends the caller's address to `X-Forwarded-For`. Without it off,
    /// else every caller chooses the address it is counted under.
    pub behind_proxy: bool,
    /// What the log says, a list like `info,openred_directory=debug`; absent: `info`. Read again at SIGHUP.
    pub log_filter: Option<String>,
}

/// Where key and tables lie.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Storage {
    /// Folder of the key file and, without `database`, of the tables. Made if it does not exist (0700).
    pub data: PathBuf,
    /// `sqlite:PATH`, `sqlite::memory:` or `postgres://…`; absent: `directory.db` in the folder. Several processes of one
    /// directory share one PostgreSQL database, and copies of one key file.
    #[serde(deserialize_with = "database_url")]
    pub database: Option<DatabaseUrl>,
    /// `redis://`, `rediss://` (TLS) or `redis+unix://`: where several processes of one directory meet. Needed as soon as
    /// there are two; needs a PostgreSQL database.
    pub redis: Option<RedisUrl>,
}

/// How the method of tokens is picked (PROTOCOL §3).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tokens {
    /// `hourly` (default), `daily` or `random`.
    pub mode: TokenMode,
}

/// The three ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenMode {
    /// (hour + day) mod 4.
    #[default]
    Hourly,
    /// ISO weekday mod 4.
    Daily,
    /// By a seed that is published.
    Random,
}

/// Calls taken per minute. Beyond that callers get 429 with `Retry-After`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Registrations of one node.
    pub registers_per_node: u32,
    /// Requests for an introduction of one node.
    pub requests_per_node: u32,
    /// Polls of one node.
    pub polls_per_node: u32,
    /// Access tokens of one node.
    pub tokens_per_node: u32,
    /// Envelopes forwarded for one node.
    pub routes_per_node: u32,
    /// All calls from one address prefix (IPv4 /24, IPv6 /48).
    pub calls_per_prefix: u32,
    /// All calls together.
    pub calls: u32,
}

/// Which addresses a directory calls itself (pushes of grants, forwarded envelopes).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Network {
    /// Call also private addresses, and by plain http there: `off` (default), `loopback` or `lan`.
    pub allow_private: AllowPrivate,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 7400)),
            name: "OpenRed directory".to_owned(),
            public_url: None,
            behind_proxy: false,
            log_filter: None,
        }
    }
}

impl Default for Storage {
    fn default() -> Self {
        Self { data: PathBuf::from("openred-directory"), database: None, redis: None }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            registers_per_node: 12,
            requests_per_node: 60,
            polls_per_node: 1_200,
            tokens_per_node: 12,
            routes_per_node: 60,
            calls_per_prefix: 6_000,
            calls: 600_000,
        }
    }
}

impl TokenMode {
    /// The high nibble of the method byte.
    pub(crate) fn nibble(self) -> u8 {
        match self {
            Self::Hourly => MODE_HOURLY,
            Self::Daily => MODE_DAILY,
            Self::Random => MODE_RANDOM,
        }
    }
}

impl Storage {
    /// Address of the tables.
    pub(crate) fn database_url(&self) -> DatabaseUrl {
        self.database.clone().unwrap_or_else(|| DatabaseUrl::file(self.data.join("directory.db")))
    }
}

fn database_url<'de, D: Deserializer<'de>>(from: D) -> Result<Option<DatabaseUrl>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    text.map(|text| text.parse().map_err(D::Error::custom)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_says_the_defaults() {
        let sample: Config = toml::from_str(include_str!("../sample.toml")).unwrap();
        assert_eq!(format!("{sample:?}"), format!("{:?}", Config::default()));
    }

    #[test]
    fn unknown_names_are_refused_by_name() {
        let parse = |json: &str| serde_json::from_str::<Config>(json).map_err(|error| error.to_string());
        let config =
            parse(r#"{"tokens":{"mode":"random"},"storage":{"database":"sqlite::memory:"}}"#).unwrap();
        assert_eq!(config.tokens.mode, TokenMode::Random);
        assert_eq!(config.storage.database, Some(DatabaseUrl::memory()));
        assert!(parse(r#"{"tokens":{"mod":"random"}}"#).unwrap_err().contains("mod"));
        assert!(parse(r#"{"sevrer":{}}"#).unwrap_err().contains("sevrer"));
        assert!(parse(r#"{"storage":{"database":"mysql://x"}}"#).is_err());
        assert!(parse(r#"{"network":{"allow_private":true}}"#).is_err());
    }
}
