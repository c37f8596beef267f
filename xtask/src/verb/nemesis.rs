//! `cargo xtask nemesis`: real servers and nodes that are killed, or restarted with care, while clients keep lists of what was
//! acknowledged to them. Knows nothing of relays and nodes: the tests of `crates/openred` say what they tried.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use serde_json::Value;

use crate::{Result, counts, process, report::Tally};

/// Servers under attack, and clients that count.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which servers.
    #[arg(value_enum)]
    servers: Servers,
    /// How long.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    minutes: u64,
    /// For relays, a rolling restart with care instead of kills: 99.9 % of all calls are to be served within 5 s.
    #[arg(long)]
    rolling: bool,
    /// One JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Servers {
    /// Three relays that are one, over PostgreSQL and Redis, behind HAProxy.
    Relay,
    /// Twelve nodes, two relays and a directory; people write to each other meanwhile.
    Delivery,
}

impl Args {
    /// The test that does it.
    fn test(&self) -> Result<&'static str> {
        Ok(match (self.servers, self.rolling) {
            (Servers::Relay, false) => {
                "nemesis::what_a_relay_of_several_processes_acknowledged_survives_all_kills"
            }
            (Servers::Relay, true) => {
                "nemesis::who_tries_again_is_served_within_five_seconds_while_everything_is_restarted"
            }
            (Servers::Delivery, false) => {
                "delivery::what_people_wrote_arrives_once_and_in_order_though_everything_fails"
            }
            (Servers::Delivery, true) => return Err("--rolling is for relays".into()),
        })
    }
}

/// Runs it; the exit code says whether nothing was lost and, with `--rolling`, whether the servers were there.
///
/// # Errors
/// A kind of trouble that these servers have no trial for, or cargo cannot be started.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let report = std::env::temp_dir().join(format!("openred-nemesis-{}.txt", std::process::id()));
    let mut cargo = process::cargo();
    cargo.args(["test", "--package", "openred", "--test", "it", "--", "--exact", args.test()?]);
    cargo.env("OPENRED_NEMESIS_MINUTES", args.minutes.to_string()).env("OPENRED_NEMESIS_REPORT", &report);
    let (mut said, mut tally) = (Vec::new(), Tally::default());
    let well = process::watched(&mut cargo, |line| {
        counts::rust_line(line, &mut tally);
        said.push(line.to_owned());
        false
    })?;
    let figures = read(&report)?;
    match &figures {
        Some(figures) if args.json => println!("{}", serde_json::to_string_pretty(figures)?),
        Some(figures) => table(figures),
        None => {}
    }
    for what in &tally.skipped {
        println!("SKIPPED: {what}");
    }
    let well = well && figures.is_some();
    if !well {
        println!("{}", said.join("\n"));
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read(report: &Path) -> Result<Option<Value>> {
    let text = fs::read_to_string(report).unwrap_or_default();
    let _may_not_be_there = fs::remove_file(report);
    text.lines().last().map(|line| Ok(serde_json::from_str(line)?)).transpose()
}

fn table(figures: &Value) {
    for (name, value) in figures.as_object().into_iter().flatten() {
        println!("{:<18} {value}", name.replace('_', " "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_the_report_counts_and_a_missing_report_is_none() {
        let file = std::env::temp_dir().join(format!("openred-nemesis-test-{}.txt", std::process::id()));
        assert_eq!(read(&file).unwrap(), None);
        fs::write(&file, "{\"lost\":1}\n{\"lost\":0}\n").unwrap();
        assert_eq!(read(&file).unwrap().unwrap()["lost"], 0);
        assert!(!file.exists(), "it is read once");
    }
}
