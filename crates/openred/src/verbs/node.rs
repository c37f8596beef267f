//! `openred node`: runs a node until it is told to stop.

use std::io::{self, IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use openred_node::config::NodeConfig;
use openred_node::modules::auth::cli_token;
use openred_node::node;
use openred_service::lifecycle::{Clock, Lifecycle, SOFT_STOP, systemd_ready};
use openred_service::telemetry::Metrics;
use serde_json::json;

use crate::browser;
use crate::cli::Shared;
use crate::failure::Failure;
use crate::folder;
use crate::log::LogArgs;
use crate::report::Report;
use crate::settings::Settings;

/// File with the set-up link where no terminal can show it.
const LINK_FILE: &str = "setup-link";

const MORE: &str = "\
On the first start:
  The folder is made, readable by you alone. A link is shown (and opened, where there is a
  browser): it asks for your name and a passphrase, and that is all. The link works once, for ten
  minutes, on this machine; a restart makes a new one. Without a terminal the link goes to the file
  setup-link in the folder; --print-link prints it in any case.

After a restart the node is locked: friends wait, and so does it, for your passphrase, in the app
or by `openred unlock`.

Examples:
  openred node
  openred node --listen 127.0.0.1:7800 --data ~/my-node
  openred node --config openred.toml --log json
  openred node --directory https://directory.example

Configuration:
  A flag wins over the environment, that over the file, that over the default. The file is TOML;
  keys it does not know are refused by name. The database is set in the file (`database`) or by
  OPENRED_DATABASE: its address may hold a password, which no argument should. A sample with every
  key: examples/node.toml.

Where the data lies:
  --data DIR, else $OPENRED_DATA, else $XDG_DATA_HOME/openred (~/.local/share/openred).

Stopping:
  Ctrl-C or SIGTERM finishes what is begun; a second one stops at once.

Exit codes:
  0  stopped when told to
  1  cannot run: folder or port in use, newer data, …
  2  wrong usage or configuration";

/// Arguments of `openred node`.
#[derive(Args, Debug)]
#[command(after_help = MORE)]
pub(crate) struct NodeArgs {
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE", env = "OPENRED_CONFIG")]
    config: Option<PathBuf>,
    /// Where app and API answer [default: 127.0.0.1:7717]
    #[arg(long, value_name = "ADDR", env = "OPENRED_LISTEN")]
    listen: Option<SocketAddr>,
    /// A directory to be found in and to search; may be repeated
    #[arg(long = "directory", value_name = "URL", env = "OPENRED_DIRECTORIES", value_delimiter = ',')]
    directories: Vec<String>,
    /// A relay that keeps mail for this node while it is away; may be repeated
    #[arg(long = "relay", value_name = "URL", env = "OPENRED_RELAYS", value_delimiter = ',')]
    relays: Vec<String>,
    /// Print the set-up link even where there is no terminal
    #[arg(long)]
    print_link: bool,
    /// Do not open a browser
    #[arg(long, env = "OPENRED_NO_OPEN", value_parser = clap::builder::FalseyValueParser::new())]
    no_open: bool,
    #[command(flatten)]
    reach: ReachArgs,
    #[command(flatten)]
    log: LogArgs,
}

/// How others reach the node, and whom it may call.
#[derive(Args, Debug)]
struct ReachArgs {
    /// Where other nodes reach this one, for example `https://ana.example`
    #[arg(long, value_name = "URL", env = "OPENRED_API_URL", help_heading = "Network")]
    api_url: Option<String>,
    /// Private addresses that may be called: off, loopback, lan [default: off]
    #[arg(long, value_enum, hide_possible_values = true, env = "OPENRED_ALLOW_PRIVATE")]
    #[arg(help_heading = "Network")]
    allow_private: Option<Private>,
    /// UDP address at which QUIC answers, or off [default: as --listen]
    #[arg(long, value_name = "ADDR", env = "OPENRED_QUIC", help_heading = "Network")]
    quic: Option<String>,
    /// A relay for where no direct QUIC path is found, for example `https://relay.example`
    #[arg(long, value_name = "URL", env = "OPENRED_QUIC_RELAY", help_heading = "Network")]
    quic_relay: Option<String>,
    /// Do not look for friends in the local network, nor show this node there
    #[arg(long, env = "OPENRED_NO_LAN", value_parser = clap::builder::FalseyValueParser::new())]
    #[arg(help_heading = "Network")]
    no_lan: bool,
    /// A node through which the overlay is entered when nobody else is known, URL#NODE_ID; may be repeated
    #[arg(long = "bootstrap", value_name = "NODE", env = "OPENRED_BOOTSTRAP", value_delimiter = ',')]
    #[arg(help_heading = "Network")]
    bootstrap: Vec<String>,
    /// A host name under which you open the app, beside localhost; may be repeated
    #[arg(
        long = "host",
        value_name = "NAME",
        env = "OPENRED_HOSTS",
        value_delimiter = ',',
        help_heading = "Network"
    )]
    hosts: Vec<String>,
    /// A reverse proxy on this machine is in front and sets X-Forwarded-For
    #[arg(long, env = "OPENRED_BEHIND_PROXY", value_parser = clap::builder::FalseyValueParser::new())]
    #[arg(help_heading = "Network")]
    behind_proxy: bool,
}

/// The three scopes of private addresses.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Private {
    /// None
    Off,
    /// This machine
    Loopback,
    /// This machine and private networks
    Lan,
}

impl Private {
    /// As configuration files spell it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Loopback => "loopback",
            Self::Lan => "lan",
        }
    }
}

/// Runs the node; returns when it has stopped.
pub(crate) fn run(args: NodeArgs, shared: Shared) -> Result<Report, Failure> {
    let config = configuration(&args, shared.data)?;
    args.log.start(None)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(Failure::refused)?.block_on(serve(config, &args, shared.json))
}

async fn serve(config: NodeConfig, args: &NodeArgs, as_json: bool) -> Result<Report, Failure> {
    let tasks = Lifecycle::new(Clock::System);
    Metrics::install().map_err(Failure::refused)?.keep_up(&tasks);
    let data = config.data.clone();
    let running = node::start(config, own_program(), &tasks).await.map_err(Failure::refused)?;
    let shown = Shown { link: running.setup_link.as_deref(), addr: running.addr, data: &data };
    // Signals are heard before anybody is told that we are ready.
    let (in_time, page) = tokio::join!(tasks.run_until_stopped(SOFT_STOP), async {
        let page = shown.announce(args, as_json).inspect_err(|_| tasks.stop());
        systemd_ready();
        page
    });
    drop(page.map_err(Failure::refused)?);
    for file in [LINK_FILE, cli_token::FILE] {
        remove(&data.join(file)).map_err(Failure::refused)?;
    }
    running.parts.deps.db.close().await;
    let value = json!({"stopped": true, "in_time": in_time});
    Ok(Report::new(value)
        .line(in_time, if in_time { "Stopped." } else { "Stopped; some tasks did not end in time." }))
}

/// What the person who starts a node is shown.
struct Shown<'a> {
    link: Option<&'a str>,
    addr: SocketAddr,
    data: &'a Path,
}

impl Shown<'_> {
    /// Shows where the node is and how to set it up. The page lives as long as the browser may need it.
    fn announce(&self, args: &NodeArgs, as_json: bool) -> io::Result<Option<browser::Page>> {
        remove(&self.data.join(LINK_FILE))?;
        let terminal = io::stdout().is_terminal();
        let printed = self.link.filter(|_| terminal || args.print_link);
        if let (Some(link), None) = (self.link, printed) {
            browser::write_private(&self.data.join(LINK_FILE), &format!("{link}\n"))?;
        }
        if as_json {
            let value = json!({"url": self.url(), "setup_link": printed, "data": self.data});
            writeln!(io::stdout(), "{value}")?;
        } else {
            self.say(printed)?;
        }
        let open = self.link.filter(|_| terminal && !args.no_open && browser::is_there());
        Ok(open.and_then(|link| browser::open(link, self.data).ok()))
    }

    fn say(&self, printed: Option<&str>) -> io::Result<()> {
        let mut out = io::stdout().lock();
        writeln!(out, "✓ Your node answers at {} (data in {})", self.url(), self.data.display())?;
        match (self.link, printed) {
            (_, Some(link)) => {
                writeln!(out, "! It is new. Open this link within ten minutes to set it up:\n\n  {link}\n")?;
            }
            (Some(_), None) => {
                let file = self.data.join(LINK_FILE);
                writeln!(out, "! It is new. The link to set it up is in {}", file.display())?;
            }
            (None, None) => writeln!(out, "! It is locked until you log in there or run `openred unlock`")?,
        }
        out.flush()
    }

    fn url(&self) -> String {
        if self.addr.ip().is_loopback() {
            return format!("http://localhost:{}", self.addr.port());
        }
        format!("http://{}", self.addr)
    }
}

/// Removes a file that holds a secret which is of no use any more.
fn remove(file: &Path) -> io::Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// This program, also when its file was replaced meanwhile by a newer one.
fn own_program() -> PathBuf {
    let own = Path::new("/proc/self/exe");
    if own.exists() { own.to_owned() } else { std::env::current_exe().unwrap_or_else(|_| "openred".into()) }
}

fn configuration(args: &NodeArgs, data: Option<PathBuf>) -> Result<NodeConfig, Failure> {
    let mut settings = Settings::from_file::<NodeConfig>(args.config.as_deref())?;
    settings.set(&["data"], data.as_deref().map(Path::to_string_lossy).map(String::from));
    settings.set_default(&["data"], folder::default("openred")?.to_string_lossy().into_owned());
    settings.set(&["listen"], args.listen.map(|address| address.to_string()));
    settings.set(&["database"], std::env::var("OPENRED_DATABASE").ok());
    settings.set(&["directories"], some(&args.directories));
    settings.set(&["relays"], some(&args.relays));
    let reach = &args.reach;
    settings.set(&["network", "api_url"], reach.api_url.clone());
    settings.set(&["network", "allow_private"], reach.allow_private.map(Private::name));
    settings.set(&["network", "quic"], reach.quic.clone());
    settings.set(&["network", "quic_relay"], reach.quic_relay.clone());
    settings.set(&["network", "lan"], reach.no_lan.then_some(false));
    settings.set(&["network", "bootstrap"], some(&reach.bootstrap));
    settings.set(&["network", "hosts"], some(&reach.hosts));
    settings.set(&["network", "behind_proxy"], reach.behind_proxy.then_some(true));
    settings.finish()
}

/// A list that somebody gave.
fn some(list: &[String]) -> Option<Vec<String>> {
    (!list.is_empty()).then(|| list.to_vec())
}
