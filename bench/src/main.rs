//! OpenRed beside what people would use instead, one case per process, which says one line of JSON: overlays, stores of
//! messages, and a file.
//! `cargo xtask bench` runs the cases and makes tables of them.

mod files;
mod overlay;
mod relay;

use std::process::ExitCode;

use clap::Parser;

/// One case of a comparison.
#[derive(Debug, Parser)]
enum Comparison {
    /// A file over iroh-blobs alone
    Files(files::Case),
    /// Overlays
    Overlay(overlay::Case),
    /// Relays and stores of messages
    #[command(subcommand)]
    Relay(relay::Command),
}

fn main() -> ExitCode {
    let shown = match Comparison::parse() {
        Comparison::Files(case) => files::start(&case).map(Some),
        Comparison::Overlay(case) => overlay::start_case(case).map(Some),
        Comparison::Relay(command) => relay::start(command),
    };
    match shown {
        Ok(line) => {
            line.iter().for_each(|line| println!("{line}"));
            std::process::exit(0)
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
