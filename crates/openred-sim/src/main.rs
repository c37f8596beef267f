//! `openred-sim`: plays scenarios and says what came out. Must not know: what they mean.

#![expect(clippy::print_stdout, reason = "a command line tool speaks on stdout")]

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use openred_sim::{
    report::{self, Cost},
    scenario::{self, Choice, Scenario},
};

/// Plays scenarios of the overlay in virtual time. Exit code 0: every promise held; 1: one broke; 2: cannot play.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask sim", bin_name = "cargo xtask sim")]
struct Args {
    /// Which one, or `all`.
    #[arg(long, default_value = "calm")]
    scenario: String,
    /// Everything follows from it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// So many seeds, from `--seed` on.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// Nodes, instead of what the scenario likes.
    #[arg(long)]
    nodes: Option<usize>,
    /// Virtual hours of talk, instead of what the scenario likes.
    #[arg(long)]
    hours: Option<f64>,
    /// One JSON object per run, one per line.
    #[arg(long)]
    json: bool,
    /// Every node checks every signature by itself.
    #[arg(long)]
    real_crypto: bool,
    /// Writes SCENARIO-SEED.svg and .json there.
    #[arg(long)]
    out: Option<PathBuf>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let chosen: Vec<&Scenario> = match args.scenario.as_str() {
        "all" => scenario::ALL.iter().collect(),
        name => scenario::named(name).into_iter().collect(),
    };
    if chosen.is_empty() {
        let names: Vec<_> = scenario::ALL.iter().map(|scenario| scenario.name).collect();
        println!("There is no scenario {:?}. There are: all {}", args.scenario, names.join(" "));
        return ExitCode::from(2);
    }
    let mut well = true;
    for scenario in chosen {
        for seed in args.seed..args.seed.saturating_add(args.seeds) {
            match play(scenario, seed, &args) {
                Ok(held) => well &= held,
                Err(fault) => {
                    println!("The report cannot be written: {fault}");
                    return ExitCode::from(2);
                }
            }
        }
    }
    if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn play(scenario: &Scenario, seed: u64, args: &Args) -> Result<bool, std::io::Error> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    let talk_ms = args.hours.map(|hours| (hours * 3_600_000.0) as u64);
    let choice = Choice { seed, nodes: args.nodes, talk_ms, real_crypto: args.real_crypto, stops: false };
    let (began_s, began) = (cpu_s(), memory("VmRSS:"));
    let outcome = scenario.run(choice);
    let grown = memory("VmRSS:").saturating_sub(began);
    let cost = Cost { cpu_s: cpu_s() - began_s, grown, most: memory("VmHWM:") };
    let as_json = report::json(scenario, seed, &outcome, cost);
    if args.json {
        println!("{as_json}");
    } else if args.seeds == 1 || !outcome.is_well() {
        print!("{}", report::table(scenario, seed, &outcome, cost));
    } else {
        println!("{} (seed {seed}): well, {:.1} s", scenario.name, cost.cpu_s);
    }
    if !outcome.is_well() && !args.json {
        println!("  Again: {}", again(scenario, seed, args));
    }
    if let Some(folder) = &args.out {
        fs::create_dir_all(folder)?;
        let title = format!("{}, seed {seed}, {} nodes", scenario.name, outcome.world.nodes.len());
        let file = |ending| folder.join(format!("{}-{seed}.{ending}", scenario.name));
        fs::write(file("svg"), report::svg(&title, &outcome.samples))?;
        fs::write(file("json"), as_json.to_string())?;
    }
    Ok(outcome.is_well())
}

fn again(scenario: &Scenario, seed: u64, args: &Args) -> String {
    let mut command = format!("cargo xtask sim --scenario {} --seed {seed}", scenario.name);
    if let Some(nodes) = args.nodes {
        command.push_str(&format!(" --nodes {nodes}"));
    }
    if let Some(hours) = args.hours {
        command.push_str(&format!(" --hours {hours}"));
    }
    if args.real_crypto {
        command.push_str(" --real-crypto");
    }
    command
}

/// Bytes of memory that this process has (`VmRSS:`) or ever had at most (`VmHWM:`), where the system says so.
fn memory(which: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(which));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// Seconds of processor time of this process, where the system says so: who else runs does not matter.
fn cpu_s() -> f64 {
    /// As Linux reports it to every process.
    const TICKS_PER_S: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks = after_name.split(' ').skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS_PER_S
}
