//! `cargo xtask bench`: figures of the release build. Tables, never assertions: a slow machine is not a fault of the
//! code.

mod first;
mod overlay;
mod private;
mod relay;

use std::process::ExitCode;

use crate::Result;

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
