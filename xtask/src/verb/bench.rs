//! `cargo xtask bench`: figures of the release build. Tables, never assertions: a slow machine is not a fault of the
//! code.

mod first;
mod overlay;
mod private;
mod relay;

use std::process::ExitCode;

use crate::bench::table::Table;
use crate::{Result, process, web};

/// Figures of the release build.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    set: Set,
}

#[derive(Debug, clap::Subcommand)]
enum Set {
    First(first::Args),
    Overlay(overlay::Args),
    Private(private::Args),
    Relay(relay::Args),
}

/// Builds, measures, prints.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    match &args.set {
        Set::First(args) => first::run(args),
        Set::Overlay(args) => overlay::run(args),
        Set::Private(args) => private::run(args),
        Set::Relay(args) => relay::run(args),
    }
}

/// How figures of the node are taken and told.
#[derive(Debug, clap::Args)]
struct How {
    /// One JSON object instead of a table.
    #[arg(long)]
    json: bool,
    /// Measure what lies in target/release as it is.
    #[arg(long)]
    built: bool,
}

impl How {
    /// Builds, measures, prints; a fault comes after what was measured before it.
    fn print(&self, measure: impl FnOnce(&mut Table) -> Result<()>) -> Result<ExitCode> {
        if !self.built {
            build()?;
        }
        let mut table = Table::default();
        let whole = measure(&mut table);
        if self.json {
            println!("{}", serde_json::to_string_pretty(&table.as_json())?);
        } else {
            println!("{}", table.as_text());
        }
        whole.map(|()| ExitCode::SUCCESS)
    }
}

/// The release build of the node, with the app, and of the clients of directories.
fn build() -> Result<()> {
    if web::present() {
        web::build_if_stale()?;
    }
    let node = ["build", "--quiet", "--release", "-p", "openred", "--bin", "openred"];
    process::shown(process::cargo().args(node))?;
    let clients = ["build", "--quiet", "--release", "-p", "openred-directory", "--example", "introductions"];
    process::shown(process::cargo().args(clients))
}
