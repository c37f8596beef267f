//! OpenRed beside what people would use instead, one case per process, which says one line of JSON: overlays, and stores of
//! messages.
//! `cargo xtask bench` runs the cases and makes tables of them.

mod overlay;
mod relay;

use std::process::ExitCode;

use clap::Parser;

/// One case of a comparison.
#[derive(Debug, Parser)]
enum Comparison {
    /// Overlays
    Overlay(overlay::Case),
    /// Relays and stores of messages
    #[command(subcommand)]
    Relay(relay::Command),
}

fn main() -> ExitCode {
    let shown = match Comparison::parse() {
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
