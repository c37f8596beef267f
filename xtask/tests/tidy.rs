//! Rules about the shape of the code that no compiler and no lint holds. Every exception stands in
//! `EXCEPTIONS` with its reason, and an exception that nothing needs any more is itself a fault.

#![expect(clippy::unwrap_used, reason = "a rule that cannot read the tree has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// (rule, path inside the repository or the beginning of it, reason)
const EXCEPTIONS: &[(&str, &str, &str)] = &[(
    "sql",
    "crates/openred-service/src/database/migration.rs",
    "the table that counts migrations must exist before any store does",
)];

/// Words that open a statement in SQL. Written as they are written in queries, in capitals.
const SQL: [&str; 9] = [
    "SELECT ",
    "INSERT INTO ",
    "INSERT OR ",
    "DELETE FROM ",
    "CREATE TABLE ",
    "CREATE INDEX ",
    "CREATE UNIQUE ",
    "ALTER TABLE ",
    "DROP TABLE ",
];

/// Crates that open something: sockets, files, databases, runtimes. The pure crates have none of them.
const OPENS_SOMETHING: [&str; 12] = [
    "async-std",
    "axum",
    "hyper",
    "mio",
    "postgres",
    "reqwest",
    "rusqlite",
    "socket2",
    "tempfile",
    "tokio",
    "ureq",
    "snow",
];

#[test]
fn every_module_begins_with_what_it_is_for() {
    let missing = sources().into_iter().filter(|s| !s.text.trim_start().starts_with("//!"));
    refuse("begins with //!", missing.map(|s| (s.path, "does not begin with //!".to_owned())));
}

#[test]
fn sql_stands_in_store_files_only() {
    let elsewhere = shipped().into_iter().filter(|s| s.name() != "store.rs" && !s.path.contains("/store/"));
    refuse("sql", elsewhere.flat_map(|s| s.lines_with(&SQL)));
}

#[test]
fn routes_stand_in_http_files_only() {
    let elsewhere = shipped().into_iter().filter(|s| {
        !matches!(s.name(), "http.rs" | "router.rs")
            && !s.path.contains("/http/")
            && !s.path.contains("/router/")
    });
    let marks = [".route(\"", ".route(\n", "routes!(", "utoipa::path("];
    refuse("routes", elsewhere.flat_map(|s| s.lines_with(&marks)));
}

#[test]
fn no_file_is_a_drawer_for_odds_and_ends() {
    let drawers = ["util", "utils", "common", "helper", "helpers", "misc"];
    let found = sources().into_iter().filter(|s| {
        let path = Path::new(&s.path);
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let folder = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
        drawers.contains(&stem.as_str()) || drawers.contains(&folder.as_ref())
    });
    refuse("names", found.map(|s| (s.path, "is named after nothing".to_owned())));
}

#[test]
fn nothing_is_left_for_later_or_switched_off() {
    // Put together here, so that this file does not hold what it forbids.
    let marks: Vec<String> = [("FIX", "ME"), ("db", "g!("), ("#[ign", "ore"), ("#[should", "_panic")]
        .iter()
        .map(|(a, b)| format!("{a}{b}"))
        .collect();
    let marks: Vec<&str> = marks.iter().map(String::as_str).collect();
    refuse("left over", sources().into_iter().flat_map(|s| s.lines_with(&marks)));
}

#[test]
fn our_crates_have_no_features() {
    let with = manifests().into_iter().filter(|m| m.table.contains_key("features"));
    refuse("features", with.map(|m| (m.path, "has [features]".to_owned())));
}

#[test]
fn arrows_between_crates_are_those_of_the_map() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let drawn = drawn_arrows(&text);
    assert!(!drawn.is_empty(), "ARCHITECTURE.md has no ```arrows block");
    let real: BTreeMap<String, BTreeSet<String>> = manifests()
        .iter()
        .map(|m| (m.name(), m.dependencies().filter(|d| d.starts_with("openred")).collect()))
        .collect();
    assert_eq!(real, drawn, "left: Cargo.toml files, right: the ```arrows block of ARCHITECTURE.md");
}

#[test]
fn pure_crates_open_nothing() {
    let pure =
        manifests().into_iter().filter(|m| matches!(m.name().as_str(), "openred-core" | "openred-proto"));
    let impure = pure.flat_map(|m| {
        let opens: Vec<String> = m.dependencies().filter(|d| OPENS_SOMETHING.contains(&d.as_str())).collect();
        opens.into_iter().map(move |d| (m.path.clone(), format!("depends on {d}")))
    });
    refuse("pure", impure);
}

#[test]
fn the_reader_of_arrows_reads_arrows() {
    let drawn = drawn_arrows("text\n```arrows\na -> b c\nb ->\n```\nx -> y\n");
    assert_eq!(drawn.len(), 2, "only lines of the block count");
    assert_eq!(drawn["a"], BTreeSet::from(["b".to_owned(), "c".to_owned()]));
}

struct Source {
    path: String,
    text: String,
}

impl Source {
    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Lines of code (not comments) that hold one of the marks.
    fn lines_with(&self, marks: &[&str]) -> Vec<(String, String)> {
        let lines = self.text.split_inclusive('\n').enumerate();
        let hits =
            lines.filter(|(_, l)| !l.trim_start().starts_with("//") && marks.iter().any(|m| l.contains(m)));
        hits.map(|(n, l)| (self.path.clone(), format!("line {}: {}", n + 1, l.trim()))).collect()
    }
}

struct Manifest {
    path: String,
    table: toml::Table,
}

impl Manifest {
    fn name(&self) -> String {
        self.table["package"]["name"].as_str().unwrap_or_default().to_owned()
    }

    /// What the crate itself links; what only its tests use is left out.
    fn dependencies(&self) -> impl Iterator<Item = String> {
        let mut names: Vec<String> = Vec::new();
        for table in ["dependencies", "build-dependencies"] {
            names.extend(
                self.table.get(table).and_then(|t| t.as_table()).into_iter().flat_map(|t| t.keys().cloned()),
            );
        }
        if let Some(targets) = self.table.get("target").and_then(|t| t.as_table()) {
            for target in targets.values() {
                let table = target.get("dependencies").and_then(|t| t.as_table());
                names.extend(table.into_iter().flat_map(|t| t.keys().cloned()));
            }
        }
        names.into_iter()
    }
}

/// Fails with every offender that has no exception, and with every exception that has no offender.
fn refuse(rule: &str, found: impl IntoIterator<Item = (String, String)>) {
    let found: Vec<(String, String)> = found.into_iter().collect();
    let excuses = EXCEPTIONS.iter().filter(|(r, _, _)| *r == rule);
    let (mut wrong, mut idle) = (Vec::new(), Vec::new());
    for (path, what) in &found {
        if !excuses.clone().any(|(_, p, _)| path.starts_with(p)) {
            wrong.push(format!("{path}: {what}"));
        }
    }
    for (_, path, reason) in excuses {
        if !found.iter().any(|(p, _)| p.starts_with(path)) {
            idle.push(format!("{path}: nothing needs this exception any more ({reason})"));
        }
    }
    assert!(
        wrong.is_empty() && idle.is_empty(),
        "rule \"{rule}\":\n{}\n{}",
        wrong.join("\n"),
        idle.join("\n")
    );
}

/// Lines `a -> b c` of the block that begins with ```arrows.
fn drawn_arrows(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let block =
        text.split("```arrows\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap_or_default();
    let lines = block.lines().filter_map(|l| l.split_once("->"));
    lines
        .map(|(from, to)| (from.trim().to_owned(), to.split_whitespace().map(str::to_owned).collect()))
        .collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    for folder in ["crates", "testing", "xtask"] {
        walk(&root().join(folder), &mut |path| {
            if path.extension().is_some_and(|e| e == "rs") {
                found.push(Source { path: inside(path), text: fs::read_to_string(path).unwrap() });
            }
        });
    }
    assert!(found.len() > 20, "the walk finds the sources");
    found
}

/// What is compiled into the programs: no tests and examples, and of a module only what stands before
/// its tests (they come last).
fn shipped() -> Vec<Source> {
    let mut found = sources();
    found.retain(|s| !s.path.contains("/tests/") && !s.path.contains("/examples/") && s.name() != "tests.rs");
    for source in &mut found {
        let test_modules = source.text.match_indices("#[cfg(test)]\nmod ");
        let bodies = test_modules.map(|(at, _)| at).find(|at| declares_a_body(&source.text[*at..]));
        if let Some(at) = bodies {
            source.text.truncate(at);
        }
    }
    found
}

fn declares_a_body(module: &str) -> bool {
    module.lines().nth(1).is_some_and(|line| line.trim_end().ends_with('{'))
}

fn manifests() -> Vec<Manifest> {
    let mut found = Vec::new();
    walk(&root().join("crates"), &mut |path| {
        if path.file_name().is_some_and(|n| n == "Cargo.toml") {
            let table = fs::read_to_string(path).unwrap().parse().unwrap();
            found.push(Manifest { path: inside(path), table });
        }
    });
    assert!(!found.is_empty(), "the walk finds the crates");
    found
}

fn walk(folder: &Path, visit: &mut dyn FnMut(&Path)) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            if path.file_name().is_none_or(|n| n != "target") {
                walk(&path, visit);
            }
        } else {
            visit(&path);
        }
    }
}

fn inside(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_string_lossy().into_owned()
}
