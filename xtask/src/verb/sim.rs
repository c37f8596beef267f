//! `cargo xtask sim`: the overlay, or the order of groups, in virtual time. Knows nothing of scenarios: everything after `sim` is
//! theirs.

use std::process::ExitCode;

use clap::Parser as _;
use serde_json::Value;

use crate::{Result, process};

/// What is handed on, see `cargo xtask sim --help`.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Args {
    /// `--scenario NAME [--seed N] [--seeds K] [--nodes N] [--hours H] [--json] [--real-crypto] [--out DIR]`,
    /// or `order [--messages N] [--seed N] [--json]`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// Groups that change while messages are said, over links that lose, repeat, cut and crash. Exit code 0: every promise held.
#[derive(Debug, clap::Parser)]
#[command(name = "cargo xtask sim order", bin_name = "cargo xtask sim order")]
struct Order {
    /// Messages that are tried, 500 in each run.
    #[arg(long, default_value_t = 100_000)]
    messages: u64,
    /// Of the first run; each has the next.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

/// Builds it for speed and hands its exit code on.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    if args.rest.first().is_some_and(|first| first == "order") {
        return order(&Order::parse_from(&args.rest));
    }
    let mut cargo = process::cargo();
    cargo.args(["run", "--quiet", "--release", "--package", "openred-sim", "--"]).args(&args.rest);
    let code = cargo.status()?.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// The model of the order lies with the tests of the machine.
fn order(args: &Order) -> Result<ExitCode> {
    const TEST: &str = "order::runs::many_messages_over_lossy_links_are_read_once_and_in_order";
    let report = std::env::temp_dir().join(format!("openred-order-{}.json", std::process::id()));
    let mut cargo = process::cargo();
    cargo.args(["test", "--quiet", "--package", "openred-proto", "--test", "it", "--", "--exact", TEST]);
    cargo.env("OPENRED_ORDER_MESSAGES", args.messages.to_string());
    cargo.env("OPENRED_ORDER_SEED", args.seed.to_string()).env("OPENRED_ORDER_REPORT", &report);
    let mut said = Vec::new();
    let well = process::watched(&mut cargo, |line| {
        said.push(line.to_owned());
        false
    })?;
    let figures = std::fs::read_to_string(&report).ok().map(|text| serde_json::from_str::<Value>(&text));
    let _may_not_be_there = std::fs::remove_file(&report);
    match figures.transpose()? {
        Some(figures) if args.json => println!("{}", serde_json::to_string_pretty(&figures)?),
        Some(figures) => {
            for (name, times) in figures.as_object().into_iter().flatten() {
                println!("{name:<26} {times}");
            }
        }
        None => println!("{}", said.join("\n")),
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
