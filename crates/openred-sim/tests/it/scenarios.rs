//! Each scenario, small, with several seeds. A run that breaks a promise prints how to repeat it.

use openred_sim::scenario::{self, Choice, Outcome};

fn play(name: &str, seed: u64, nodes: usize, talk_ms: u64) -> Outcome {
    let scenario = scenario::named(name).expect("there is such a scenario");
    let choice = Choice { nodes: Some(nodes), talk_ms: Some(talk_ms), ..Choice::seed(seed) };
    scenario.run(choice)
}

/// Everything that must hold does, for each of these seeds.
fn check(name: &str, seeds: impl IntoIterator<Item = u64>, nodes: usize, talk_ms: u64) {
    for seed in seeds {
        let outcome = play(name, seed, nodes, talk_ms);
        let hours = talk_ms as f64 / 3_600_000.0;
        assert!(
            outcome.is_well(),
            "{:#?}\ncargo xtask sim --scenario {name} --seed {seed} --nodes {nodes} --hours {hours}",
            outcome.broken()
        );
    }
}

#[test]
fn a_seed_gives_one_trace_and_another_seed_another() {
    let trace = |seed| play("storm", seed, 12, 60_000).world.trace.hash();
    assert_eq!(trace(7), trace(7));
    assert_ne!(trace(7), trace(8));
}

#[test]
fn real_signature_checks_change_nothing() {
    let scenario = scenario::named("churn").expect("there is such a scenario");
    let run = |real_crypto| {
        let choice = Choice { nodes: Some(10), talk_ms: Some(30_000), real_crypto, ..Choice::seed(3) };
        let outcome = scenario.run(choice);
        assert!(outcome.is_well(), "{:#?}", outcome.broken());
        outcome.world.trace.hash()
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn calm() {
    check("calm", 1..3, 30, 30_000);
}

#[test]
fn lossy() {
    check("lossy", 1..3, 20, 30_000);
}

#[test]
fn crowd() {
    check("crowd", 1..2, 60, 4000);
}

#[test]
fn third_silent() {
    check("third-silent", 1..3, 40, 20_000);
}

/// Node 214 reconciled with silent partners only, two rounds long.
#[test]
fn third_silent_with_silent_partners() {
    check("third-silent", [2], 300, 60_000);
}

#[test]
fn third_lying() {
    check("third-lying", 1..3, 30, 20_000);
}

#[test]
fn half_silent() {
    check("half-silent", 1..3, 40, 20_000);
}

#[test]
fn churn() {
    check("churn", 1..3, 20, 120_000);
}

#[test]
fn partition() {
    check("partition", 1..3, 20, 120_000);
}

#[test]
fn clock_jumps() {
    check("clock-jumps", 1..3, 16, 120_000);
}

#[test]
fn storm() {
    check("storm", 1..4, 16, 90_000);
}

#[test]
fn sybils() {
    check("sybils-90", 1..6, 50, 10_000);
}

#[test]
fn eclipse() {
    check("eclipse", 1..3, 60, 60_000);
}

#[test]
fn flood() {
    check("flood", 1..2, 16, 15_000);
}

#[test]
fn ttl_raisers() {
    check("ttl-raisers", 1..3, 30, 30_000);
}

#[test]
fn forgers_and_equivocators() {
    check("forgers", 1..3, 24, 60_000);
    check("equivocators", 1..3, 24, 30_000);
}
