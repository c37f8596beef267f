//! `cargo xtask bench overlay`: OpenRed's overlay beside those that people would use instead, in one run.

use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::Result;
use crate::bench::harness;
use crate::bench::overlay::{
    case::{Case, Part, Run, Who},
    goals, page, plan,
};

/// Our overlay beside iroh-gossip and libp2p's gossipsub: speed, latency, what a lost third does, what a flood costs.
///
/// The same messages on the same machine, one system after another. Every case starts its nodes in a process of its
/// own, on loopback, over the transport each system comes with; nodes share nothing. A delivery counts when the right
/// bytes came out at a node for the first time, and every receiver has checked the origin's signature: iroh-gossip,
/// which signs nothing, is run twice, as it is and with an application that signs. What was changed from a system's
/// defaults stands at the top of its file in bench/src, with the reason.
///
/// Everything takes about fifteen minutes once it is built, and wants the machine for itself: the bytes on the wire are
/// those of the whole loopback interface. The exit code is 0 unless a case of ours gave no figures, or a wrong byte
/// came out.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
                  cargo xtask bench overlay                         all of docs/performance.md\n  \
                  cargo xtask bench overlay --short                 does ours carry at all?\n  \
                  cargo xtask bench overlay --only load --nodes 32  one table\n  \
                  cargo xtask bench overlay --only flood --seconds 10  what a flood costs\n  \
                  cargo xtask bench overlay --json > overlay.json   for programs")]
pub(crate) struct Args {
    /// One JSON object instead of tables.
    #[arg(long)]
    json: bool,
    /// Run what was built before as it is.
    #[arg(long)]
    built: bool,
    /// Ours only, 8 nodes, two seconds; fails unless every message reached everybody.
    #[arg(long, conflicts_with_all = ["only", "nodes", "seconds"])]
    short: bool,
    /// These parts only, separated by commas.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PART")]
    only: Vec<Part>,
    /// Sizes of the network under load, separated by commas (2 to 128).
    #[arg(long, value_delimiter = ',', default_value = "8,32,100", value_name = "N")]
    nodes: Vec<u16>,
    /// Seconds of measuring in each case [default: 8, of a flood 60].
    #[arg(long, value_name = "S")]
    seconds: Option<u32>,
}

const ALL: [Part; 7] =
    [Part::Load, Part::Ten, Part::Quiet, Part::Lost, Part::Standard, Part::Apart, Part::Flood];

/// Builds, runs, prints.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let cases = match args.short {
        true => plan::short(),
        false if args.only.is_empty() => plan::cases(&ALL, &args.nodes, args.seconds),
        false => plan::cases(&args.only, &args.nodes, args.seconds),
    };
    if !args.built {
        harness::build()?;
    }
    let program = harness::program()?;
    let before = conditions();
    let runs = all(&program, cases);
    if args.json {
        let object =
            json!({"conditions": before, "cases": runs, "goals": goals::table(&runs).as_json()["figures"]});
        println!("{}", serde_json::to_string_pretty(&object)?);
    } else {
        println!("{before}\n\n{}\n\n{}", page::text(&runs), goals::table(&runs).as_text());
    }
    Ok(if runs.iter().all(|run| is_sound(run, args.short)) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[expect(clippy::print_stderr, reason = "the figures are on stdout; this is for who waits")]
fn all(program: &Path, cases: Vec<Case>) -> Vec<Run> {
    let count = cases.len();
    let one = |(i, case): (usize, Case)| {
        eprint!("bench: {} of {count}: {} … ", i + 1, case.words());
        let lasts = Duration::from_secs(case.lasts_s().into());
        let run = Run { shown: harness::run(program, &case.arguments(), lasts), case };
        eprintln!("{}", page::words(&run));
        run
    };
    cases.into_iter().enumerate().map(one).collect()
}

/// What has to be known about the machine and the peers to read the figures.
fn conditions() -> String {
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let busy = load.split(' ').next().unwrap_or("?").to_owned();
    let of = |name: &str| format!("{name} {}", harness::version(name).unwrap_or_default());
    let peers = ["iroh", "iroh-gossip", "libp2p", "libp2p-gossipsub"].map(of).join(", ");
    format!("{cores} processor cores, load average before {busy}; {peers}")
}

/// Ours must give figures and never a wrong byte; in the short run everybody is reached.
fn is_sound(run: &Run, everybody: bool) -> bool {
    if run.case.who != Who::Openred {
        return true;
    }
    let all = |percent: f64| !everybody || percent >= 100.0;
    run.shown.as_ref().is_ok_and(|shown| shown.wrong == 0 && shown.messages > 0 && all(shown.reached_percent))
}
