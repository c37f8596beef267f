//! `cargo xtask e2e`: the browser story. Each `web/e2e/story*.mjs` is a program that drives the shipped binary
//! through a headless Chromium (playwright-core, the system's browser). It reports in TAP, as `node:test` does; one
//! that reports nothing counts as one test by its exit code. Other files there are parts and tools.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::report::{Report, Tally};
use crate::{Result, counts, coverage, place, process, tools, web};

/// The browser story in headless Chromium.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only files whose name contains this.
    #[arg(default_value = "")]
    filter: String,
}

/// Builds what the story needs and runs it.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let mut report = Report::default();
    report.stage("browser", || programs(&args.filter));
    Ok(report.finish())
}

/// All of it, as a stage of `test`.
pub(crate) fn story() -> Result<Tally> {
    programs("")
}

fn programs(filter: &str) -> Result<Tally> {
    let files = files(filter)?;
    if files.is_empty() {
        return Ok(Tally::skip("there is no browser story in web/e2e"));
    }
    let Some(browser) = tools::chromium() else {
        return Ok(Tally::skip_all(coverage::titles_in("web/e2e")?, "no Chromium for the browser story"));
    };
    web::build_if_stale()?;
    process::shown(process::cargo().args(["build", "--quiet", "-p", "openred"]))?;
    let mut tally = Tally::default();
    for file in files {
        tally.add(program(&file, &browser)?);
    }
    Ok(tally)
}

fn files(filter: &str) -> Result<Vec<PathBuf>> {
    let mut files = place::files(&place::at("web/e2e"), &[".mjs"])?;
    let folder = place::at("web/e2e");
    files.retain(|f| {
        let name = f.file_name().unwrap_or_default().to_string_lossy();
        f.parent() == Some(&folder) && name.starts_with("story") && name.contains(filter)
    });
    Ok(files)
}

fn program(file: &PathBuf, browser: &PathBuf) -> Result<Tally> {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    println!("{name}");
    let mut tally = Tally::default();
    let mut node = process::command("node");
    node.args(["--test-reporter=tap"]).arg(file).env("CHROMIUM", browser);
    node.env("OPENRED_BIN", place::at("target/debug/openred"));
    let well = process::watched(&mut node, |line| counts::tap_line(line, &mut tally))?;
    if !well && tally.failed == 0 {
        tally.failed = 1;
    }
    if well && tally.passed == 0 && tally.skipped.is_empty() {
        return Ok(Tally { ran: [name].into(), ..Tally::one() });
    }
    Ok(tally)
}
