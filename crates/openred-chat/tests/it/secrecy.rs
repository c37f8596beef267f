//! What a thief of the rows can open, and what anybody can open twice.

use openred_chat::{Chat, ChatError, MemoryRows, Randomness, Rows as _, Settings, Suite};

use crate::town::{Person, Town, found, pair};

/// A thief with a copy of somebody's rows, at some time.
fn steal(person: &Person) -> MemoryRows {
    let stolen = MemoryRows::default();
    for (key, value) in person.rows.dump() {
        stolen.write(&key, &value).unwrap();
    }
    stolen
}

/// Of what `ana` says to so many, `ben` hears most; then his rows are stolen.
fn stolen_later(suite: Suite, members: u8) {
    let mut town = Town::new();
    let people = town.people(members);
    let group = found(&town, &people, suite, &Settings::default());
    let [ana, ben, ..] = people.as_slice() else { panic!("two people or more") };
    let early = steal(ben);
    let said: Vec<Vec<u8>> = (0..40).map(|n| ana.say(&town, group, &format!("secret {n}"))).collect();
    for bytes in &said[..30] {
        ben.hear(&town, group, bytes);
    }
    let open = |rows: &MemoryRows, bytes: &[u8]| {
        ben.on(&town, rows, |chat| chat.process(group, bytes, town.now_s.get())).is_ok()
    };
    let late = steal(ben);
    let opened = said[..30].iter().filter(|bytes| open(&late, bytes)).count();
    assert_eq!(opened, 0, "what ben has heard stays closed");
    assert!(
        said[30..].iter().all(|bytes| open(&late, bytes)),
        "what is still to come opens: the rows are real"
    );
    assert!(said[..30].iter().all(|bytes| open(&early, bytes)), "and so do those of before");
}

#[test]
fn rows_stolen_later_open_none_of_what_was_heard() {
    stolen_later(Suite::Classic, 2);
    stolen_later(Suite::Hybrid, 2);
}

#[test]
fn rows_of_a_member_stolen_later_open_none_of_what_was_heard_in_a_group() {
    stolen_later(Suite::Classic, 5);
    stolen_later(Suite::Hybrid, 5);
}

#[test]
fn rows_of_the_speaker_open_nothing_that_was_said() {
    let mut town = Town::new();
    let (ana, ben, group) = pair(&mut town);
    let said: Vec<Vec<u8>> = (0..10).map(|n| ana.say(&town, group, &format!("secret {n}"))).collect();
    let stolen = steal(&ana);
    for bytes in &said {
        let refused = ana.on(&town, &stolen, |chat| chat.process(group, bytes, town.now_s.get()));
        assert!(matches!(refused, Err(ChatError::Own)), "{refused:?}");
        ben.hear(&town, group, bytes);
    }
}

#[test]
fn a_change_closes_the_group_to_a_thief_of_before() {
    let mut town = Town::new();
    let (ana, ben, group) = pair(&mut town);
    let stolen = steal(&ben);
    for (one, other) in [(&ben, &ana), (&ana, &ben)] {
        let (commit, _) = one.change(&town, group, |chat| chat.update(group));
        other.follow(&town, group, &commit.bytes);
        let with_stolen = ben.on(&town, &stolen, |chat| chat.process(group, &commit.bytes, town.now_s.get()));
        assert!(with_stolen.is_err(), "whose keys were stolen has changed them: {with_stolen:?}");
    }
    let said = ana.say(&town, group, "healed");
    let opened = ben.on(&town, &stolen, |chat| chat.process(group, &said, town.now_s.get()));
    assert!(opened.is_err(), "{opened:?}");
    assert_eq!(ben.text(&town, group, &said), "healed");
}

#[test]
fn nothing_opens_twice() {
    let mut town = Town::new();
    let (ana, ben, group) = pair(&mut town);
    let said: Vec<Vec<u8>> = (0..3).map(|n| ana.say(&town, group, &format!("{n}"))).collect();
    ben.hear(&town, group, &said[2]);
    ben.hear(&town, group, &said[0]);
    for again in [&said[2], &said[0]] {
        let refused = ben.process(&town, group, again);
        assert!(matches!(refused, Err(ChatError::Replayed)), "{refused:?}");
    }
    assert_eq!(ben.text(&town, group, &said[1]), "1", "what came late is not lost by it");
    let (commit, _) = ana.change(&town, group, |chat| chat.update(group));
    ben.follow(&town, group, &commit.bytes);
    let again = ben.process(&town, group, &commit.bytes);
    assert!(matches!(again, Err(ChatError::Past { .. })), "nor does a commit: {again:?}");
}

#[test]
fn rows_of_a_forgotten_group_hold_nothing_of_it() {
    let mut town = Town::new();
    let (ana, ben, group) = pair(&mut town);
    ana.say(&town, group, "soon gone");
    for person in [ana, ben] {
        person.chat(&town, |chat| chat.forget(group)).unwrap();
        assert_eq!(person.rows.dump(), [], "used key packages left nothing either");
    }
}

#[test]
fn a_seeded_run_gives_the_same_bytes_again() {
    let run = |seed: u8| {
        let mut town = Town::new();
        let mut people = town.people(12);
        people[0].random = Randomness::seeded([seed; 32]);
        let mut bytes = Vec::new();
        for suite in [Suite::Classic, Suite::Hybrid] {
            let group = found(&town, &people, suite, &Settings::default());
            bytes.push(people[3].say(&town, group, "the same"));
            bytes.push(people[0].change(&town, group, |chat| chat.update(group)).0.bytes);
            bytes.push(people[0].say(&town, group, "and again"));
        }
        bytes
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2), "the seed decides");
}

#[test]
fn the_systems_randomness_never_repeats() {
    let mut town = Town::new();
    let mut ana = town.person(1);
    ana.random = Randomness::system();
    let make = |chat: &Chat<'_>| chat.create(Suite::Classic, &Settings::default()).unwrap().id;
    assert_ne!(ana.chat(&town, make), ana.chat(&town, make));
}
