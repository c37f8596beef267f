//! `cargo xtask`: the one entry for everything that is done with this repository.
//!
//! One file per verb in `verb/`; beside them the few nouns they share (processes, reports, licences,
//! coverage). Plain blocking Rust: it must build in seconds and know nothing of the crates it tests.

#![expect(clippy::print_stdout, reason = "a command line tool speaks on stdout")]

mod bench;
mod contract;
mod counts;
mod coverage;
mod demo;
mod deploy;
mod licences;
mod place;
mod process;
mod report;
mod spdx;
mod stopwatch;
mod tools;
mod verb;
mod web;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What a step may fail with: always a sentence for a person.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Everything that is done with this repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Everything: tools, app, format, lints, licences, tests, generated calls, browser story.
    Test(verb::test::Args),
    /// A directory and three people on this machine, and links to be each of them.
    Demo(verb::demo::Args),
    /// Format, lints, documentation, licences, files of deploy/, coverage of the specifications.
    Check,
    /// The tests that feed mutated bytes to every parser, for longer than `test` does.
    Fuzz(verb::fuzz::Args),
    /// The browser story in headless Chromium.
    E2e(verb::e2e::Args),
    /// The overlay in virtual time, with faults and evil actors; `--help` names the scenarios' options.
    Sim(verb::sim::Args),
    /// Stores of real processes whose disk fails, at every place where it can.
    Crash(verb::crash::Args),
    /// Relays, their database and their Redis killed, or restarted with care, under clients that keep count.
    Nemesis(verb::nemesis::Args),
    /// Generated calls from the OpenAPI documents of directory and relay.
    Contract(verb::contract::Args),
    /// Figures of the release build.
    Bench(verb::bench::Args),
    /// Release build of app and binary, packed with its checksum.
    Dist,
}

fn main() -> ExitCode {
    let done = match Cli::parse().verb {
        Verb::Test(args) => verb::test::run(&args),
        Verb::Demo(args) => verb::demo::run(&args),
        Verb::Check => verb::check::run(),
        Verb::Fuzz(args) => verb::fuzz::run(&args),
        Verb::E2e(args) => verb::e2e::run(&args),
        Verb::Sim(args) => verb::sim::run(&args),
        Verb::Crash(args) => verb::crash::run(&args),
        Verb::Nemesis(args) => verb::nemesis::run(&args),
        Verb::Contract(args) => verb::contract::run(&args),
        Verb::Bench(args) => verb::bench::run(&args),
        Verb::Dist => verb::dist::run(),
    };
    match done {
        Ok(code) => code,
        Err(fault) => {
            println!("xtask: {fault}");
            ExitCode::FAILURE
        }
    }
}
