//! Reading the output of test runners: Rust's own, TAP (`node --test`) and vitest.

use crate::report::Tally;

/// Takes one line of `cargo test`; says whether a person wants to see it. A test that could not do its work says
/// `SKIPPED (why): its name` and then passes: it counts as skipped.
pub(crate) fn rust_line(line: &str, tally: &mut Tally) -> bool {
    if let Some((why, name)) = line.split_once("SKIPPED (").and_then(|(_, rest)| rest.split_once("): ")) {
        tally.excused.insert(name.to_owned());
        tally.skipped.push(format!("{name} ({why})"));
        return true;
    }
    let Some(rest) = line.strip_prefix("test ") else {
        return !line.is_empty() && !line.starts_with("running ");
    };
    if rest.starts_with("result: ") {
        return false;
    }
    // A child process of the test may have written between name and verdict: the verdict is at the end.
    let Some((name, verdict)) = rest.split_once(" ... ") else { return true };
    if verdict.ends_with("ok") {
        if tally.excused.contains(name) {
            return false;
        }
        tally.passed += 1;
        tally.ran.insert(name.to_owned());
        return false;
    }
    if verdict.contains("ignored") {
        tally.skipped.push(format!("{name} (ignored)"));
    } else if verdict.ends_with("FAILED") {
        tally.failed += 1;
    }
    true
}

/// Takes one line of TAP; says whether a person wants to see it. Points of all depths count; plans, versions and
/// timings are left out.
pub(crate) fn tap_line(line: &str, tally: &mut Tally) -> bool {
    let text = line.trim_start();
    let (ok, rest) = if let Some(rest) = text.strip_prefix("ok ") {
        (true, rest)
    } else if let Some(rest) = text.strip_prefix("not ok ") {
        (false, rest)
    } else {
        return text.starts_with("# ") && !TAP_NOISE.iter().any(|n| text.starts_with(n)) || tap_detail(text);
    };
    let title = rest.split_once("- ").map_or(rest, |(_, t)| t);
    if let Some((title, why)) = title.split_once(" # SKIP") {
        tally.skipped.push(format!("{} ({})", title.trim(), why.trim()));
    } else if ok {
        tally.passed += 1;
        tally.ran.insert(title.trim().to_owned());
    } else {
        tally.failed += 1;
    }
    true
}

const TAP_NOISE: [&str; 9] = [
    "# Subtest",
    "# tests",
    "# suites",
    "# pass",
    "# fail",
    "# cancelled",
    "# skipped",
    "# todo",
    "# duration_ms",
];

fn tap_detail(text: &str) -> bool {
    ["error:", "message:", "expected:", "actual:", "at ", "code:"].iter().any(|k| text.starts_with(k))
}

/// Takes one line of vitest's verbose report. Titles (`✓ file > suite > title 3ms`) are remembered; numbers come from the
/// closing summary alone (`Tests  12 passed | 1 skipped (13)`).
pub(crate) fn vitest_line(line: &str, tally: &mut Tally) -> bool {
    let plain = without_colours(line);
    if let Some(path) = plain.trim_start().strip_prefix("✓ ") {
        let title = path.rsplit(" > ").next().unwrap_or(path);
        let timed = title.rsplit_once(' ').filter(|(_, time)| time.ends_with("ms"));
        tally.ran.insert(timed.map_or(title, |(title, _)| title).trim().to_owned());
        return false;
    }
    let Some(rest) = plain.trim_start().strip_prefix("Tests ") else { return true };
    for part in rest.split('|') {
        let mut words = part.split_whitespace();
        let number = words.next().and_then(|n| n.parse::<usize>().ok()).unwrap_or(0);
        match words.next() {
            Some("passed") => tally.passed += number,
            Some("failed") => tally.failed += number,
            Some("skipped" | "todo") => {
                tally.skipped.extend((0..number).map(|_| "a test of the app".to_owned()));
            }
            _ => {}
        }
    }
    true
}

fn without_colours(line: &str) -> String {
    let mut plain = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            for end in chars.by_ref() {
                if end.is_ascii_alphabetic() {
                    break;
                }
            }
        } else {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str], take: impl Fn(&str, &mut Tally) -> bool) -> Tally {
        let mut tally = Tally::default();
        for line in lines {
            take(line, &mut tally);
        }
        tally
    }

    #[test]
    fn rust_verdicts_are_counted_by_name() {
        let lines = ["running 3 tests", "test a::one ... ok", "test b ... FAILED", "test c ... ignored, why"];
        let tally = read(&lines, rust_line);
        assert_eq!((tally.passed, tally.failed, tally.skipped.len()), (1, 1, 1));
        assert!(tally.ran.contains("a::one"), "the passed test is known by name");
    }

    #[test]
    fn a_test_that_could_not_do_its_work_has_not_passed() {
        let tally = read(
            &["SKIPPED (PostgreSQL missing): pg::eight", "test pg::eight ... ok", "test b ... ok"],
            rust_line,
        );
        assert_eq!((tally.passed, tally.failed, tally.skipped.len()), (1, 0, 1));
        assert!(!tally.ran.contains("pg::eight"), "no row of the coverage table may lean on it");
    }

    #[test]
    fn a_failed_tap_point_is_never_a_pass() {
        let lines =
            ["TAP version 13", "ok 1 - ana posts", "  not ok - ben reads", "ok 3 - qr # SKIP no camera"];
        let tally = read(&lines, tap_line);
        assert_eq!((tally.passed, tally.failed, tally.skipped.len()), (1, 1, 1));
        assert!(tally.ran.contains("ana posts"));
    }

    #[test]
    fn vitest_summary_is_read_through_its_colours() {
        let tally =
            read(&["\u{1b}[2m      Tests \u{1b}[22m 2 failed | 12 passed | 1 skipped (15)"], vitest_line);
        assert_eq!((tally.passed, tally.failed, tally.skipped.len()), (12, 2, 1));
        let tally =
            read(&[" ✓ test/a.test.ts > plurals > one cat 3ms", " ✓ test/a.test.ts > no cats"], vitest_line);
        assert!(tally.ran.contains("one cat") && tally.ran.contains("no cats"));
    }
}
