//! Leaves and key packages: who may come in, and for how long.

use openred_chat::{ChatError, KEY_PACKAGES_MAX, Leaf, LeafRefusal, Settings, Suite};
use openred_core::ids::Id16;
use openred_core::sign::SigningKey;

use crate::town::{DAY_S, Person, START_S, Town, certify, found, pair};

/// What reading a key package, adding it and joining say.
fn refusal<T: std::fmt::Debug>(result: Result<T, ChatError>) -> LeafRefusal {
    match result {
        Err(ChatError::Leaf(refusal)) => refusal,
        other => panic!("not refused for its leaf: {other:?}"),
    }
}

/// Leaves that nobody may believe, with the reason.
fn lies(person: &Person) -> Vec<(Leaf, LeafRefusal)> {
    let good = &person.leaf;
    let certified = |log_seq, identity: &SigningKey, not_after| {
        certify(person.id, log_seq, identity, &person.key, not_after)
    };
    let thief = SigningKey::from_seed([99; 32]);
    let unknown = LeafRefusal::LogUnknown { node_id: person.id, log_seq: 1 };
    vec![
        (certified(0, &thief, good.not_after), LeafRefusal::BadCertificate),
        (Leaf { not_after: good.not_after + 1, ..good.clone() }, LeafRefusal::BadCertificate),
        (Leaf { device: Id16([9; 16]), ..good.clone() }, LeafRefusal::BadCertificate),
        (certified(0, &person.identity, START_S), LeafRefusal::Over),
        (certified(0, &person.identity, START_S + 40 * DAY_S), LeafRefusal::TooLong),
        (certified(1, &person.identity, good.not_after), unknown),
    ]
}

#[test]
fn a_key_package_with_a_wrong_leaf_is_not_added() {
    let mut town = Town::new();
    let (ana, _, group) = pair(&mut town);
    let mut eve = town.person(9);
    for (leaf, expected) in lies(&eve) {
        eve.leaf = leaf;
        let package = eve.package(&town, Suite::Classic);
        assert_eq!(refusal(ana.chat(&town, |chat| chat.read_key_package(&package))), expected);
        assert_eq!(refusal(ana.chat(&town, |chat| chat.add(group, &[&package]))), expected);
        assert_eq!(ana.group(&town, group).pending, None);
    }
}

#[test]
fn a_leaf_of_somebody_else_is_not_ones_own() {
    let mut town = Town::new();
    let (ana, ben, _) = pair(&mut town);
    let mut eve = town.person(9);
    eve.leaf = Leaf { node_id: ben.id, ..eve.leaf };
    let package = eve.package(&town, Suite::Classic);
    assert_eq!(refusal(ana.chat(&town, |chat| chat.read_key_package(&package))), LeafRefusal::BadCertificate);
}

#[test]
fn a_commit_that_brings_a_wrong_leaf_is_not_followed() {
    let mut town = Town::new();
    let (ana, mut ben, group) = pair(&mut town);
    let before = (ana.rows.dump(), ben.leaf.clone());
    for (leaf, expected) in lies(&ben) {
        ben.leaf = leaf;
        let commit = ben.chat(&town, |chat| chat.update(group)).unwrap();
        assert_eq!(refusal(ana.process(&town, group, &commit.bytes)), expected);
        assert_eq!(ana.rows.dump(), before.0, "nothing of it stays");
        ben.chat(&town, |chat| chat.clear_pending(group)).unwrap();
    }
    let chloe = town.person(3);
    ben.leaf =
        Leaf { node_id: chloe.id, ..certify(chloe.id, 0, &chloe.identity, &ben.key, before.1.not_after) };
    let commit = ben.chat(&town, |chat| chat.update(group)).unwrap();
    assert_eq!(refusal(ana.process(&town, group, &commit.bytes)), LeafRefusal::AnotherPerson);
}

#[test]
fn an_invitation_by_a_wrong_leaf_is_not_taken() {
    let mut town = Town::new();
    let mut eve = town.person(9);
    let ben = town.person(2);
    for (leaf, expected) in lies(&eve) {
        eve.leaf = leaf;
        let package = ben.package(&town, Suite::Classic);
        let group = eve.chat(&town, |chat| chat.create(Suite::Classic, &Settings::default())).unwrap().id;
        let (commit, _) = eve.change(&town, group, |chat| chat.add(group, &[&package]));
        let welcome = commit.welcome.unwrap();
        let before = ben.rows.dump();
        assert_eq!(refusal(ben.chat(&town, |chat| chat.join(&welcome, START_S))), expected);
        assert_eq!(ben.rows.dump(), before, "the key package is not used up");
    }
}

#[test]
fn a_replaced_signing_key_brings_nobody_in() {
    let mut town = Town::new();
    let (ana, ben, group) = pair(&mut town);
    let chloe = town.person(3);
    let package = chloe.package(&town, Suite::Classic);
    let fresh = SigningKey::from_seed([77; 32]);
    town.logs.get_mut(&chloe.id).unwrap().push(fresh.public());
    assert_eq!(refusal(ana.chat(&town, |chat| chat.add(group, &[&package]))), LeafRefusal::Superseded);

    town.logs.get_mut(&ben.id).unwrap().push(fresh.public());
    let commit = ben.chat(&town, |chat| chat.update(group)).unwrap();
    assert_eq!(refusal(ana.process(&town, group, &commit.bytes)), LeafRefusal::Superseded);
}

#[test]
fn who_comes_in_meets_members_whose_certificates_are_over() {
    let mut town = Town::new();
    let mut people = town.people(3);
    let group = found(&town, &people, Suite::Classic, &Settings::default());
    town.wait(40 * DAY_S);
    let ana = &mut people[0];
    ana.leaf = certify(ana.id, 0, &ana.identity, &ana.key, town.now_s.get() + DAY_S);
    let (commit, _) = people[0].change(&town, group, |chat| chat.update(group));
    let mut dora = town.person(4);
    dora.leaf = certify(dora.id, 0, &dora.identity, &dora.key, town.now_s.get() + DAY_S);
    let package = dora.package(&town, Suite::Classic);
    let (add, _) = people[0].change(&town, group, |chat| chat.add(group, &[&package]));
    let joined = dora.chat(&town, |chat| chat.join(&add.welcome.unwrap(), town.now_s.get())).unwrap();
    let over = joined.group.members.iter().filter(|leaf| leaf.not_after < town.now_s.get()).count();
    assert_eq!(over, 2, "those who were silent are seen to be over");

    let late = people[1].chat(&town, |chat| chat.process(group, &commit.bytes, town.now_s.get()));
    assert!(late.is_ok(), "who was away follows: {late:?}");
}

#[test]
fn a_commit_is_judged_by_when_it_was_sent() {
    let mut town = Town::new();
    let (ana, ben, group) = pair(&mut town);
    let sent_s = town.now_s.get();
    let (commit, _) = ana.change(&town, group, |chat| chat.update(group));
    town.wait(35 * DAY_S);
    assert_eq!(refusal(ben.process(&town, group, &commit.bytes)), LeafRefusal::Over);
    let late = ben.chat(&town, |chat| chat.process(group, &commit.bytes, sent_s));
    assert!(late.is_ok(), "it was good when it was sent, and refusing it once has used up nothing: {late:?}");
}

#[test]
fn a_key_package_is_good_for_one_group_and_the_last_resort_for_many() {
    let mut town = Town::new();
    let (ana, ben) = (town.person(1), town.person(2));
    let invite = |package: &[u8]| {
        let group = ana.chat(&town, |chat| chat.create(Suite::Classic, &Settings::default())).unwrap().id;
        ana.change(&town, group, |chat| chat.add(group, &[package])).0.welcome.unwrap()
    };
    let join = |welcome: &[u8]| ben.chat(&town, |chat| chat.join(welcome, START_S));
    let single = ben.package(&town, Suite::Classic);
    let welcomes = [invite(&single), invite(&single)];
    assert!(join(&welcomes[0]).is_ok());
    assert_eq!(ben.chat(&town, |chat| chat.key_packages()).unwrap(), [], "used up");
    assert!(matches!(join(&welcomes[1]), Err(ChatError::NotForUs)));

    let last = ben.chat(&town, |chat| chat.make_key_package(Suite::Classic, true)).unwrap();
    assert!(ana.chat(&town, |chat| chat.read_key_package(&last.bytes)).unwrap().last_resort);
    assert!(join(&invite(&last.bytes)).is_ok());
    assert!(join(&invite(&last.bytes)).is_ok());
    assert_eq!(ben.chat(&town, |chat| chat.key_packages()).unwrap(), [last]);
}

#[test]
fn old_key_packages_are_dropped_with_their_keys() {
    let mut town = Town::new();
    let mut ana = town.person(1);
    ana.package(&town, Suite::Hybrid);
    assert_eq!(ana.chat(&town, |chat| chat.drop_old_key_packages()).unwrap(), 0);
    town.wait(28 * DAY_S);
    assert_eq!(ana.chat(&town, |chat| chat.drop_old_key_packages()).unwrap(), 1, "over");
    assert_eq!(ana.rows.dump(), [], "no row stays");

    ana.leaf = certify(ana.id, 0, &ana.identity, &ana.key, town.now_s.get() + DAY_S);
    ana.package(&town, Suite::Classic);
    ana.leaf.key = [5; 32];
    assert_eq!(ana.chat(&town, |chat| chat.drop_old_key_packages()).unwrap(), 1, "of an earlier leaf");
}

#[test]
fn key_packages_have_a_number() {
    let mut town = Town::new();
    let ana = town.person(1);
    for _ in 0..KEY_PACKAGES_MAX {
        ana.package(&town, Suite::Classic);
    }
    let one_more = ana.chat(&town, |chat| chat.make_key_package(Suite::Classic, false));
    assert!(matches!(one_more, Err(ChatError::Malformed(_))), "{one_more:?}");
}

#[test]
fn an_offer_says_who_and_what() {
    let mut town = Town::new();
    let (ana, ben) = (town.person(1), town.person(2));
    let package = ben.package(&town, Suite::Hybrid);
    let offered = ana.chat(&town, |chat| chat.read_key_package(&package)).unwrap();
    assert_eq!((offered.leaf, offered.suite, offered.last_resort), (ben.leaf.clone(), Suite::Hybrid, false));
    assert_eq!(offered.suites, Suite::ALL);
}
