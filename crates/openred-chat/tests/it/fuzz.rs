//! Mutated messages: none may panic, none may open as something else, and none that is refused may change a row.
//!
//! `OPENRED_FUZZ_ITERATIONS` sets the number of inputs per target.

#[path = "../../../openred-core/tests/it/fuzz/mutator.rs"]
mod mutator;

use mutator::Mutator;
use openred_chat::{Head, Settings, Suite};

use crate::town::{START_S, Town, found};

const ITERATIONS: usize = 2_000;

fn iterations() -> usize {
    std::env::var("OPENRED_FUZZ_ITERATIONS").map_or(ITERATIONS, |text| text.parse().unwrap())
}

#[test]
fn mutated_messages_are_refused_and_change_nothing() {
    let mut town = Town::new();
    let people = town.people(3);
    let group = found(&town, &people, Suite::Classic, &Settings::default());
    let [ana, ben, _] = people.as_slice() else { panic!("three people") };
    let dora = town.person(4);
    let package = dora.package(&town, Suite::Classic);
    let said = ana.say(&town, group, "the one text");
    let wish = ana.chat(&town, |chat| chat.leave(group)).unwrap();
    let commit = ana.chat(&town, |chat| chat.add(group, &[&package])).unwrap();
    let samples = [said, wish, commit.bytes, commit.welcome.unwrap(), package];
    let (state, doras) = (ben.rows.dump(), dora.rows.dump());
    let mut mutator = Mutator::new(5);
    for _ in 0..iterations() {
        let sample = mutator.pick(&samples).clone();
        let input = mutator.mutate(&sample, &samples);
        if samples.contains(&input) {
            continue;
        }
        let _head = Head::read(&input);
        // Authenticated data in front of a message is under its signature, and so is everything else.
        let refused = ben.chat(&town, |chat| chat.process(group, &input, START_S)).is_err()
            && dora.chat(&town, |chat| chat.join(&input, START_S)).is_err()
            && ben.chat(&town, |chat| chat.read_key_package(&input)).is_err();
        assert!(refused, "taken: {}", hex::encode(&input));
    }
    assert_eq!(ben.rows.dump(), state);
    assert_eq!(dora.rows.dump(), doras);
}
