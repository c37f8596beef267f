//! Faults, each planted at one place: each is found, and by what should find it.
//!
//! Faults can be planted in builds with debug assertions only.

#![cfg(debug_assertions)]

use openred_proto::order::faults;

use super::runs::{run, setup};
use super::world::Setup;

/// Seeds that may be needed.
const SEEDS: u64 = 200;

/// With the fault planted a run breaks a promise whose text contains `promise`; without it that run keeps all.
fn found(promise: &str, with: impl Fn(u64) -> Vec<String>) {
    for seed in 1..=SEEDS {
        if with(seed).iter().any(|broken| broken.contains(promise)) {
            assert_eq!(run(setup(seed)).facts.broken, Vec::<String>::new(), "seed {seed} without the fault");
            return;
        }
    }
    panic!("not found within {SEEDS} seeds");
}

fn planted(fault: &'static str, promise: &str) {
    found(promise, |seed| faults::with(fault, || run(setup(seed)).facts.broken));
}

/// Where nobody orders commits and everything arrives at once; elsewhere adding members again mends it in the end.
#[test]
fn equal_commits_of_which_none_is_better() {
    let calm = |seed| Setup { sequencers: 0, liars: 0, cut_hours: 0, crashes: 0, ..setup(seed) };
    for seed in 1..=SEEDS {
        let broken = faults::with("no-tie-break", || run(calm(seed)).facts.broken);
        assert_eq!(run(calm(seed)).facts.broken, Vec::<String>::new(), "seed {seed} without the fault");
        if broken.iter().any(|what| what.contains("again in a calm group")) {
            return;
        }
    }
    panic!("not found within {SEEDS} seeds");
}

#[test]
fn a_snapshot_that_is_not_taken() {
    planted("snapshot-not-taken", "without a snapshot");
}

#[test]
fn a_snapshot_that_stays() {
    planted("snapshot-never-shredded", "keeps a snapshot for more than a day");
}

#[test]
fn messages_of_a_lost_branch_that_nobody_sends_again() {
    planted("lost-branch-not-resent", "said on a lost branch");
}

#[test]
fn a_change_that_is_not_made_anew() {
    planted("change-not-remade", "wanted is not made");
}

#[test]
fn a_removal_that_is_not_made_anew() {
    planted("removal-not-remade", "");
}

#[test]
fn messages_that_do_not_wait_for_a_removal() {
    planted("messages-before-removal", "was removed and can read");
}

#[test]
fn commits_that_do_not_wait() {
    planted("own-commit-without-order", "in a calm group");
}

#[test]
fn an_early_message_that_is_dropped() {
    planted("early-message-dropped", "cannot read message");
}

#[test]
fn a_refusal_that_nobody_heeds() {
    planted("refusal-ignored", "cannot read message");
}

#[test]
fn positions_that_are_never_compared() {
    planted("never-compared", "not in one epoch");
}

#[test]
fn a_minority_that_is_left_alone() {
    planted("minority-not-readded", "not in one epoch");
}

#[test]
fn a_sequencer_that_changes_its_mind() {
    planted("last-wins", "is accused and has not lied");
}

#[test]
fn a_message_that_comes_again_under_another_id() {
    found("is shown message", |seed| {
        let bug = Some("resend-under-new-id");
        run(Setup { bug, ..setup(seed) }).facts.broken
    });
}

#[test]
fn a_message_that_is_sent_again_to_who_came_later() {
    found("of before it came", |seed| {
        let bug = Some("resend-to-newcomers");
        run(Setup { bug, ..setup(seed) }).facts.broken
    });
}
