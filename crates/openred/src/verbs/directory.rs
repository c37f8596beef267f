//! `openred directory`: runs a directory until it is told to stop.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use openred_directory::{Config, run as run_directory};
use openred_service::lifecycle::{Clock, Lifecycle};
use openred_service::telemetry::Metrics;
use serde_json::Value;

use super::node::Private;
use super::running::{self, Service};
use crate::cli::Shared;
use crate::failure::Failure;
use crate::folder;
use crate::log::LogArgs;
use crate::report::Report;
use crate::settings::Settings;

const MORE: &str = "\
What it is:
  Nodes register here to be found, and are introduced to each other. The directory keeps what they
  ask it to list; of who asked for whom it keeps nothing. It needs no configuration.

On the first start:
  The folder is made, with a new identity in it. Its 24 recovery words are shown once on the
  terminal; without a terminal they go to the file RECOVERY-WORDS.txt in the folder: write them down
  and delete it.

Examples:
  openred directory
  openred directory --listen 127.0.0.1:7400 --name \"Our village\"
  openred directory --config directory.toml
  openred directory status

Configuration:
  A flag wins over the environment, that over the file, that over the default. The file is TOML;
  keys it does not know are refused by name. A sample with every key: examples/directory.toml.
  At SIGHUP the file is read again: name, public_url and limits change while it runs.
  TLS is a reverse proxy's work: put one in front, and say --behind-proxy.
  OPENRED_DATABASE and OPENRED_REDIS: their addresses may hold passwords, which no argument should.
  Several processes behind a balancer are one directory when they share a PostgreSQL database, a
  Redis and copies of directory.key; each has a folder of its own.

Where the data lies:
  --data DIR, else $OPENRED_DATA, else $XDG_DATA_HOME/openred-directory.

Exit codes:
  0  stopped when told to
  1  cannot run: folder or port in use, newer data, …
  2  wrong usage or configuration
  3  status: no directory answers";

/// Arguments of `openred directory`.
#[derive(Args, Debug)]
#[command(after_help = MORE)]
pub(crate) struct DirectoryArgs {
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE", env = "OPENRED_CONFIG", global = true)]
    config: Option<PathBuf>,
    /// Where it answers [default: 127.0.0.1:7400]
    #[arg(long, value_name = "ADDR", env = "OPENRED_LISTEN", global = true)]
    listen: Option<SocketAddr>,
    /// Name that people see
    #[arg(long, value_name = "TEXT", env = "OPENRED_NAME")]
    name: Option<String>,
    /// Where others reach it, for example `https://directory.example`
    #[arg(long, value_name = "URL", env = "OPENRED_PUBLIC_URL")]
    public_url: Option<String>,
    /// A reverse proxy on this machine is in front and sets X-Forwarded-For
    #[arg(long, env = "OPENRED_BEHIND_PROXY", value_parser = clap::builder::FalseyValueParser::new())]
    behind_proxy: bool,
    /// How the method of tokens is picked: hourly, daily, random [default: hourly]
    #[arg(long, value_enum, hide_possible_values = true, env = "OPENRED_TOKENS_MODE")]
    tokens: Option<Mode>,
    /// Private addresses that it may push grants to: off, loopback, lan [default: off]
    #[arg(long, value_enum, hide_possible_values = true, env = "OPENRED_ALLOW_PRIVATE")]
    allow_private: Option<Private>,
    #[command(flatten)]
    log: LogArgs,
    #[command(subcommand)]
    verb: Option<DirectoryVerb>,
}

/// What is done with a directory besides running it.
#[derive(Debug, Subcommand)]
enum DirectoryVerb {
    /// How the directory that runs is doing
    Status,
}

/// The three ways to pick a method.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Mode {
    /// By the hour
    Hourly,
    /// By the day
    Daily,
    /// By a published seed
    Random,
}

/// Runs the directory; returns when it has stopped.
pub(crate) fn run(args: DirectoryArgs, shared: Shared) -> Result<Report, Failure> {
    let config = configuration(&args, shared.data.clone())?;
    if let Some(DirectoryVerb::Status) = args.verb {
        return running::status(Service::Directory, config.server.listen);
    }
    args.log.start(config.server.log_filter.as_deref())?;
    let as_json = shared.json;
    let again =
        move || configuration(&args, shared.data.clone()).map_err(|failure| failure.text().to_owned());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(Failure::refused)?.block_on(serve(config, again, as_json))
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
    run_directory(config, again, tasks.clone(), greet).await.map_err(Failure::refused)?;
    greeted.map_err(Failure::refused)?;
    Ok(Report::one(serde_json::json!({"stopped": true}), "Stopped."))
}

fn greet(addr: SocketAddr, data: &Path, as_json: bool) -> io::Result<()> {
    let (url, mut out) = (format!("http://{addr}"), io::stdout().lock());
    if as_json {
        writeln!(out, "{}", serde_json::json!({"url": url, "data": data}))?;
    } else {
        writeln!(out, "✓ Your directory answers at {url} (data in {})", data.display())?;
    }
    out.flush()
}

fn configuration(args: &DirectoryArgs, data: Option<PathBuf>) -> Result<Config, Failure> {
    let mut settings = Settings::from_file::<Config>(args.config.as_deref())?;
    settings.set(&["storage", "data"], data.as_deref().map(Path::to_string_lossy).map(String::from));
    let default = folder::default("openred-directory")?;
    settings.set_default(&["storage", "data"], default.to_string_lossy().into_owned());
    settings.set(&["storage", "database"], std::env::var("OPENRED_DATABASE").ok());
    settings.set(&["storage", "redis"], std::env::var("OPENRED_REDIS").ok());
    settings.set(&["server", "listen"], args.listen.map(|address| address.to_string()));
    settings.set(&["server", "name"], args.name.clone());
    settings.set(&["server", "public_url"], args.public_url.clone());
    settings.set(&["server", "behind_proxy"], args.behind_proxy.then_some(true));
    settings.set(&["server", "log_filter"], args.log.log_filter.clone());
    settings.set(&["tokens", "mode"], args.tokens.map(Mode::name));
    settings.set(&["network", "allow_private"], args.allow_private.map(Private::name));
    settings.finish()
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Self::Hourly => "hourly",
            Self::Daily => "daily",
            Self::Random => "random",
        }
    }
}

/// The description of a directory's API.
pub(crate) fn openapi() -> Result<Value, Failure> {
    serde_json::to_value(openred_directory::openapi()).map_err(Failure::refused)
}
