//! `cargo xtask crash`: stores of real processes whose disk fails at every place where it can. Knows nothing of stores: the
//! tests of `testing/faultfs` say what they tried.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use crate::{Result, process};

/// Stores under faults of the disk.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Places tried for each fault of each store; there are at most 300.
    #[arg(long, default_value_t = 300)]
    places: usize,
    /// One JSON array instead of a table.
    #[arg(long)]
    json: bool,
}

/// One store and one fault, as the tests report it.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Line {
    store: String,
    fault: String,
    places: u64,
    failures: u64,
    ms: u64,
}

/// Runs them; the exit code says whether nothing failed.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let report = std::env::temp_dir().join(format!("openred-crash-{}.txt", std::process::id()));
    let mut cargo = process::cargo();
    cargo.args(["test", "--package", "faultfs", "--test", "it", "--no-fail-fast", "--", "survive"]);
    cargo.env("OPENRED_CRASH_PLACES", args.places.to_string()).env("OPENRED_CRASH_REPORT", &report);
    let mut said = Vec::new();
    let well = process::watched(&mut cargo, |line| {
        said.push(line.to_owned());
        false
    })?;
    let lines = read(&report)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&lines)?);
    } else {
        table(&lines);
    }
    if !well {
        println!("{}", said.join("\n"));
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read(report: &Path) -> Result<Vec<Line>> {
    let text = fs::read_to_string(report).unwrap_or_default();
    let _may_not_be_there = fs::remove_file(report);
    let mut lines = text.lines().map(parse).collect::<Result<Vec<Line>>>()?;
    lines.sort_by(|a, b| (&a.store, &a.fault).cmp(&(&b.store, &b.fault)));
    Ok(lines)
}

fn parse(line: &str) -> Result<Line> {
    let words: Vec<&str> = line.split(' ').collect();
    let [store, fault, places, failures, ms] = words.as_slice() else {
        return Err(format!("not a line of the report: {line:?}").into());
    };
    let (store, fault) = ((*store).to_owned(), (*fault).to_owned());
    Ok(Line { store, fault, places: places.parse()?, failures: failures.parse()?, ms: ms.parse()? })
}

fn table(lines: &[Line]) {
    println!("{:<8} {:<8} {:>8} {:>10} {:>10}", "store", "fault", "places", "failures", "seconds");
    for line in lines {
        let seconds = line.ms as f64 / 1_000.0;
        println!(
            "{:<8} {:<8} {:>8} {:>10} {seconds:>10.1}",
            line.store, line.fault, line.places, line.failures
        );
    }
    let (places, failures) =
        lines.iter().fold((0, 0), |sum, line| (sum.0 + line.places, sum.1 + line.failures));
    println!("{places} places, {failures} failures");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_report_is_read_and_anything_else_refused() {
        let line = parse("mail tear 300 2 41000").unwrap();
        assert_eq!((line.store.as_str(), line.fault.as_str()), ("mail", "tear"));
        assert_eq!((line.places, line.failures, line.ms), (300, 2, 41_000));
        assert!(parse("mail tear 300").is_err() && parse("mail tear x 0 1").is_err());
    }
}
