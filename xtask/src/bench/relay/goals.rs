//! What our relay should reach, and what it did.

use super::case::{Run, Shown};
use super::plan;
use crate::bench::table::{Goal, Table};

/// Every figure with a goal of those that were run, and ours in proportion to each other in the same run.
pub(crate) fn table(runs: &[Run]) -> Table {
    let mut table = Table::default();
    let of = |row: &str, deliver: bool, rate: bool| {
        let found = runs.iter().find(|run| {
            let case = &run.case;
            (case.row, case.deliver, case.rate.is_some(), case.size) == (row, deliver, rate, 1_024)
        });
        found.and_then(shown)
    };
    if let Some(stream) = of("openred-stream", false, false) {
        table.put("stream: stored", stream.per_s, "1/s", Goal::AtLeast(300_000.0));
    }
    if let Some(stream) = of("openred-stream", true, false) {
        table.put("stream: delivered, acknowledged", stream.per_s, "1/s", Goal::AtLeast(150_000.0));
    }
    let offered = |run: &&Run| run.case.row == "openred-stream" && run.case.rate == Some(plan::OFFERED);
    if let Some(stream) = runs.iter().find(offered).and_then(shown) {
        put_ms(&mut table, "stream, 65,000 a second offered: stored, p50", stream.p50_ms, Goal::None);
        put_ms(&mut table, "stream, 65,000 a second offered: stored, p99", stream.p99_ms, Goal::None);
        put_ms(&mut table, "the same, delivered, p99", stream.delivery_p99_ms, Goal::None);
    }
    if let Some(post) = of("openred-post", false, false) {
        table.put("a call for each: stored", post.per_s, "1/s", Goal::AtLeast(10_000.0));
        if let Some(axum) = of("axum", false, false) {
            let share = 100.0 * post.per_s / axum.per_s;
            table.put("a call for each: of axum that stores nothing", share, "%", Goal::AtLeast(65.0));
        }
    }
    if let Some(post) = of("openred-post", false, true) {
        put_ms(&mut table, "a call for each, at half of that: p99", post.p99_ms, Goal::AtMost(100.0));
    }
    cluster(runs, &mut table);
    if let Some(memory) = of("openred-memory", false, false) {
        table.put("a million messages: memory", memory.resident_mb, "MB", Goal::AtMost(300.0));
        put_ms(&mut table, "a million messages: start", memory.start_ms, Goal::AtMost(3_000.0));
    }
    table
}

/// Rows for the same processor time of PostgreSQL: ours, and those that nobody judges, by the cheapest statement.
fn cluster(runs: &[Run], table: &mut Table) {
    let ours = runs.iter().find(|run| run.case.row == "openred-cluster").and_then(shown);
    let bare = runs.iter().filter(|run| run.case.row == "postgres-batch").filter_map(shown);
    let bare = bare.map(|shown| shown.server_cpu_us_each).min_by(f64::total_cmp);
    if let (Some(ours), Some(bare)) = (ours, bare) {
        let share = 100.0 * bare / ours.server_cpu_us_each;
        table.put("on PostgreSQL: of rows for its processor time", share, "%", Goal::AtLeast(80.0));
    }
}

fn shown(run: &Run) -> Option<&Shown> {
    run.shown.as_ref().ok().filter(|shown| shown.skipped.is_none())
}

fn put_ms(table: &mut Table, name: &str, value: Option<f64>, goal: Goal) {
    if let Some(value) = value {
        table.put(name, value, "ms", goal);
    }
}
