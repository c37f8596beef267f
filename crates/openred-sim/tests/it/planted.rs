//! Ten faults, each planted in the production machine at one place: each is found, and by what should find it.
//!
//! Faults can be planted in builds with debug assertions only.

#![cfg(debug_assertions)]

use openred_proto::overlay::faults;
use openred_sim::scenario::{self, Choice};

/// Seeds that may be needed.
const SEEDS: u64 = 200;

/// With the fault planted a run of this scenario breaks a promise whose name contains `promise`; without it that run
/// keeps it.
fn found(fault: &str, name: &str, nodes: usize, talk_ms: u64, promise: &str) {
    let scenario = scenario::named(name).expect("there is such a scenario");
    for seed in 1..=SEEDS {
        let choice = Choice { nodes: Some(nodes), talk_ms: Some(talk_ms), stops: true, ..Choice::seed(seed) };
        let broken = faults::with(fault, || scenario.run(choice)).broken();
        if broken.iter().any(|broken| broken.contains(promise)) {
            let sound = scenario.run(choice).broken();
            assert!(!sound.iter().any(|broken| broken.contains(promise)), "without {fault} too: {sound:#?}");
            return;
        }
    }
    panic!("{fault} is not found within {SEEDS} seeds");
}

#[test]
fn a_message_that_is_taken_twice() {
    found("no-dedupe", "calm", 8, 5000, "delivered twice");
}

#[test]
fn a_ttl_that_does_not_fall() {
    found("ttl-unchecked", "calm", 12, 5000, "further than ten hops");
}

#[test]
fn a_message_after_its_end() {
    found("expired-accepted", "clock-jumps", 10, 60_000, "before or after its time");
}

#[test]
fn a_quota_that_does_not_hold() {
    found("quota-ignored", "flood", 12, 10_000, "its quota");
}

#[test]
fn a_penalty_for_the_wrong_one() {
    found("penalty-to-origin", "forgers", 10, 10_000, "accused");
}

#[test]
fn a_prune_that_nobody_heeds() {
    found("prune-ignored", "calm", 16, 20_000, "1.3 copies");
}

#[test]
fn a_loss_that_nobody_mends() {
    found("graft-never", "lossy", 20, 20_000, "holds everything");
}

#[test]
fn a_reconciliation_that_misses_nothing() {
    found("reconcile-misses-nothing", "churn", 10, 60_000, "holds everything");
}

#[test]
fn a_boost_that_makes_recommenders() {
    found("boost-fed-into-r", "sybils-90", 60, 10_000, "boosts of all fakes");
}

#[test]
fn an_anchor_that_is_forgotten() {
    found("anchors-forgotten", "churn", 20, 60_000, "dials its anchors");
}

#[test]
fn there_are_ten() {
    assert_eq!(faults::ALL.len(), 10);
}
