//! Commits that meet: one wins, the other goes back.

use openred_chat::{
    Changes, ChatError, PAST_EPOCH_S_MAX, PAST_EPOCHS_MAX, Randomness, Settings, Snapshot, Suite,
};

use crate::town::{Town, found, pair};

#[test]
fn who_loses_at_the_sequencer_clears_and_goes_on() {
    let mut town = Town::new();
    let (ana, ben, group) = pair(&mut town);
    let won = ana.chat(&town, |chat| chat.update(group)).unwrap();
    let lost = ben.chat(&town, |chat| chat.update(group)).unwrap();
    assert_eq!(won.epoch, lost.epoch, "both want to end the same epoch");
    ana.chat(&town, |chat| chat.confirm(group)).unwrap();
    let changed = ben.follow(&town, group, &won.bytes);
    assert!(changed.lost_pending, "the own one is gone");
    assert!(matches!(ana.process(&town, group, &lost.bytes), Err(ChatError::Past { .. })));
    let (again, _) = ben.change(&town, group, |chat| chat.update(group));
    ana.follow(&town, group, &again.bytes);
    let said = ben.say(&town, group, "on one branch");
    assert_eq!(ana.text(&town, group, &said), "on one branch");
}

#[test]
fn a_withdrawn_commit_leaves_no_trace_but_a_used_key() {
    let mut town = Town::new();
    let (ana, ben, group) = pair(&mut town);
    let first = ana.chat(&town, |chat| chat.update(group)).unwrap();
    assert!(ana.chat(&town, |chat| chat.clear_pending(group)).unwrap());
    assert!(!ana.chat(&town, |chat| chat.clear_pending(group)).unwrap(), "nothing waits any more");
    let (second, _) = ana.change(&town, group, |chat| chat.update(group));
    assert_ne!(first.bytes, second.bytes);
    ben.follow(&town, group, &second.bytes);
    assert_eq!(ana.group(&town, group).mark, ben.group(&town, group).mark);
}

#[test]
fn branches_are_noticed_and_the_loser_goes_back() {
    let mut town = Town::new();
    let people = town.people(4);
    let group = found(&town, &people, Suite::Classic, &Settings::default());
    let [ana, ben, chloe, dora] = people.as_slice() else { panic!("four people") };
    // Two removals at once, neither countersigned: chloe follows ben, dora is away.
    let (winner, _) = ana.change(&town, group, |chat| chat.remove(group, &[dora.id]));
    let (loser, own) = ben.change(&town, group, |chat| chat.update(group));
    let followed = chloe.follow(&town, group, &loser.bytes);

    let said = ana.say(&town, group, "on the winning branch");
    for other in [ben, chloe] {
        let refused = other.process(&town, group, &said);
        assert!(matches!(refused, Err(ChatError::Forked { epoch: 2 })), "{refused:?}");
    }
    let lost = ben.say(&town, group, "on the losing branch");
    assert!(matches!(ana.process(&town, group, &lost), Err(ChatError::Forked { epoch: 2 })));
    assert_eq!(chloe.text(&town, group, &lost), "on the losing branch");

    for (person, before) in [(ben, own.before), (chloe, followed.before)] {
        let sealed = before.as_bytes().to_vec();
        let group_then =
            person.chat(&town, |chat| chat.restore(group, &Snapshot::from_bytes(sealed))).unwrap();
        assert_eq!(group_then.epoch, winner.epoch);
        assert_eq!(person.follow(&town, group, &winner.bytes).removed, vec![dora.id]);
        assert_eq!(person.text(&town, group, &said), "on the winning branch");
    }
    let again = ben.say(&town, group, "said again");
    for other in [ana, chloe] {
        assert_eq!(other.text(&town, group, &again), "said again");
    }
}

#[test]
fn a_snapshot_leads_back_to_its_own_group_alone() {
    let mut town = Town::new();
    let people = town.people(2);
    let group = found(&town, &people, Suite::Classic, &Settings::default());
    let other = found(&town, &people, Suite::Classic, &Settings::default());
    let (_, changed) = people[0].change(&town, group, |chat| chat.update(group));
    let before = people[0].rows.dump();
    let bytes = changed.before.as_bytes();
    for bad in [&[][..], &bytes[..1], &bytes[..bytes.len() - 1]] {
        let bad = Snapshot::from_bytes(bad.to_vec());
        assert!(matches!(people[0].chat(&town, |chat| chat.restore(group, &bad)), Err(ChatError::Damaged)));
    }
    let astray = people[0].chat(&town, |chat| chat.restore(other, &changed.before));
    assert!(matches!(astray, Err(ChatError::Damaged)));
    assert_eq!(people[0].rows.dump(), before);
}

#[test]
fn messages_of_five_epochs_back_still_open_and_older_ones_do_not() {
    let mut town = Town::new();
    let (ana, ben, group) = pair(&mut town);
    let mut said = Vec::new();
    for epoch in 0..=PAST_EPOCHS_MAX {
        said.push(ana.say(&town, group, &format!("in epoch {epoch}")));
        let (commit, _) = ana.change(&town, group, |chat| chat.update(group));
        ben.follow(&town, group, &commit.bytes);
    }
    assert!(matches!(ben.process(&town, group, &said[0]), Err(ChatError::Past { epoch: 1 })));
    for (epoch, late) in said.iter().enumerate().skip(1) {
        assert_eq!(ben.text(&town, group, late), format!("in epoch {epoch}"));
    }
}

#[test]
fn keys_of_past_epochs_are_gone_after_a_day() {
    let mut town = Town::new();
    let (ana, ben, group) = pair(&mut town);
    let said = [ana.say(&town, group, "first"), ana.say(&town, group, "second")];
    let (commit, _) = ana.change(&town, group, |chat| chat.update(group));
    ben.follow(&town, group, &commit.bytes);
    town.wait(PAST_EPOCH_S_MAX - 1);
    assert_eq!(ben.text(&town, group, &said[0]), "first", "a second before");
    let before = ben.rows.clone();
    town.wait(1);
    assert!(matches!(ben.process(&town, group, &said[1]), Err(ChatError::Past { .. })));
    assert!(ben.chat(&town, |chat| chat.trim(group)).unwrap(), "there was something to drop");
    assert!(!ben.chat(&town, |chat| chat.trim(group)).unwrap(), "once");
    // The keys are not only refused, they are not there: even a clock set back does not bring them again.
    town.now_s.set(town.now_s.get() - 10);
    assert!(matches!(ben.process(&town, group, &said[1]), Err(ChatError::Past { .. })));
    let kept = ben.on(&town, &before, |chat| chat.process(group, &said[1], town.now_s.get()));
    assert!(kept.is_ok(), "with the rows of before they would: {kept:?}");
}

#[test]
fn a_message_ahead_waits_for_its_commit() {
    let mut town = Town::new();
    let (ana, ben, group) = pair(&mut town);
    let (commit, _) = ana.change(&town, group, |chat| chat.update(group));
    let said = ana.say(&town, group, "already there");
    assert!(matches!(ben.process(&town, group, &said), Err(ChatError::Ahead { epoch: 2 })));
    ben.follow(&town, group, &commit.bytes);
    assert_eq!(ben.text(&town, group, &said), "already there");
}

#[test]
fn nobody_else_puts_a_group_in_the_place_of_ones_own() {
    let mut town = Town::new();
    let people = town.people(2);
    let group = found(&town, &people, Suite::Classic, &Settings::default());
    let [ana, ben] = people.as_slice() else { panic!("two people") };
    // Eve draws what ana has drawn, and so the same group id.
    let mut eve = town.person(9);
    eve.random = Randomness::seeded([1; 32]);
    let twin = eve.chat(&town, |chat| chat.create(Suite::Classic, &Settings::default())).unwrap().id;
    assert_eq!(twin, group);
    let package = ben.package(&town, Suite::Classic);
    let welcome = eve.change(&town, group, |chat| chat.add(group, &[&package])).0.welcome.unwrap();
    let state = ben.rows.dump();
    let joined = ben.chat(&town, |chat| chat.join(&welcome, town.now_s.get()));
    assert!(matches!(joined, Err(ChatError::Exists)), "{joined:?}");
    let rejoined = ben.chat(&town, |chat| chat.rejoin(&welcome, town.now_s.get()));
    assert!(matches!(rejoined, Err(ChatError::NotAllowed(_))), "{rejoined:?}");
    assert_eq!(ben.rows.dump(), state);
    let said = ana.say(&town, group, "undisturbed");
    assert_eq!(ben.text(&town, group, &said), "undisturbed");
}

#[test]
fn who_is_lost_is_removed_and_added_in_one_commit_and_comes_in_by_its_welcome() {
    let mut town = Town::new();
    let people = town.people(3);
    let settings = Settings { sequencers: vec![people[0].id], ..Settings::default() };
    let group = found(&town, &people, Suite::Classic, &settings);
    let [ana, ben, chloe] = people.as_slice() else { panic!("three people") };
    // Chloe is on a branch of her own, and cannot come back by herself.
    chloe.change(&town, group, |chat| chat.update(group));
    let package = chloe.package(&town, Suite::Classic);
    let named = Settings { name: "Choir".to_owned(), ..settings };
    let changes = Changes { add: &[package.as_slice()], remove: &[chloe.id], settings: Some(&named) };
    let (commit, changed) = ana.change(&town, group, |chat| chat.change(group, &changes));
    assert_eq!(
        (changed.added.as_slice(), changed.removed.as_slice()),
        ([chloe.id].as_slice(), [chloe.id].as_slice())
    );
    ben.follow(&town, group, &commit.bytes);
    let welcome = commit.welcome.unwrap();
    let looked = chloe.chat(&town, |chat| chat.look_at_welcome(&welcome)).unwrap();
    assert_eq!(looked, (group, commit.epoch + 1), "looking uses nothing up");
    let joined = chloe.chat(&town, |chat| chat.rejoin(&welcome, town.now_s.get())).unwrap();
    assert_eq!((joined.by.node_id, joined.group.settings.name.as_str()), (ana.id, "Choir"));
    let said = chloe.say(&town, group, "here again");
    for other in [ana, ben] {
        assert_eq!(other.text(&town, group, &said), "here again");
    }
    let twice = chloe.chat(&town, |chat| chat.look_at_welcome(&welcome));
    assert!(matches!(twice, Err(ChatError::NotForUs)), "{twice:?}");
}

#[test]
fn who_enters_an_epoch_again_goes_past_the_keys_that_were_used_there() {
    let mut town = Town::new();
    let (ana, ben, group) = pair(&mut town);
    let (_, changed) = ana.change(&town, group, |chat| chat.update(group));
    assert_eq!(changed.epoch, 2);
    let back = ana.chat(&town, |chat| chat.restore(group, &changed.before)).unwrap();
    assert_eq!(back.epoch, 1);
    // In epoch 1 she had said nothing yet; what she says now, then goes back and says again, would have one key.
    let first = ana.say(&town, group, "first");
    assert_eq!(ben.text(&town, group, &first), "first");
    ana.chat(&town, |chat| chat.restore(group, &changed.before)).unwrap();
    let same_key = ana.say(&town, group, "second");
    assert!(matches!(ben.process(&town, group, &same_key), Err(ChatError::Replayed)), "its key was used");
    ana.chat(&town, |chat| chat.restore(group, &changed.before)).unwrap();
    ana.chat(&town, |chat| chat.skip(group, 1)).unwrap();
    let second = ana.say(&town, group, "second");
    assert_eq!(ben.text(&town, group, &second), "second");
}
