//! `cargo xtask bench relay`: our relay beside what people would use instead, in one run.

use std::path::Path;
use std::process::ExitCode;
use std::thread;

use serde_json::json;

use crate::Result;
use crate::bench::harness;
use crate::bench::relay::{
    case::{Case, Group, Run},
    goals, page, plan,
};
use crate::tools;

/// Our relay beside the bare disk, plain axum, Redis, NATS, Mosquitto and PostgreSQL: rates, latency, processor time.
///
/// The same messages on the same machine, one system after another, each a process of its own on loopback with its data in
/// a temporary folder on a disk, ended afterwards. Durability differs, so each row says its own. What was acknowledged
/// is looked at afterwards, and of what was delivered every byte. What was changed from a system's defaults stands at the
/// top of its file in bench/src/relay, with the reason. What is missing is installed with apt where that is possible, else
/// skipped by name.
///
/// Everything takes about five minutes once it is built, and wants the machine for itself. The exit code is 0 unless a case
/// of ours gave no figures.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
                  cargo xtask bench relay                      all of docs/performance.md\n  \
                  cargo xtask bench relay --only openred,axum  ours, and what a call costs without it\n  \
                  cargo xtask bench relay --json > relay.json  for programs")]
pub(crate) struct Args {
    /// One JSON object instead of a table.
    #[arg(long)]
    json: bool,
    /// Run what was built before as it is.
    #[arg(long)]
    built: bool,
    /// These only, separated by commas.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "NAME")]
    only: Vec<Group>,
    /// Seconds of measuring in each case.
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
}

/// Builds, runs, prints.
#[expect(clippy::print_stderr, reason = "the figures are on stdout; this is for who waits")]
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    for said in tools::prepare_peers() {
        eprintln!("bench: {said}");
    }
    if !args.built {
        harness::build()?;
    }
    let program = harness::program()?;
    let before = conditions();
    let runs = all(&program, plan::cases(&args.only, args.seconds));
    if args.json {
        let goals = goals::table(&runs).as_json()["figures"].clone();
        let object = json!({"conditions": before, "cases": runs, "goals": goals});
        println!("{}", serde_json::to_string_pretty(&object)?);
    } else {
        println!("{before}\n\n{}\n\n{}", page::text(&runs), goals::table(&runs).as_text());
    }
    let sound = runs.iter().all(|run| !run.case.row.starts_with("openred") || run.shown.is_ok());
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[expect(clippy::print_stderr, reason = "the figures are on stdout; this is for who waits")]
fn all(program: &Path, cases: Vec<Case>) -> Vec<Run> {
    let count = cases.len();
    let mut runs: Vec<Run> = Vec::with_capacity(count);
    for (i, case) in cases.into_iter().enumerate() {
        let calls = runs.iter().find(|run| run.case.row == "openred-post");
        let case =
            plan::at_half(case, calls.and_then(|run| run.shown.as_ref().ok()).map(|shown| shown.per_s));
        eprint!("bench: {} of {count}: {}, {} KiB, {} … ", i + 1, case.who, case.size / 1_024, case.load());
        let run = Run { shown: harness::run(program, &case.arguments(), case.lasts()), case };
        eprintln!("{}", page::words(&run));
        runs.push(run);
    }
    runs
}

/// What has to be known about the machine to read the figures.
fn conditions() -> String {
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let busy = load.split(' ').next().unwrap_or("?").to_owned();
    let of = |name: &str| format!("{name} {}", harness::version(name).unwrap_or_default());
    let clients = ["axum", "redis", "async-nats", "tokio-postgres"].map(of).join(", ");
    format!("{cores} processor cores, load average before {busy}; {clients}")
}
