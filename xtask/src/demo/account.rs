//! The account of a told story: each step, who saw it, how long it took, and figures.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::Result;
use crate::bench::table::quantile_ms;
use crate::report::Tally;
use crate::stopwatch::{Stopwatch, words};

/// One thing that was to be seen.
#[derive(Debug)]
struct Step {
    what: String,
    time: Duration,
    fault: Option<String>,
}

/// Everything that happened.
#[derive(Debug)]
pub(crate) struct Account {
    steps: Vec<Step>,
    figures: BTreeMap<&'static str, f64>,
    aloud: bool,
}

impl Account {
    /// An empty account; `aloud` prints each step as it ends.
    pub(crate) fn new(aloud: bool) -> Self {
        Self { steps: Vec::new(), figures: BTreeMap::new(), aloud }
    }

    /// Does one step and writes it down; its fault ends the story.
    pub(crate) fn step<T>(&mut self, what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let watch = Stopwatch::start();
        let done = work();
        let time = watch.elapsed();
        if self.aloud {
            let mark = if done.is_ok() { "✓" } else { "✗" };
            println!("  {mark} {what:<74}{:>8}", words(time));
        }
        let fault = done.as_ref().err().map(ToString::to_string);
        self.steps.push(Step { what: what.to_owned(), time, fault });
        done
    }

    /// Keeps a number, its unit last in its name.
    pub(crate) fn figure(&mut self, name: &'static str, value: f64) {
        self.figures.insert(name, (value * 100.0).round() / 100.0);
    }

    /// The middle and the slow end of times, in milliseconds.
    pub(crate) fn quantiles(&mut self, names: [&'static str; 2], times: &mut [Duration]) {
        let (middle, slow) = (quantile_ms(times, 0.5), quantile_ms(times, 0.99));
        self.figure(names[0], middle);
        self.figure(names[1], slow);
    }

    /// The same for the table of a longer run.
    pub(crate) fn tally(&self) -> Tally {
        let failed = self.steps.iter().filter(|s| s.fault.is_some()).count();
        let told = self.steps.iter().filter(|s| s.fault.is_none()).map(|s| s.what.clone());
        Tally { passed: self.steps.len() - failed, failed, ran: told.collect(), ..Tally::default() }
    }

    /// True when there is a step and none failed.
    pub(crate) fn well(&self) -> bool {
        !self.steps.is_empty() && self.steps.iter().all(|s| s.fault.is_none())
    }

    /// For `--json`.
    pub(crate) fn as_json(&self) -> Value {
        let steps: Vec<Value> = self.steps.iter().map(Step::as_json).collect();
        let total: Duration = self.steps.iter().map(|s| s.time).sum();
        json!({"ok": self.well(), "steps": steps, "figures": self.figures, "total_ms": millis(total)})
    }

    /// For a person.
    pub(crate) fn summary(&self) -> String {
        let total = words(self.steps.iter().map(|s| s.time).sum());
        let failed = self.steps.iter().find_map(|s| Some((s, s.fault.as_ref()?)));
        if let Some((step, fault)) = failed {
            return format!("The story broke off at \"{}\": {fault}", step.what);
        }
        let figures = self.figures.iter().map(|(name, value)| format!("  {name:<28}{value:>12}"));
        let figures: Vec<String> = figures.collect();
        format!("{} steps in {total}, each seen by somebody else\n{}", self.steps.len(), figures.join("\n"))
    }
}

impl Step {
    fn as_json(&self) -> Value {
        json!({"step": self.what, "ms": millis(self.time), "ok": self.fault.is_none(), "fault": self.fault})
    }
}

fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_makes_the_whole_account_fail() {
        let mut account = Account::new(false);
        assert!(!account.well(), "nothing told is not well told");
        account.step("ana posts", || Ok(())).unwrap();
        assert!(account.well());
        assert!(account.step("ben reads", || Err::<(), _>("nothing there".into())).is_err());
        assert!(!account.well());
        assert_eq!(account.as_json()["steps"][1]["fault"], "nothing there");
    }
}
