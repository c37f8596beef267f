//! What the owner of a relay may choose; everything has a default that works.
//!
//! Must not know: where the values come from (file, environment, command line) — that is the binary's.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use openred_service::database::DatabaseUrl;
use serde::Deserialize;

use crate::cluster::{ClusterSettings, RedisUrl};
use crate::mailbox::Quotas;
use crate::quic::Allow;

/// Configuration of one relay. Unknown names are refused.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where it listens and what it is called.
    pub server: Server,
    /// Where its key and its mail lie.
    pub storage: Storage,
    /// How much it keeps.
    pub quotas: Quotas,
    /// How many calls it takes.
    pub limits: Limits,
    /// Whose QUIC it carries.
    pub quic: Quic,
}

/// Where a relay listens and what it is called.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Address and port; port 0 lets the system choose. Default `127.0.0.1:7500`: TLS is a proxy's work.
    pub listen: SocketAddr,
    /// Name shown to people, at most 64 characters.
    pub name: String,
    /// URL under which others reach it, for its descriptor.
    pub public_url: Option<String>,
    /// A proxy on this machine is in front and appends the caller's address to `X-Forwarded-For`. Without it off,
    /// else every caller chooses the address it is counted under.
    pub behind_proxy: bool,
    /// What the log says, a list like `info,openred_relay=debug`; absent: `info`. Read again at SIGHUP.
    pub log_filter: Option<String>,
    /// How long a relay that was told to stop goes on answering, with 503 at `/health`, so that a balancer in front
    /// sends no more calls here, seconds. Default 0.
    pub drain_secs: u64,
}

/// Where key and mail lie.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Storage {
    /// Folder of the key file and, without `database`, of the keys of services and of the mail. Made if it does not exist
    /// (0700). Each process has a folder of its own.
    pub data: PathBuf,
    /// `postgres://…`: mail and keys of services lie there. Processes with copies of one key file are then one relay.
    pub database: Option<DatabaseUrl>,
    /// `redis://…`, `rediss://…` or `redis+unix://…`: where the processes of one relay meet. Without it one process alone
    /// may use `database`.
    pub redis: Option<RedisUrl>,
    /// Servers that follow `database`: contents are read there as far as they have come.
    pub replicas: Vec<DatabaseUrl>,
    /// Certificates (PEM) of who signs those of `database` and `replicas`; absent: those that Mozilla trusts.
    pub root_certificates: Option<PathBuf>,
}

impl Config {
    /// How mail is kept in a database; `None` where it is kept in files.
    #[must_use]
    pub fn cluster(&self) -> Option<ClusterSettings> {
        let storage = &self.storage;
        storage.database.clone().map(|primary| ClusterSettings {
            replicas: storage.replicas.clone(),
            root_certificates: storage.root_certificates.clone(),
            quotas: self.quotas.clone(),
            ..ClusterSettings::new(primary)
        })
    }
}

/// Calls taken per minute. Beyond that callers get 429 with `Retry-After`. A deposit counts as a call, however it comes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Deposits into one mailbox: all its depositors hold the same capability.
    pub deposits_per_mailbox: u32,
    /// Calls of one mailbox's owner.
    pub calls_per_owner: u32,
    /// New mailboxes from one address prefix (IPv4 /24, IPv6 /48).
    pub registers_per_prefix: u32,
    /// All calls from one address prefix.
    pub calls_per_prefix: u32,
    /// All calls with one API key; they do not count under the prefix.
    pub calls_per_key: u32,
    /// All calls together.
    pub calls: u32,
}

/// QUIC of nodes that cannot reach each other, carried by iroh's relay protocol at this relay's address.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quic {
    /// Whether it is carried at all. Default: no. Changed by a restart only; the others are read again at SIGHUP.
    pub serve: bool,
    /// `"everybody"`, the default, or the ids of the nodes whose QUIC is carried.
    pub allow: Allow,
    /// Clients at once; one more is answered 503. At most 50,000.
    pub clients: u32,
    /// Bytes per second taken from one client, and as many at once; more waits. 0: no limit.
    pub bytes_per_second: u32,
}

impl Default for Quic {
    fn default() -> Self {
        Self { serve: false, allow: Allow::Everybody, clients: 10_000, bytes_per_second: 2_000_000 }
    }
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 7500)),
            name: "OpenRed relay".to_owned(),
            public_url: None,
            behind_proxy: false,
            log_filter: None,
            drain_secs: 0,
        }
    }
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            data: PathBuf::from("openred-relay"),
            database: None,
            redis: None,
            replicas: Vec::new(),
            root_certificates: None,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            deposits_per_mailbox: 600,
            calls_per_owner: 600,
            registers_per_prefix: 60,
            calls_per_prefix: 12_000,
            calls_per_key: 600_000,
            calls: 6_000_000,
        }
    }
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
        let parse = |text: &str| toml::from_str::<Config>(text).map_err(|error| error.to_string());
        assert_eq!(parse("[quotas]\nmailboxes = 7\n").unwrap().quotas.mailboxes, 7);
        assert!(parse("[sevrer]\n").unwrap_err().contains("sevrer"));
        assert!(parse("[limits]\ncals = 1\n").unwrap_err().contains("cals"));
    }

    #[test]
    fn the_files_of_deploy_are_read() {
        let docker: Config = toml::from_str(include_str!("../../../deploy/docker/relay.toml")).unwrap();
        assert!(docker.server.behind_proxy && docker.server.drain_secs == 5);
        let cloud: Config = toml::from_str(include_str!("../../../deploy/cloud/files/relay.toml")).unwrap();
        assert!(cloud.storage.root_certificates.is_some() && cloud.server.drain_secs == 15);
    }

    #[test]
    fn a_database_is_read_and_its_passwords_are_not_shown() {
        let text = "[storage]\ndatabase = \"postgres://ana:s3cret@db/mail\"\nredis = \"redis://:s3cret@cache:6379\"\n\
                    replicas = [\"postgres://ana:s3cret@near/mail\"]\n";
        let config: Config = toml::from_str(text).unwrap();
        assert!(!format!("{config:?}").contains("s3cret"), "{config:?}");
        let settings = config.cluster().unwrap();
        assert_eq!((settings.replicas.len(), settings.quotas), (1, Quotas::default()));
        assert!(Config::default().cluster().is_none());
        let wrong = toml::from_str::<Config>("[storage]\nredis = \"http://s3cret\"\n").unwrap_err();
        assert!(wrong.message().contains("not the address of a Redis server"), "{wrong}");
        assert!(!wrong.message().contains("s3cret"));
    }

    #[test]
    fn quic_is_for_everybody_or_for_nodes_that_are_named() {
        let parse = |text: &str| toml::from_str::<Quic>(text).map_err(|error| error.to_string());
        assert_eq!(parse("allow = \"everybody\"").unwrap(), Quic::default());
        let id = "8f".repeat(32);
        let named = parse(&format!("allow = [\"{id}\"]")).unwrap().allow;
        assert_eq!(named, Allow::Nodes([id.parse().unwrap()].into()));
        for wrong in ["allow = \"nobody\"", "allow = [\"8f\"]", "allow = 7"] {
            assert!(parse(wrong).unwrap_err().contains("a list of node ids"), "{wrong}");
        }
    }
}
