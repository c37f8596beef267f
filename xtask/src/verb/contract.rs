//! `cargo xtask contract`: the OpenAPI documents of directory and relay keep their rules, and generated calls find nothing
//! that they do not say.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::contract::{documents, generated};
use crate::demo::running::Build;
use crate::report::{Report, Tally};
use crate::{Result, process};

/// What `test` spends on generated calls.
const STAGE_SECS: u64 = 40;

/// Generated calls from the OpenAPI documents of directory and relay.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// For so long both are called, at once.
    #[arg(long, default_value_t = 5)]
    minutes: u64,
    /// One JSON array instead of a table.
    #[arg(long)]
    json: bool,
}

/// Builds, checks, calls.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    if !args.json {
        let mut report = Report::default();
        report.stage("contract", || tried(args.minutes * 60));
        return Ok(report.finish());
    }
    let (binary, target) = built()?;
    let outcomes = generated::calls(&generated::environment(&target)?, &binary, args.minutes * 60)?;
    let rows = outcomes.iter().map(|o| {
        serde_json::json!({"service": o.service, "well": o.well, "calls": o.calls, "server_faults": o.server_faults,
                           "further": o.further, "answers": o.answers, "said": o.said})
    });
    println!("{}", serde_json::to_string_pretty(&rows.collect::<Vec<_>>())?);
    Ok(if outcomes.iter().all(|o| o.well) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The same as a short stage of `test`.
pub(crate) fn stage() -> Result<Tally> {
    tried(STAGE_SECS)
}

/// Each document and each service counts.
fn tried(seconds: u64) -> Result<Tally> {
    let (binary, target) = built()?;
    let mut tally = Tally::default();
    for which in ["--directory", "--relay"] {
        tally.add(document(&binary, which)?);
    }
    let python = match generated::environment(&target) {
        Ok(python) => python,
        Err(fault) => {
            println!("{fault}");
            tally.add(Tally::skip("generated calls to directory and relay: no Schemathesis can be had here"));
            return Ok(tally);
        }
    };
    for outcome in generated::calls(&python, &binary, seconds)? {
        show(&outcome);
        tally.add(if outcome.well { Tally::one() } else { Tally { failed: 1, ..Tally::default() } });
    }
    Ok(tally)
}

fn document(binary: &Path, which: &str) -> Result<Tally> {
    let printed = process::quiet(process::command(&binary.to_string_lossy()).args(["openapi", which]))?;
    let faults = documents::faults(&serde_json::from_str(&printed)?);
    for fault in &faults {
        println!("document {which}: {fault}");
    }
    Ok(if faults.is_empty() { Tally::one() } else { Tally { failed: 1, ..Tally::default() } })
}

fn show(outcome: &generated::Outcome) {
    println!("{}: {} calls, {} faults of the server", outcome.service, outcome.calls, outcome.server_faults);
    for (status, code, count) in &outcome.answers {
        println!("  {status} {:<24}{count:>7}", code.as_deref().unwrap_or_default());
    }
    println!("  {:.1} % answered 2xx or by a code other than of 400 and 422", outcome.further * 100.0);
    print!("{}", outcome.said);
}

/// The binary and the folder in which things are built.
fn built() -> Result<(PathBuf, PathBuf)> {
    process::shown(process::cargo().args(["build", "--quiet", "-p", "openred"]))?;
    let binary = Build::Debug.binary();
    let target = binary.ancestors().nth(2).ok_or("the binary lies nowhere")?.to_path_buf();
    Ok((binary, target))
}
