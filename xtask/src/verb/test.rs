//! `cargo xtask test`: everything that must hold, in the order that finds faults soonest without needing
//! anything that a later stage builds. The last line is what counts.

use std::process::ExitCode;

use crate::report::{Report, Tally};
use crate::{Result, counts, coverage, process, tools, verb, web};

/// Everything: tools, app, format, lints, licences, tests, generated calls, browser story.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only the stages of the Rust part.
    #[arg(long)]
    rust: bool,
}

/// Runs all stages and prints the table.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let mut report = Report::default();
    report.stage("tools", tools::prepare);
    if !args.rust {
        report.stage("web", app);
    }
    verb::check::stages(&mut report);
    report.stage("rust tests", rust);
    report.stage("story of three nodes", verb::demo::stage);
    report.stage("contract", verb::contract::stage);
    if !args.rust {
        report.stage("browser", verb::e2e::story);
        let (ran, excused) = (report.ran(), report.excused());
        report.stage("coverage ran", || coverage::check_ran(&ran, &excused));
    }
    Ok(report.finish())
}

fn app() -> Result<Tally> {
    if !web::present() {
        return Ok(Tally::skip("there is no app in web/"));
    }
    if process::find(&["npm"]).is_none() {
        return Ok(Tally::skip_all(coverage::titles_in("web/test")?, "npm is not installed"));
    }
    web::test()
}

fn rust() -> Result<Tally> {
    process::shown(process::cargo().args(["test", "--quiet", "--workspace", "--no-run"]))?;
    let mut tally = Tally::default();
    let mut cargo = process::cargo();
    cargo.args(["test", "--workspace", "--no-fail-fast"]);
    let well = process::watched(&mut cargo, |line| counts::rust_line(line, &mut tally))?;
    if !well && tally.failed == 0 {
        tally.failed = 1;
    }
    if tally.passed == 0 {
        return Err("no Rust test ran".into());
    }
    Ok(tally)
}
