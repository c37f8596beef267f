//! Hundreds of groups, each from one seed.

use std::collections::BTreeMap;

use super::dice::Dice;
use super::world::{Setup, World};

/// A run of this seed; everything about it is drawn from it.
pub(super) fn setup(seed: u64) -> Setup {
    let mut dice = Dice(seed ^ 0x5eed);
    let members = dice.between(2, 8) as u8;
    let sequencers = if dice.percent(8) { 0 } else { dice.between(1, 3) as u8 };
    let liars = u8::from(sequencers > 0 && dice.percent(12));
    let cut_hours = dice.pick(&[0, 1, 12, 40]).expect("one of them");
    let (crashes, away) = (dice.pick(&[0, 2, 15]).expect("one of them"), dice.percent(60));
    Setup { seed, members, sequencers, liars, cut_hours, crashes, away, ..Setup::default() }
}

/// Messages that are tried in a run that is about messages; who is no member says nothing.
const SAYS: u64 = 500;

/// The same with delivery as nodes have it, and many messages.
fn talkative(seed: u64, says: u64) -> Setup {
    let mut dice = Dice(seed ^ 0x7a1c);
    Setup { says: Some(says), streams: true, loss: dice.between(0, 30), ..setup(seed) }
}

pub(super) fn run(setup: Setup) -> World {
    let mut world = World::new(setup);
    world.run();
    world.check_end();
    world
}

/// Seeds of this range keep all promises. What was seen in them.
fn all_keep(runs: impl Iterator<Item = Setup>) -> BTreeMap<&'static str, u64> {
    let mut seen = BTreeMap::<&'static str, u64>::new();
    let mut broken = Vec::new();
    for setup in runs {
        let (seed, world) = (setup.seed, run(setup));
        for (what, times) in world.facts.seen {
            *seen.entry(what).or_default() += times;
        }
        for overtaken in &world.facts.overtaken {
            let was_refused = world.facts.refusals.contains(overtaken);
            *seen.entry(if was_refused { "overtaken after a refusal" } else { "overtaken" }).or_default() +=
                1;
        }
        *seen.entry("turns").or_default() += world.turns;
        *seen.entry("messages").or_default() += world.audience.len() as u64;
        if !world.facts.broken.is_empty() {
            broken.push((seed, world.facts.broken));
        }
    }
    let lines: Vec<String> =
        broken.iter().map(|(seed, why)| format!("seed {seed}: {}", why.join("; "))).collect();
    assert!(broken.is_empty(), "{} seeds: \n{}\n{seen:?}", broken.len(), lines.join("\n"));
    seen
}

#[test]
fn groups_end_in_one_chain_and_nothing_is_lost() {
    let seen = all_keep((1..201).map(setup));
    for what in ["went back", "removed again", "added again", "joined again", "refused"] {
        assert!(seen.get(what).is_some_and(|times| *times > 0), "nothing was seen of: {what}; {seen:?}");
    }
}

/// Seeds that once broke a promise.
const KEPT: &[u64] =
    &[32, 91, 117, 131, 186, 196, 266, 273, 278, 301, 421, 459, 615, 726, 752, 944, 957, 978];

#[test]
fn seeds_that_once_broke_a_promise_keep_it() {
    all_keep(KEPT.iter().copied().map(setup));
}

/// A figure of the environment: `cargo xtask sim order` sets it.
fn asked(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap())
}

#[test]
fn many_messages_over_lossy_links_are_read_once_and_in_order() {
    let (messages, first) = (asked("OPENRED_ORDER_MESSAGES", 6_000), asked("OPENRED_ORDER_SEED", 1));
    let seen = all_keep((first..first + messages.div_ceil(SAYS)).map(|seed| talkative(seed, SAYS)));
    assert_eq!(
        seen.get("overtaken"),
        None,
        "only what was refused comes after what was said later: {seen:?}"
    );
    if let Ok(file) = std::env::var("OPENRED_ORDER_REPORT") {
        std::fs::write(file, serde_json::to_vec(&seen).unwrap()).unwrap();
    }
}

/// Seeds of many messages that once broke a promise.
const KEPT_TALKATIVE: &[u64] = &[51, 109];

#[test]
fn seeds_of_many_messages_that_once_broke_a_promise_keep_it() {
    all_keep(KEPT_TALKATIVE.iter().map(|seed| talkative(*seed, SAYS)));
}
