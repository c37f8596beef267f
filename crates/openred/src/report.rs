//! What a verb has to say: lines for a person, each beginning with ✓ or !, or one JSON value.
//!
//! Texts of other people pass through here: no control character of theirs reaches the terminal.

use std::io::{self, Write as _};

use openred_core::time::format_rfc3339;
use serde_json::{Value, json};

use crate::failure::Failure;

/// Digits of an id that are shown: enough to be typed back as its beginning.
const SHORT: usize = 12;

/// The result of a verb.
#[derive(Debug, Default)]
pub(crate) struct Report {
    lines: Vec<String>,
    value: Value,
    raw: bool,
    silent: bool,
}

impl Report {
    /// A document: JSON whatever was asked for.
    pub(crate) fn document(value: Value) -> Self {
        Self { value, raw: true, ..Self::default() }
    }

    /// A report whose `--json` form is `value`.
    pub(crate) fn new(value: Value) -> Self {
        Self { value, ..Self::default() }
    }

    /// A report of a verb that has said everything: nothing more is printed.
    pub(crate) fn silent() -> Self {
        Self { silent: true, ..Self::default() }
    }

    /// A report of one good line.
    pub(crate) fn one(value: Value, line: impl AsRef<str>) -> Self {
        Self::new(value).ok(line)
    }

    /// Adds a line that says something is well.
    #[must_use]
    pub(crate) fn ok(mut self, line: impl AsRef<str>) -> Self {
        self.lines.push(format!("✓ {}", plain(line.as_ref())));
        self
    }

    /// Adds a line that asks for attention.
    #[must_use]
    pub(crate) fn note(mut self, line: impl AsRef<str>) -> Self {
        self.lines.push(format!("! {}", plain(line.as_ref())));
        self
    }

    /// Adds a line of either kind.
    #[must_use]
    pub(crate) fn line(self, well: bool, line: impl AsRef<str>) -> Self {
        if well { self.ok(line) } else { self.note(line) }
    }

    /// To standard output.
    pub(crate) fn print(&self, as_json: bool) -> io::Result<()> {
        if self.silent {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        if as_json || self.raw {
            writeln!(out, "{:#}", self.value)?;
        } else {
            for line in &self.lines {
                writeln!(out, "{line}")?;
            }
        }
        out.flush()
    }
}

/// A failure: JSON to standard output, or a line to standard error.
pub(crate) fn print_failure(failure: &Failure, as_json: bool) -> io::Result<()> {
    if as_json {
        let value = json!({"ok": false, "code": failure.code(), "detail": failure.text()});
        return writeln!(io::stdout(), "{value:#}");
    }
    writeln!(io::stderr(), "! {}", plain(failure.text()))
}

/// One line, without anything that a terminal would act on.
pub(crate) fn plain(text: &str) -> String {
    let kept = |c: char| if c.is_control() || is_direction(c) { ' ' } else { c };
    text.trim_end().chars().map(kept).collect()
}

/// Marks that turn the reading direction of what follows (Unicode bidirectional controls).
fn is_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{061c}')
}

/// The beginning of an id: every verb takes it back in place of the whole.
pub(crate) fn short(id: &str) -> &str {
    id.get(..SHORT).unwrap_or(id)
}

/// The text at a JSON pointer, empty when there is none.
pub(crate) fn text<'a>(value: &'a Value, at: &str) -> &'a str {
    value.pointer(at).and_then(Value::as_str).unwrap_or_default()
}

/// The number at a JSON pointer, 0 when there is none.
pub(crate) fn number(value: &Value, at: &str) -> u64 {
    value.pointer(at).and_then(Value::as_u64).unwrap_or_default()
}

/// A share between 0 and 1 at a JSON pointer, 0 when there is none.
pub(crate) fn share(value: &Value, at: &str) -> f64 {
    value.pointer(at).and_then(Value::as_f64).unwrap_or_default()
}

/// The list at a JSON pointer, empty when there is none.
pub(crate) fn rows<'a>(value: &'a Value, at: &str) -> &'a [Value] {
    value.pointer(at).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The items of a page.
pub(crate) fn items(value: &Value) -> &[Value] {
    rows(value, "/items")
}

/// Unix milliseconds as `2026-01-31 23:59Z`.
pub(crate) fn moment(unix_ms: u64) -> String {
    let whole = format_rfc3339(unix_ms).replace('T', " ");
    format!("{}Z", whole.get(..16).unwrap_or(&whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_writes_to_anothers_terminal() {
        let report = Report::one(Value::Null, "ana\u{1b}[2J\nsays\u{202e} hi");
        assert_eq!(report.lines, ["✓ ana [2J says  hi"]);
    }

    #[test]
    fn ids_and_moments_are_short() {
        assert_eq!(short(&"ab".repeat(32)), "abababababab");
        assert_eq!(short("é"), "é");
        assert_eq!(moment(951_782_399_999), "2000-02-28 23:59Z");
    }
}
