//! `openred relay`: runs a relay until it is told to stop; its keys of services; how it is doing.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use openred_core::time::format_rfc3339;
use openred_relay::keys::{KeyStore, KeysError, create};
use openred_relay::{Config, key_store, run as run_relay};
use openred_service::lifecycle::{Clock, Lifecycle};
use openred_service::telemetry::Metrics;
use serde_json::{Value, json};

use super::running::{self, Service};
use crate::cli::Shared;
use crate::failure::Failure;
use crate::folder;
use crate::log::LogArgs;
use crate::report::Report;
use crate::settings::Settings;

const MORE: &str = "\
What it is:
  Nodes lay sealed mail here for nodes that are away. The relay keeps it until it is fetched, 30 days
  at most. It sees mailboxes, one of four sizes and a time; who sends and who fetches it is not told,
  and it cannot read anything. It needs no configuration.

With --quic it also carries QUIC between nodes that cannot reach each other, as it is, at the same
  address. It sees endpoint ids, addresses, how much and when; nodes name it as network.quic_relay.

On the first start:
  The folder is made, with a new identity in it. Its 24 recovery words are shown once on the
  terminal; without a terminal they go to the file RECOVERY-WORDS.txt in the folder: write them down
  and delete it.

Examples:
  openred relay
  openred relay --listen 127.0.0.1:7500 --name \"Our village\"
  openred relay --config relay.toml
  openred relay --quic
  openred relay status
  openred relay key create shop

Several processes that are one relay:
  Each has a folder with a copy of one relay.key, the same database (PostgreSQL) and the same Redis:
  OPENRED_DATABASE=postgres://… OPENRED_REDIS=redis://… openred relay --data relay-2
  Put the two in the environment or the file: what stands on the command line, others on the machine
  can read.

Configuration:
  A flag wins over the environment, that over the file, that over the default. The file is TOML;
  keys it does not know are refused by name. A sample with every key: examples/relay.toml.
  At SIGHUP the file is read again: name, public_url, quotas, limits, quic and keys of services
  change while it runs. TLS is a reverse proxy's work: put one in front, and say --behind-proxy.

Where the data lies:
  --data DIR, else $OPENRED_DATA, else $XDG_DATA_HOME/openred-relay.

Exit codes:
  0  stopped when told to
  1  cannot run: folder or port in use, newer data, …
  2  wrong usage or configuration
  3  status: no relay answers";

/// Arguments of `openred relay`.
#[derive(Args, Debug)]
#[command(after_help = MORE)]
pub(crate) struct RelayArgs {
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE", env = "OPENRED_CONFIG", global = true)]
    config: Option<PathBuf>,
    /// Where it answers [default: 127.0.0.1:7500]
    #[arg(long, value_name = "ADDR", env = "OPENRED_LISTEN", global = true)]
    listen: Option<SocketAddr>,
    /// Name that people see
    #[arg(long, value_name = "TEXT", env = "OPENRED_NAME")]
    name: Option<String>,
    /// Where others reach it, for example `https://relay.example`
    #[arg(long, value_name = "URL", env = "OPENRED_PUBLIC_URL")]
    public_url: Option<String>,
    /// A reverse proxy on this machine is in front and sets X-Forwarded-For
    #[arg(long, env = "OPENRED_BEHIND_PROXY", value_parser = clap::builder::FalseyValueParser::new())]
    behind_proxy: bool,
    /// Where mail and keys of services lie: `postgres://…` [default: files in the folder]
    #[arg(long, value_name = "URL", env = "OPENRED_DATABASE", hide_env_values = true, global = true)]
    database: Option<String>,
    /// Where the processes of one relay meet: `redis://…`
    #[arg(long, value_name = "URL", env = "OPENRED_REDIS", hide_env_values = true, global = true)]
    redis: Option<String>,
    /// Carry QUIC between nodes that cannot reach each other, for everybody or as `[quic]` says
    #[arg(long, env = "OPENRED_CARRY_QUIC", value_parser = clap::builder::FalseyValueParser::new())]
    quic: bool,
    #[command(flatten)]
    log: LogArgs,
    #[command(subcommand)]
    verb: Option<RelayVerb>,
}

/// What is done with a relay besides running it.
#[derive(Debug, Subcommand)]
enum RelayVerb {
    /// How the relay that runs is doing
    Status,
    /// Keys of services: who shows one is counted by it, and may ask who is here
    #[command(subcommand)]
    Key(KeyVerb),
}

/// What is done with keys of services. A running relay follows within seconds.
#[derive(Debug, Subcommand)]
enum KeyVerb {
    /// Make a key; it is shown once
    Create {
        /// What you call it: small letters, digits, _ and -
        name: String,
    },
    /// The keys that there are, by name
    List,
    /// Make a key worthless
    Revoke {
        /// Its name
        name: String,
    },
}

/// Runs the relay, returning when it has stopped; or does what the verb says.
pub(crate) fn run(args: RelayArgs, shared: Shared) -> Result<Report, Failure> {
    let config = configuration(&args, shared.data.clone())?;
    match &args.verb {
        None => start(args, config, shared),
        Some(RelayVerb::Status) => running::status(Service::Relay, config.server.listen),
        Some(RelayVerb::Key(verb)) => runtime()?.block_on(async {
            let store = key_store(&config).await.map_err(Failure::refused)?;
            keys(verb, &*store).await
        }),
    }
}

fn start(args: RelayArgs, config: Config, shared: Shared) -> Result<Report, Failure> {
    args.log.start(config.server.log_filter.as_deref())?;
    let as_json = shared.json;
    let again =
        move || configuration(&args, shared.data.clone()).map_err(|failure| failure.text().to_owned());
    runtime()?.block_on(serve(config, again, as_json))
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::refused)
}

async fn serve(
    config: Config,
    again: impl Fn() -> Result<Config, String>,
    as_json: bool,
) -> Result<Report, Failure> {
    let tasks = Lifecycle::new(Clock::System);
    Metrics::install().map_err(Failure::refused)?.keep_up(&tasks);
    let data = config.storage.data.clone();
    let mut greeted = Ok(());
    let greet = |addr| greeted = greet(addr, &data, as_json).inspect_err(|_| tasks.stop());
    run_relay(config, again, tasks.clone(), greet).await.map_err(Failure::refused)?;
    greeted.map_err(Failure::refused)?;
    Ok(Report::one(json!({"stopped": true}), "Stopped."))
}

fn greet(addr: SocketAddr, data: &Path, as_json: bool) -> io::Result<()> {
    let (url, mut out) = (format!("http://{addr}"), io::stdout().lock());
    if as_json {
        writeln!(out, "{}", json!({"url": url, "data": data}))?;
    } else {
        writeln!(out, "✓ Your relay answers at {url} (data in {})", data.display())?;
    }
    out.flush()
}

async fn keys(verb: &KeyVerb, store: &dyn KeyStore) -> Result<Report, Failure> {
    match verb {
        KeyVerb::Create { name } => {
            let key = create(store, name, Clock::System.now_s()).await.map_err(|error| refused(&error))?;
            let shown = json!({"name": name, "key": &**key});
            Ok(Report::one(shown, format!("{} (key {name}; it is not shown again)", &**key)))
        }
        KeyVerb::List => {
            let keys = store.list().await.map_err(|error| refused(&error))?;
            let listed: Vec<Value> =
                keys.iter().map(|key| json!({"name": key.name, "created": key.created})).collect();
            let report = Report::new(json!({"keys": listed}));
            if keys.is_empty() {
                return Ok(report.note("There are no keys: openred relay key create NAME"));
            }
            Ok(keys.iter().fold(report, |report, key| {
                report.ok(format!("{}  since {}", key.name, format_rfc3339(key.created * 1_000)))
            }))
        }
        KeyVerb::Revoke { name } => {
            store.revoke(name).await.map_err(|error| refused(&error))?;
            Ok(Report::one(json!({"revoked": name}), format!("The key {name} opens nothing any more.")))
        }
    }
}

fn refused(error: &KeysError) -> Failure {
    match error {
        KeysError::Name => Failure::usage(error),
        _ => Failure::refused(error),
    }
}

fn configuration(args: &RelayArgs, data: Option<PathBuf>) -> Result<Config, Failure> {
    let mut settings = Settings::from_file::<Config>(args.config.as_deref())?;
    settings.set(&["storage", "data"], data.as_deref().map(Path::to_string_lossy).map(String::from));
    let default = folder::default("openred-relay")?;
    settings.set_default(&["storage", "data"], default.to_string_lossy().into_owned());
    settings.set(&["storage", "database"], args.database.clone());
    settings.set(&["storage", "redis"], args.redis.clone());
    settings.set(&["server", "listen"], args.listen.map(|address| address.to_string()));
    settings.set(&["server", "name"], args.name.clone());
    settings.set(&["server", "public_url"], args.public_url.clone());
    settings.set(&["server", "behind_proxy"], args.behind_proxy.then_some(true));
    settings.set(&["quic", "serve"], args.quic.then_some(true));
    settings.set(&["server", "log_filter"], args.log.log_filter.clone());
    settings.finish()
}

/// The description of a relay's API.
pub(crate) fn openapi() -> Result<Value, Failure> {
    serde_json::to_value(openred_relay::openapi()).map_err(Failure::refused)
}
