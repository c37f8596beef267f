//! `docs/spec-coverage.md`: one row for every endpoint, type, table, feature and number of the
//! specifications. A row that claims something names where it lives and which test holds it; this reader
//! checks that both exist, and after a full run that the tests really ran. The same for the promises of
//! `SECURITY.md`, and for the features of private content in `docs/features.md`.

use std::collections::BTreeSet;
use std::fs;

use crate::report::Tally;
use crate::{Result, place};

const FILE: &str = "docs/spec-coverage.md";
/// The promises: their numbered rows name tests too.
const PROMISES: &str = "SECURITY.md";
/// What people can do in private: the last cell of each row names tests.
const FEATURES: &str = "docs/features.md";

/// What a row claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// All of it is there.
    Done,
    /// Some of it is there; the row says what.
    Part,
    /// Done another way on purpose; DESIGN's departures say why.
    Departure,
    /// Nothing claimed.
    NotYet,
}

#[derive(Debug)]
struct Row {
    line: usize,
    item: String,
    places: Vec<String>,
    tests: Vec<String>,
    state: State,
}

/// Reads the table; every place must exist and every test must be found in the sources.
pub(crate) fn check() -> Result<Tally> {
    let rows = parse(&fs::read_to_string(place::at(FILE))?)?;
    let names = known_tests()?;
    let mut wrong = Vec::new();
    for row in &rows {
        wrong.extend(row.missing_places());
        let unknown = row.tests.iter().filter(|t| !names.iter().any(|n| n == *t));
        wrong.extend(unknown.map(|t| row.complain(&format!("no test is called `{t}`"))));
    }
    for name in promised_tests(&fs::read_to_string(place::at(PROMISES))?)? {
        if !names.contains(&name) {
            wrong.push(format!("{PROMISES}: no test is called `{name}`"));
        }
    }
    for name in feature_tests(&fs::read_to_string(place::at(FEATURES))?)? {
        if !names.contains(&name) {
            wrong.push(format!("{FEATURES}: no test is called `{name}`"));
        }
    }
    if !wrong.is_empty() {
        return Err(wrong.join("\n").into());
    }
    let open = rows.iter().filter(|r| r.state == State::NotYet).count();
    println!("{} rows, {open} of them not yet", rows.len());
    Ok(Tally::one())
}

/// After a full run: each test named by a row is among those that ran and passed. One that was skipped by its name
/// is excused, and said again here; one of which nothing was heard is a fault.
pub(crate) fn check_ran(ran: &BTreeSet<String>, excused: &BTreeSet<String>) -> Result<Tally> {
    let rows = parse(&fs::read_to_string(place::at(FILE))?)?;
    let promised = promised_tests(&fs::read_to_string(place::at(PROMISES))?)?;
    let named = rows.iter().flat_map(|row| row.tests.iter().map(|t| (t.as_str(), row.place())));
    let named = named.chain(promised.iter().map(|t| (t.as_str(), PROMISES.to_owned())));
    let features = feature_tests(&fs::read_to_string(place::at(FEATURES))?)?;
    let named = named.chain(features.iter().map(|t| (t.as_str(), FEATURES.to_owned())));
    let (faults, excuses) = judge(named, ran, excused);
    excuses.iter().for_each(|excuse| println!("{excuse}"));
    if faults.is_empty() { Ok(Tally::one()) } else { Err(faults.join("\n").into()) }
}

/// What is wrong, and what is excused, among tests that are named somewhere.
fn judge<'a>(
    named: impl Iterator<Item = (&'a str, String)>,
    ran: &BTreeSet<String>,
    excused: &BTreeSet<String>,
) -> (Vec<String>, Vec<String>) {
    let (ran, excused) = (with_parts(ran), with_parts(excused));
    let (mut faults, mut excuses) = (Vec::new(), Vec::new());
    for (test, place) in named.filter(|(test, _)| !ran.contains(*test)) {
        if excused.contains(test) {
            excuses.push(format!("{place}: `{test}` was skipped: nothing holds this here"));
        } else {
            faults.push(format!("{place}: `{test}` did not pass"));
        }
    }
    (faults, excuses)
}

/// A story told on two stores is a module with a test for each, so any part of the path may be its name.
fn with_parts(names: &BTreeSet<String>) -> BTreeSet<String> {
    let parts = names.iter().flat_map(|name| name.split("::").map(str::to_owned));
    names.iter().cloned().chain(parts).collect()
}

/// Titles of the tests of the app in a folder.
pub(crate) fn titles_in(folder: &str) -> Result<Vec<String>> {
    let mut titles = Vec::new();
    for file in place::files(&place::at(folder), &[".mjs", ".ts"])? {
        titles.extend(titled_tests(&fs::read_to_string(file)?));
    }
    Ok(titles)
}

impl Row {
    fn complain(&self, what: &str) -> String {
        format!("{}: {what}", self.place())
    }

    fn place(&self) -> String {
        format!("{FILE}:{} ({})", self.line, self.item)
    }

    fn missing_places(&self) -> Vec<String> {
        let gone = self.places.iter().filter(|p| !place::at(p).exists());
        gone.map(|p| self.complain(&format!("`{p}` does not exist"))).collect()
    }
}

fn parse(text: &str) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if !line.starts_with('|') || line.starts_with("|--") || line.starts_with("| spec ") {
            continue;
        }
        rows.push(parse_row(index + 1, line).map_err(|e| format!("{FILE}:{}: {e}", index + 1))?);
    }
    if rows.is_empty() { Err(format!("{FILE} has no row").into()) } else { Ok(rows) }
}

fn parse_row(line: usize, text: &str) -> Result<Row> {
    let cells: Vec<String> =
        text.trim_matches('|').replace("\\|", "¦").split('|').map(|c| c.trim().to_owned()).collect();
    let [_, item, place, test, state] = cells.as_slice() else {
        return Err(format!("{} cells where five are wanted", cells.len()).into());
    };
    let state = match state.as_str() {
        "done" => State::Done,
        "part" => State::Part,
        "departure" => State::Departure,
        "not yet" => State::NotYet,
        other => return Err(format!("state {other:?} is none of done, part, departure, not yet").into()),
    };
    let row = Row { line, item: item.clone(), places: ticked(place), tests: ticked(test), state };
    if matches!(state, State::Done | State::Part) && (row.places.is_empty() || row.tests.is_empty()) {
        return Err(format!("{item}: names no place or no test, so it is \"not yet\"").into());
    }
    Ok(row)
}

/// Tests that the promises lean on: all of the last cell of each numbered row.
fn promised_tests(text: &str) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    let mut rows = 0;
    for line in
        text.lines().filter(|l| l.starts_with("| ") && l[2..].starts_with(|c: char| c.is_ascii_digit()))
    {
        let held_by = line.trim_end_matches('|').rsplit('|').next().unwrap_or_default();
        names.extend(ticked(held_by));
        rows += 1;
        if ticked(held_by).is_empty() && held_by.trim() != "not yet" {
            return Err(format!("{PROMISES}: neither a test nor \"not yet\": {line}").into());
        }
    }
    if rows == 15 {
        Ok(names)
    } else {
        Err(format!("{PROMISES} has {rows} promises where fifteen are wanted").into())
    }
}

/// Tests that features lean on: all of the last cell of each row, or `none`.
fn feature_tests(text: &str) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    let rows = text.lines().filter(|l| l.starts_with("| ") && !l.starts_with("| feature"));
    for line in rows.filter(|line| !line.starts_with("| -")) {
        let cells: Vec<&str> = line.trim().trim_matches('|').split('|').collect();
        let held_by = cells.last().map(|cell| ticked(cell)).unwrap_or_default();
        let has_none = cells.last().is_some_and(|cell| cell.trim() == "none");
        if cells.len() != 5 || held_by.is_empty() != has_none {
            return Err(format!("{FEATURES}: five cells, the last with tests or \"none\": {line}").into());
        }
        names.extend(held_by);
    }
    Ok(names)
}

/// What stands between backticks.
fn ticked(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Names of all test functions in the sources and titles of the tests of the app.
fn known_tests() -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for folder in ["crates", "xtask"] {
        for file in place::files(&place::at(folder), &[".rs"])? {
            names.extend(rust_tests(&fs::read_to_string(file)?));
        }
    }
    names.extend(titles_in("web")?);
    Ok(names)
}

/// Functions that follow a line with a test attribute, stories that are listed for a macro which makes tests of them
/// (`name;` alone on a line), and the steps of the story that the demo tells (`account.step("…", …)`).
fn rust_tests(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut marked = false;
    for line in source.lines().map(str::trim) {
        if let Some(name) = line.strip_suffix(';').filter(|n| is_name(n)) {
            names.push(name.to_owned());
        }
        if let Some((_, title)) = line.split_once("account.step(\"") {
            names.extend(title.split('"').next().map(str::to_owned));
        }
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            marked = true;
        } else if let Some(name) = function_name(line) {
            if marked {
                names.push(name);
            }
            marked = false;
        }
    }
    names
}

fn is_name(word: &str) -> bool {
    !word.is_empty()
        && word.contains('_')
        && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn function_name(line: &str) -> Option<String> {
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let line = line.strip_prefix("async ").unwrap_or(line);
    let rest = line.strip_prefix("fn ")?;
    Some(rest.split(['(', '<']).next()?.to_owned())
}

/// First string argument of `test(…)`, `it(…)` and of a story's `step(…)`.
fn titled_tests(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    for line in source.lines().map(str::trim_start) {
        // A step may depend on what the story was given: `if (…) await step(…)`.
        let line = line.split_once("await ").map_or(line, |(_, call)| call);
        let line = line.strip_prefix("t.").unwrap_or(line);
        let Some(rest) = ["test(", "it(", "step("].iter().find_map(|call| line.strip_prefix(call)) else {
            continue;
        };
        let Some(quote) = rest.chars().next().filter(|c| "'\"`".contains(*c)) else { continue };
        names.extend(rest[1..].split(quote).next().map(str::to_owned));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_without_a_test_cannot_claim_to_be_done() {
        assert!(parse("| S1 | posts | `crates` | no test | done |").is_err());
        assert!(parse("| S1 | posts | `crates` | `a_test` | finished |").is_err(), "unknown state");
        assert!(parse("| S1 | posts | `crates` | `a_test` |").is_err(), "a cell is missing");
        let rows =
            parse("| S1 | posts | `crates` | `a_test` | done |\n| S1 | x | not yet | not yet | not yet |");
        assert_eq!(rows.unwrap().len(), 2);
    }

    #[test]
    fn a_feature_names_its_tests_or_says_that_there_is_none() {
        let head = "| feature | endpoint | screen | verb | test |\n| --- | --- | --- | --- | --- |\n";
        let with = |row: &str| feature_tests(&format!("{head}{row}"));
        let names = with("| edit | `PATCH /chats/…` | chat | — | `an_edit`, `another` |").unwrap();
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["an_edit", "another"]);
        assert!(with("| edit | — | — | — | none |").unwrap().is_empty());
        assert!(with("| edit | — | — | — | — |").is_err(), "neither");
        assert!(with("| edit | — | — | `a` |").is_err(), "a cell is missing");
    }

    #[test]
    fn tests_are_known_by_attribute_not_by_chance() {
        let source =
            "fn helper() {}\n#[test]\nfn real() {}\n#[tokio::test]\nasync fn slow() {}\nfn other() {}";
        assert_eq!(rust_tests(source), ["real", "slow"]);
        assert_eq!(rust_tests("let id = account.step(\"Ana posts\", || {"), ["Ana posts"]);
        assert_eq!(rust_tests("on_both_stores! {\n    ana_posts;\n}\nreturn;"), ["ana_posts"]);
        assert_eq!(titled_tests("test('ana posts', async () => {})\nrun('x')"), ["ana posts"]);
        assert_eq!(titled_tests("  if (url) await step('ben reads', () => {})"), ["ben reads"]);
    }

    #[test]
    fn a_named_test_that_did_not_run_is_reported() {
        let rows = parse("| S1 | posts | `crates` | `a_test` | done |").unwrap();
        assert_eq!(rows[0].tests, ["a_test"]);
        assert!(rows[0].missing_places().is_empty(), "the folder crates exists");
        let named = || ["a_test", "on_two_stores", "ana posts", "forgotten"].map(|t| (t, "row".to_owned()));
        let set = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<BTreeSet<_>>();
        let (ran, excused) = (set(&["m::a_test"]), set(&["m::on_two_stores::postgres", "ana posts"]));
        let (faults, excuses) = judge(named().into_iter(), &ran, &excused);
        assert_eq!(faults, ["row: `forgotten` did not pass"], "nobody said that it was skipped");
        assert_eq!(excuses.len(), 2, "skipped by name, and said: {excuses:?}");
    }
}
