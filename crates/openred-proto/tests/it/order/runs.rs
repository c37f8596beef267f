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
    Setup { seed, members, sequencers, liars, cut_hours, crashes, away, bug: None }
}

pub(super) fn run(setup: Setup) -> World {
    let mut world = World::new(setup);
    world.run();
    world.check_end();
    world
}

/// Seeds of this range keep all promises. What was seen in them.
fn all_keep(seeds: impl Iterator<Item = u64>) -> BTreeMap<&'static str, u64> {
    let mut seen = BTreeMap::<&'static str, u64>::new();
    let mut broken = Vec::new();
    for seed in seeds {
        let world = run(setup(seed));
        for (what, times) in world.facts.seen {
            *seen.entry(what).or_default() += times;
        }
        *seen.entry("turns").or_default() += world.turns;
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
    let seen = all_keep(1..201);
    for what in ["went back", "removed again", "added again", "joined again", "refused"] {
        assert!(seen.get(what).is_some_and(|times| *times > 0), "nothing was seen of: {what}; {seen:?}");
    }
}

/// Seeds that once broke a promise.
const KEPT: &[u64] =
    &[32, 91, 117, 131, 186, 196, 266, 273, 278, 301, 421, 459, 615, 726, 752, 944, 957, 978];

#[test]
fn seeds_that_once_broke_a_promise_keep_it() {
    all_keep(KEPT.iter().copied());
}
