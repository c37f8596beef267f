//! What is asked of OpenRed's overlay, against what was seen. Knows nothing of how a case is run.

use super::case::{Case, Flood, Flooded, Load, Part, Run, Shown, Who};
use crate::bench::table::{Goal, Table};

/// Messages a second that S3 asks of a node.
const S3: f64 = 1000.0;

/// The figures that have a goal, of those cases that were run.
pub(crate) fn table(runs: &[Run]) -> Table {
    let mut table = Table::default();
    let ours = runs.iter().filter(|run| run.case.who == Who::Openred);
    for (case, shown) in ours.filter_map(|run| Some((&run.case, run.shown.as_ref().ok()?))) {
        match case.part {
            Part::Load => load(&mut table, case, shown),
            Part::Ten => {
                let goal = per_size(case.nodes, [90_000.0, 80_000.0, 60_000.0]);
                let name = format!("{} nodes, 10 per origin: deliveries", case.nodes);
                table.put(name, shown.deliveries_per_s, "/s", goal);
            }
            Part::Quiet => quiet(&mut table, case, shown),
            Part::Lost => lost(&mut table, case, shown),
            Part::Standard => standard(&mut table, case, shown),
            Part::Apart => apart(&mut table, runs, case, shown),
            Part::Flood => flood(&mut table, case, shown),
        }
    }
    table
}

fn per_size(nodes: u16, [small, middle, large]: [f64; 3]) -> Goal {
    match nodes {
        8 => Goal::AtLeast(small),
        32 => Goal::AtLeast(middle),
        100 => Goal::AtLeast(large),
        _ => Goal::None,
    }
}

fn load(table: &mut Table, case: &Case, shown: &Shown) {
    let mut put = |what: &str, value, unit, goal| {
        table.put(format!("{} nodes under load: {what}", case.nodes), value, unit, goal);
    };
    put("deliveries", shown.deliveries_per_s, "/s", per_size(case.nodes, [50_000.0, 40_000.0, 25_000.0]));
    put("processor time of each", shown.cpu_us_per_delivery, "µs", Goal::AtMost(40.0));
    if let Some(receptions) = shown.receptions_per_delivery {
        put("payloads received for each", receptions, "", Goal::AtMost(1.3));
    }
    put("bytes on the wire per byte", shown.wire_bytes_per_payload_byte, "", Goal::AtMost(1.5));
    put("p99", shown.p99_ms, "ms", Goal::AtMost(100.0));
    put("reached", shown.reached_percent, "%", Goal::AtLeast(100.0));
}

fn quiet(table: &mut Table, case: &Case, shown: &Shown) {
    let times =
        [("p50", shown.p50_ms, 2.0), ("p99", shown.p99_ms, 5.0), ("the last of all", shown.last_ms, 8.0)];
    for (what, value, goal) in times {
        table.put(format!("{} nodes, quiet: {what}", case.nodes), value, "ms", Goal::AtMost(goal));
    }
}

fn lost(table: &mut Table, case: &Case, shown: &Shown) {
    let Some(how) = case.lost else { return };
    let is_quiet = matches!(case.load, Load::PerSecond(_));
    let load = if is_quiet { "quiet" } else { "under load" };
    let mut put = |what: &str, value, unit, goal| {
        table.put(format!("a third {}, {load}: {what}", how.name()), value, unit, goal);
    };
    put("reached", shown.reached_percent, "%", Goal::AtLeast(100.0));
    put("p99", shown.p99_ms, "ms", if is_quiet { Goal::AtMost(40.0) } else { Goal::None });
    put("longest pause", shown.longest_pause_ms, "ms", Goal::AtMost(500.0));
}

/// What one process saves its nodes.
fn apart(table: &mut Table, runs: &[Run], case: &Case, shown: &Shown) {
    let together = runs.iter().find(|run| run.case.part == Part::Apart && !run.case.apart);
    let Some(together) = together.and_then(|run| run.shown.as_ref().ok()).filter(|_| case.apart) else {
        return;
    };
    let times = shown.cpu_us_per_delivery / together.cpu_us_per_delivery;
    let name = format!("{} processes: processor time of each over one process's", case.nodes);
    table.put(name, times, "", Goal::AtMost(1.2));
}

/// Others hear one another as before, and the flooded node is as large as by what the quota lets through.
fn flood(table: &mut Table, case: &Case, shown: &Shown) {
    let Some([quiet, quota, flood, after]) = shown.flood.as_ref().and_then(Flooded::by_name) else { return };
    let how = case.flood.map_or("", Flood::name);
    let mut put =
        |what: &str, value, unit, goal| table.put(format!("{how} flood: {what}"), value, unit, goal);
    put("p99 of the others over that without it", flood.p99_ms / quiet.p99_ms, "", Goal::AtMost(2.0));
    put("the same over that of once its quota", flood.p99_ms / quota.p99_ms, "", Goal::None);
    put("reached", flood.reached_percent, "%", Goal::AtLeast(100.0));
    let flat = (quiet.resident_first_mb / 10.0).max(10.0);
    let quota_mb = quota.resident_last_mb - quiet.resident_first_mb;
    put("the flooded node grew by what the quota lets through", quota_mb, "MB", Goal::None);
    let most = flood.resident_max_mb - quota.resident_last_mb;
    put("beyond that, while it was flooded, by at most", most, "MB", Goal::AtMost(flat));
    let left = after.resident_last_mb - quota.resident_last_mb;
    put("beyond that, afterwards, by", left, "MB", Goal::AtMost(flat));
    put("processor cores of the flooded node", flood.cores, "", Goal::AtMost(1.0));
}

/// Every node takes every message in, its own ones apart.
fn standard(table: &mut Table, case: &Case, shown: &Shown) {
    let each = shown.deliveries_per_s / f64::from(case.nodes);
    table.put("standard limits: each node takes in", each, "/s", Goal::AtLeast(S3));
    let all = "standard limits: taken in and checked on this machine";
    table.put(all, shown.deliveries_per_s, "/s", Goal::AtLeast(20.0 * S3));
}
