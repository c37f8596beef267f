//! Stages with their counts and times, and the closing table and line.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

use crate::Result;
use crate::stopwatch::{Stopwatch, words};

/// What a stage counted.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    /// What was left out, each with its reason.
    pub(crate) skipped: Vec<String>,
    /// Names of the tests that ran and passed.
    pub(crate) ran: BTreeSet<String>,
    /// Names of tests that said they could not do their work.
    pub(crate) excused: BTreeSet<String>,
}

impl Tally {
    /// One thing that was checked and is well.
    pub(crate) fn one() -> Self {
        Self { passed: 1, ..Self::default() }
    }

    /// One thing that was left out, by name and reason.
    pub(crate) fn skip(what: impl Into<String>) -> Self {
        Self { skipped: vec![what.into()], ..Self::default() }
    }

    /// Tests that were left out, each by its name and for the same reason.
    pub(crate) fn skip_all(names: impl IntoIterator<Item = String>, why: &str) -> Self {
        let mut tally = Self::default();
        for name in names {
            tally.skipped.push(format!("{name} ({why})"));
            tally.excused.insert(name);
        }
        tally
    }

    /// Adds another count to this one.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped.extend(other.skipped);
        self.ran.extend(other.ran);
        self.excused.extend(other.excused);
    }
}

#[derive(Debug)]
struct Stage {
    name: String,
    tally: Tally,
    time: Duration,
}

/// All stages of one run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    stages: Vec<Stage>,
}

impl Report {
    /// Runs one stage, prints its heading, keeps its counts. A fault counts as one failure, and the next
    /// stage still runs.
    pub(crate) fn stage(&mut self, name: &str, work: impl FnOnce() -> Result<Tally>) {
        println!("\n== {name}");
        let watch = Stopwatch::start();
        let tally = work().unwrap_or_else(|fault| {
            println!("{fault}");
            Tally { failed: 1, ..Tally::default() }
        });
        let time = watch.elapsed();
        println!("-- {name}: {}, {}", verdict(&tally), words(time));
        self.stages.push(Stage { name: name.to_owned(), tally, time });
    }

    /// Names of all tests that ran and passed so far.
    pub(crate) fn ran(&self) -> BTreeSet<String> {
        self.stages.iter().flat_map(|s| s.tally.ran.iter().cloned()).collect()
    }

    /// Names of all tests that were skipped so far; [`finish`](Self::finish) prints each.
    pub(crate) fn excused(&self) -> BTreeSet<String> {
        self.stages.iter().flat_map(|s| s.tally.excused.iter().cloned()).collect()
    }

    /// Prints the table, the skips and the closing line.
    pub(crate) fn finish(self) -> ExitCode {
        println!("\n{:<28}{:>8}{:>8}{:>9}   time", "stage", "passed", "failed", "skipped");
        let mut all = Tally::default();
        let mut time = Duration::ZERO;
        for stage in self.stages {
            let Tally { passed, failed, ref skipped, .. } = stage.tally;
            let took = words(stage.time);
            println!("{:<28}{passed:>8}{failed:>8}{:>9}   {took}", stage.name, skipped.len());
            time += stage.time;
            all.add(stage.tally);
        }
        println!("{:<28}{:>8}{:>8}{:>9}   {}", "all", all.passed, all.failed, all.skipped.len(), words(time));
        for what in &all.skipped {
            println!("skipped: {what}");
        }
        println!("\n{} passed, {} failed, {} skipped", all.passed, all.failed, all.skipped.len());
        if all.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

fn verdict(tally: &Tally) -> String {
    let mut said = format!("{} passed", tally.passed);
    if tally.failed > 0 {
        said += &format!(", {} FAILED", tally.failed);
    }
    if !tally.skipped.is_empty() {
        said += &format!(", {} skipped", tally.skipped.len());
    }
    said
}
