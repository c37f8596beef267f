//! Messages in parts: any order, once, whole or not at all.

use openred_chat::{ChatError, PART_S_MAX, split};
use openred_core::ids::{B64, Hash};
use openred_core::payload::{MLS_BYTES_MAX, MlsPart};

use crate::town::Town;

fn whole(seed: u8, len: usize) -> Vec<u8> {
    (0..len).map(|i| (i as u8).wrapping_mul(31).wrapping_add(seed)).collect()
}

#[test]
fn parts_come_in_any_order_and_twice() {
    let mut town = Town::new();
    let (ana, ben) = (town.person(1), town.person(2));
    let bytes = whole(1, 2 * MLS_BYTES_MAX + 1);
    let parts = split(&bytes).unwrap();
    assert_eq!(parts.len(), 3);
    let take = |part: &MlsPart| ben.chat(&town, |chat| chat.take_part(&ana.id, part)).unwrap();
    for i in [2, 0, 2, 0] {
        assert_eq!(take(&parts[i]), None);
    }
    assert_eq!(take(&parts[1]), Some(bytes));
    assert_eq!(ben.rows.dump(), [], "nothing stays");
}

#[test]
fn parts_of_two_people_do_not_mix() {
    let mut town = Town::new();
    let (ana, ben, eve) = (town.person(1), town.person(2), town.person(9));
    let bytes = whole(2, MLS_BYTES_MAX + 9);
    let parts = split(&bytes).unwrap();
    let take = |from, part: &MlsPart| ben.chat(&town, |chat| chat.take_part(from, part));
    let forged = MlsPart { bytes: B64(vec![0; 9]), ..parts[1].clone() };
    assert_eq!(take(&eve.id, &forged).unwrap(), None);
    assert_eq!(take(&ana.id, &parts[0]).unwrap(), None);
    assert_eq!(take(&ana.id, &parts[1]).unwrap(), Some(bytes), "eve's part of the same hash spoils nothing");
    assert!(matches!(take(&eve.id, &parts[0]), Err(ChatError::Malformed(_))), "hers are not the whole");
    ben.chat(&town, |chat| chat.drop_parts(&eve.id, &parts[0].hash)).unwrap();
    assert_eq!(ben.rows.dump(), []);
}

#[test]
fn parts_that_cannot_be_are_refused() {
    let mut town = Town::new();
    let (ana, ben) = (town.person(1), town.person(2));
    let good = split(&whole(3, 3 * MLS_BYTES_MAX)).unwrap();
    let take = |part: &MlsPart| ben.chat(&town, |chat| chat.take_part(&ana.id, part));
    let one = |i, of, len| MlsPart { hash: Hash([1; 32]), i, of, bytes: B64(vec![0; len]) };
    for bad in [one(0, 0, 1), one(1, 1, 1), one(0, 65, MLS_BYTES_MAX), one(0, 2, 5), one(1, 2, 0)] {
        assert!(matches!(take(&bad), Err(ChatError::Malformed(_))), "{} of {}", bad.i, bad.of);
    }
    assert!(take(&one(0, 1, MLS_BYTES_MAX + 1)).is_err(), "too long");
    assert_eq!(take(&good[0]).unwrap(), None);
    let other = MlsPart { of: 4, ..good[1].clone() };
    assert!(matches!(take(&other), Err(ChatError::Malformed(_))), "another number of parts");
    assert_eq!(split(&[]), None);
    assert_eq!(split(&whole(0, 64 * MLS_BYTES_MAX + 1)), None);
}

#[test]
fn unfinished_messages_have_a_number_and_a_day() {
    let mut town = Town::new();
    let ben = town.person(100);
    let begin = |town: &Town, from: u8, seed: u8| {
        let from = openred_core::ids::NodeId([from; 32]);
        let part = split(&whole(seed, MLS_BYTES_MAX + 1)).unwrap().remove(0);
        ben.chat(town, |chat| chat.take_part(&from, &part))
    };
    for seed in 0..4 {
        assert!(begin(&town, 1, seed).is_ok());
    }
    assert!(begin(&town, 1, 4).is_err(), "four of one person");
    for from in 2..=16 {
        for seed in 0..4 {
            assert!(begin(&town, from, seed).is_ok());
        }
    }
    assert!(begin(&town, 17, 0).is_err(), "64 of all");
    town.wait(PART_S_MAX);
    assert!(begin(&town, 17, 0).is_ok(), "old ones make room");
    assert_eq!(ben.chat(&town, |chat| chat.drop_old_parts()).unwrap(), 0);
    town.wait(PART_S_MAX);
    assert_eq!(ben.chat(&town, |chat| chat.drop_old_parts()).unwrap(), 1);
    assert_eq!(ben.rows.dump(), []);
}
