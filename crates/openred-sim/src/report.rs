//! What came out, for people and for programs. Must not know: how it came about.

mod plot;

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::{
    invariants::{cut_off, draws, most_boost, most_hops, outbound_share},
    scenario::{Outcome, Scenario},
};

pub use plot::svg;

/// What a run took of the machine that made it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Seconds of processor time.
    pub cpu_s: f64,
    /// Bytes of memory that the process has at the end more than before; 0: unknown.
    pub grown: u64,
    /// Bytes of memory that the process ever had at most, runs before this one included; 0: unknown.
    pub most: u64,
}

/// (name, value) of all figures, in order.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts below 2^52")]
pub fn figures(outcome: &Outcome, cost: Cost) -> Vec<(&'static str, Value)> {
    let world = &outcome.world;
    let last = outcome.samples.last().copied().unwrap_or_default();
    let hops = world.hops();
    let most = hops.iter().rposition(|count| *count > 0).unwrap_or(0);
    let (share, drawn) = (outbound_share(world), draws(world));
    let evil = world.nodes.iter().filter(|node| !node.is_honest()).count();
    let virtual_s = world.now_ms as f64 / 1000.0;
    let nodes = world.nodes.len() as u64;
    vec![
        ("nodes", json!(nodes)),
        ("evil", json!(evil)),
        ("virtual_s", json!(round(virtual_s))),
        ("events", json!(world.trace.events)),
        ("messages", json!(world.model.due)),
        ("coverage", json!(round6(last.coverage))),
        ("copies", json!(round(last.copies))),
        ("p50_ms", json!(world.watch.within_ms(500))),
        ("p99_ms", json!(world.watch.within_ms(990))),
        ("last_ms", json!(world.watch.within_ms(1000))),
        ("hops_most", json!(most)),
        ("hops_allowed", json!(most_hops(world))),
        ("trust_honest", json!(round(last.trust_honest))),
        ("trust_evil", json!(round(last.trust_evil))),
        ("boost_of_fakes_most", json!(round(most_boost(world) as f64 / 1e6))),
        ("draws_evil", json!(drawn.0)),
        ("draws_all", json!(drawn.1)),
        ("outbound_evil", json!(share.theirs)),
        ("outbound_fair", json!(round(share.fair))),
        ("outbound_all", json!(share.all)),
        ("cut_off", json!(cut_off(world))),
        ("cpu_s", json!(round(cost.cpu_s))),
        ("times_real", json!(round(virtual_s / cost.cpu_s.max(1e-6)))),
        ("memory_per_node_kib", json!(cost.grown / 1024 / nodes.max(1))),
        ("memory_most_mib", json!(cost.most >> 20)),
        ("trace", json!(world.trace.hash().to_string())),
    ]
}

fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

fn round6(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// One run as a table.
#[must_use]
pub fn table(scenario: &Scenario, seed: u64, outcome: &Outcome, cost: Cost) -> String {
    let mut text = format!("{} (seed {seed}): {}\n", scenario.name, scenario.shows);
    for (name, value) in figures(outcome, cost) {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let _ = writeln!(text, "  {name:<22} {value}");
    }
    for promise in scenario.promises() {
        let _ = writeln!(
            text,
            "  {} {promise}",
            if outcome.failed.iter().any(|(name, _)| *name == promise) { "✗" } else { "✓" }
        );
    }
    for broken in outcome.broken() {
        let _ = writeln!(text, "  BROKEN: {broken}");
    }
    text
}

/// One run for programs.
#[must_use]
pub fn json(scenario: &Scenario, seed: u64, outcome: &Outcome, cost: Cost) -> Value {
    let figures: serde_json::Map<String, Value> =
        figures(outcome, cost).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    json!({
        "scenario": scenario.name,
        "seed": seed,
        "well": outcome.is_well(),
        "broken": outcome.broken(),
        "figures": figures,
    })
}
