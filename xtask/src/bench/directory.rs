//! Introductions a second of a directory process whose clients signed everything beforehand: the directory crate's
//! example, which is a program of its own.

use super::table::{Goal, Table};
use crate::{Result, place, process};

/// Pairs that meet at once, and how often each.
const LOAD: [&str; 2] = ["32", "300"];

/// Runs it and reads its last line.
pub(crate) fn measure(table: &mut Table) -> Result<()> {
    let program = place::at("target/release/examples/introductions");
    let said = process::quiet(process::command(&program.to_string_lossy()).args(LOAD))?;
    let number = |after: &str| -> Result<f64> {
        let rest = said.split(after).nth(1).ok_or_else(|| format!("no {after:?} in {said:?}"))?;
        Ok(rest.split_whitespace().next().unwrap_or_default().parse()?)
    };
    table.put("introductions by a directory", number(" ms: ")?, "1/s", Goal::AtLeast(2000.0));
    table.put("processor time of the directory for each", number("directory CPU ")?, "µs", Goal::None);
    Ok(())
}
