//! `cargo xtask fuzz`: the tests with `fuzz` in their name, with many more inputs than `test` gives them.

use std::process::ExitCode;

use crate::report::{Report, Tally};
use crate::{Result, counts, process};

/// The tests that feed mutated bytes to every parser.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Mutated inputs for each parser.
    #[arg(long, default_value_t = 2_000_000)]
    iterations: u64,
    /// Only tests whose name contains this besides `fuzz`.
    #[arg(default_value = "fuzz")]
    filter: String,
}

/// Runs them in a release build: a debug build would spend its time elsewhere.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let mut report = Report::default();
    report.stage("fuzz", || {
        let mut tally = Tally::default();
        let mut cargo = process::cargo();
        cargo.args(["test", "--release", "--workspace", "--lib", "--tests", "--no-fail-fast", "--"]);
        cargo.arg(&args.filter).env("OPENRED_FUZZ_ITERATIONS", args.iterations.to_string());
        let well = process::watched(&mut cargo, |line| counts::rust_line(line, &mut tally))?;
        if tally.passed + tally.failed == 0 {
            return Err(format!("no test has {:?} in its name", args.filter).into());
        }
        if !well && tally.failed == 0 {
            tally.failed = 1;
        }
        Ok(tally)
    });
    Ok(report.finish())
}
