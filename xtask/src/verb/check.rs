//! `cargo xtask check`: what needs no test to run. Format, lints, documentation, licences and bans,
//! the files of deploy/, coverage of the specifications.

use std::process::ExitCode;

use crate::report::{Report, Tally};
use crate::{Result, coverage, deploy, licences, process};

/// Runs the checks and prints the table.
pub(crate) fn run() -> Result<ExitCode> {
    let mut report = Report::default();
    stages(&mut report);
    Ok(report.finish())
}

/// The same stages as part of a longer run.
pub(crate) fn stages(report: &mut Report) {
    report.stage("format", format);
    report.stage("lints", lints);
    report.stage("documentation", documentation);
    report.stage("licences and bans", licences_and_bans);
    report.stage("files of deploy", deploy::check);
    report.stage("coverage", coverage::check);
}

fn format() -> Result<Tally> {
    process::quiet(process::cargo().args(["fmt", "--all", "--check"]))?;
    Ok(Tally::one())
}

fn lints() -> Result<Tally> {
    let mut clippy = process::cargo();
    process::shown(clippy.args([
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))?;
    Ok(Tally::one())
}

fn documentation() -> Result<Tally> {
    let mut doc = process::cargo();
    doc.args(["doc", "--quiet", "--workspace", "--no-deps"]);
    process::shown(doc.env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(Tally::one())
}

fn licences_and_bans() -> Result<Tally> {
    if process::find(&["cargo-deny"]).is_some() {
        process::shown(process::cargo().args(["deny", "check", "bans", "licenses", "sources"]))?;
    } else {
        let account = licences::check()?;
        println!(
            "cargo-deny is not installed: built-in check of deny.toml against cargo metadata: {account}"
        );
    }
    Ok(Tally::one())
}
