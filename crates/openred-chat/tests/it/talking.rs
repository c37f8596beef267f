//! Groups in ordinary life.

use openred_chat::{Applied, ChatError, Settings, Suite};
use openred_core::ids::NodeId;

use crate::town::{DAY_S, Town, certify, found, pair};

#[test]
fn two_people_talk_in_every_suite() {
    for suite in Suite::ALL {
        let mut town = Town::new();
        let people = town.people(2);
        let group = found(&town, &people, suite, &Settings::default());
        let [ana, ben] = people.as_slice() else { panic!("two people") };
        for round in 0..3 {
            let hello = ana.say(&town, group, &format!("hello {round}"));
            let heard = ben.hear(&town, group, &hello);
            assert_eq!(heard.content, format!("hello {round}").into_bytes());
            assert_eq!((heard.from, heard.device, heard.forked), (ana.id, ana.leaf.device, false));
            let answer = ben.say(&town, group, "hello to you");
            assert_eq!(ana.text(&town, group, &answer), "hello to you");
        }
        assert_eq!(ana.group(&town, group).suite, suite);
        assert_eq!(ana.group(&town, group).mark, ben.group(&town, group).mark, "one history");
    }
}

#[test]
fn three_people_hear_one_message_each() {
    let mut town = Town::new();
    let people = town.people(3);
    let group = found(&town, &people, Suite::Hybrid, &Settings::default());
    for speaker in &people {
        let said = speaker.say(&town, group, "to all");
        for listener in people.iter().filter(|one| one.id != speaker.id) {
            assert_eq!(listener.hear(&town, group, &said).from, speaker.id);
        }
    }
}

#[test]
fn twenty_people_come_and_go_and_who_went_opens_nothing_newer() {
    let mut town = Town::new();
    let mut people = town.people(20);
    let group = found(&town, &people[..19], Suite::Classic, &Settings::default());

    let late = people[19].package(&town, Suite::Classic);
    let (commit, changed) = people[4].change(&town, group, |chat| chat.add(group, &[&late]));
    assert_eq!((changed.by, changed.added.as_slice()), (people[4].id, &[people[19].id][..]));
    for one in people[..19].iter().filter(|one| one.id != people[4].id) {
        let changed = one.follow(&town, group, &commit.bytes);
        assert_eq!(changed.hash, commit.hash, "what the sequencer countersigns");
        assert_eq!((changed.by, changed.added), (people[4].id, vec![people[19].id]));
    }
    let welcome = commit.welcome.unwrap();
    people[19].chat(&town, |chat| chat.join(&welcome, town.now_s.get())).unwrap();
    assert_eq!(people[19].group(&town, group).people().len(), 20);

    let gone = people.remove(7);
    let (commit, _) = people[0].change(&town, group, |chat| chat.remove(group, &[gone.id]));
    let before = gone.rows.clone();
    for one in &people[1..] {
        assert_eq!(one.follow(&town, group, &commit.bytes).removed, vec![gone.id]);
    }
    let changed = gone.follow(&town, group, &commit.bytes);
    assert!(changed.out, "who was removed is told");
    assert!(matches!(gone.chat(&town, |chat| chat.group(group)), Err(ChatError::NoGroup)));

    let said = people[3].say(&town, group, "without them");
    assert!(matches!(gone.process(&town, group, &said), Err(ChatError::NoGroup)));
    let kept = gone.on(&town, &before, |chat| chat.process(group, &said, town.now_s.get()));
    assert!(matches!(kept, Err(ChatError::Ahead { .. })), "not with the keys they kept either: {kept:?}");
    for one in people.iter().filter(|one| one.id != people[3].id) {
        assert_eq!(one.text(&town, group, &said), "without them");
    }
}

#[test]
fn messages_do_not_wait_for_a_commit_that_waits() {
    let mut town = Town::new();
    let (ana, ben, group) = pair(&mut town);
    let commit = ana.chat(&town, |chat| chat.update(group)).unwrap();
    assert_eq!(ana.group(&town, group).pending, Some(commit.hash));
    let said = ana.say(&town, group, "while it waits");
    assert_eq!(ben.text(&town, group, &said), "while it waits");
    let answer = ben.say(&town, group, "so do I");
    assert_eq!(ana.text(&town, group, &answer), "so do I");
    let second = ana.chat(&town, |chat| chat.update(group));
    assert!(matches!(second, Err(ChatError::Pending)), "one at a time");
    ana.chat(&town, |chat| chat.confirm(group)).unwrap();
    ben.follow(&town, group, &commit.bytes);
    assert_eq!(ana.group(&town, group).mark, ben.group(&town, group).mark);
    assert!(matches!(ana.chat(&town, |chat| chat.confirm(group)), Err(ChatError::NothingPending)));
}

#[test]
fn who_wants_to_leave_goes_on_talking_until_removed() {
    let mut town = Town::new();
    let people = town.people(3);
    let group = found(&town, &people, Suite::Classic, &Settings::default());
    let [ana, ben, chloe] = people.as_slice() else { panic!("three people") };
    let wish = chloe.chat(&town, |chat| chat.leave(group)).unwrap();
    for other in [ana, ben] {
        assert!(matches!(other.process(&town, group, &wish), Ok(Applied::Leaves(id)) if id == chloe.id));
    }
    let bye = chloe.say(&town, group, "goodbye");
    assert_eq!(ana.text(&town, group, &bye), "goodbye");
    let answer = ana.say(&town, group, "take care");
    assert_eq!(chloe.text(&town, group, &answer), "take care", "a wish closes nobody's mouth");
    let (commit, _) = ben.change(&town, group, |chat| chat.remove(group, &[chloe.id]));
    ana.follow(&town, group, &commit.bytes);
    assert!(chloe.follow(&town, group, &commit.bytes).out);
    let own = ben.chat(&town, |chat| chat.remove(group, &[ben.id]));
    assert!(matches!(own, Err(ChatError::Malformed(_))), "nobody removes themselves");
}

#[test]
fn settings_are_everybodys_and_administrators_alone_change_them() {
    let mut town = Town::new();
    let people = town.people(3);
    let [ana, ben, chloe] = people.as_slice() else { panic!("three people") };
    let mine = Settings { name: "Choir".to_owned(), admins: vec![ana.id], ..Settings::default() };
    let group = found(&town, &people, Suite::Classic, &mine);
    assert_eq!(ben.group(&town, group).settings, mine, "the invitation carries them");
    let theirs = Settings { name: "Band".to_owned(), ..mine.clone() };
    for refused in [
        ben.chat(&town, |chat| chat.set(group, &theirs)),
        ben.chat(&town, |chat| chat.remove(group, &[chloe.id])),
    ] {
        assert!(matches!(refused, Err(ChatError::NotAllowed(_))), "{refused:?}");
    }
    assert_eq!(ben.group(&town, group).pending, None, "a refused commit waits for nothing");
    let both = Settings { admins: vec![ana.id, ben.id], ..theirs };
    let (commit, _) = ana.change(&town, group, |chat| chat.set(group, &both));
    for other in [ben, chloe] {
        assert_eq!(other.follow(&town, group, &commit.bytes).settings, Some(both.clone()));
    }
    let (commit, _) = ben.change(&town, group, |chat| chat.remove(group, &[chloe.id]));
    assert_eq!(ana.follow(&town, group, &commit.bytes).by, ben.id);
}

#[test]
fn everybody_renews_their_own_leaf() {
    let mut town = Town::new();
    let (ana, mut ben, group) = pair(&mut town);
    town.wait(20 * DAY_S);
    ben.leaf = certify(ben.id, 0, &ben.identity, &ben.key, town.now_s.get() + 28 * DAY_S);
    assert!(!ben.group(&town, group).own_is_current, "the keeper has certified it anew");
    let (commit, _) = ben.change(&town, group, |chat| chat.update(group));
    assert!(ben.group(&town, group).own_is_current);
    ana.follow(&town, group, &commit.bytes);
    let leaf = ana.group(&town, group).members.into_iter().find(|leaf| leaf.node_id == ben.id);
    assert_eq!(leaf, Some(ben.leaf.clone()), "others have the new certificate");
    let said = ben.say(&town, group, "still here");
    assert_eq!(ana.text(&town, group, &said), "still here");
}

#[test]
fn an_installation_with_a_new_key_is_added_again() {
    let mut town = Town::new();
    let (ana, mut ben, group) = pair(&mut town);
    ben.key = ed25519_dalek::SigningKey::from_bytes(&[250; 32]);
    ben.leaf = certify(ben.id, 0, &ben.identity, &ben.key, town.now_s.get() + DAY_S);
    let mute = ben.chat(&town, |chat| chat.encrypt(group, b"?"));
    assert!(matches!(mute, Err(ChatError::LeafReplaced)), "{mute:?}");
    let package = ben.package(&town, Suite::Classic);
    let (commit, changed) = ana.change(&town, group, |chat| chat.add(group, &[&package]));
    assert_eq!((&changed.added, &changed.removed), (&vec![ben.id], &vec![ben.id]), "the old leaf goes");
    let welcome = commit.welcome.unwrap();
    let again = ben.chat(&town, |chat| chat.join(&welcome, town.now_s.get()));
    assert!(matches!(again, Err(ChatError::Exists)), "what is kept is not replaced by surprise: {again:?}");
    ben.chat(&town, |chat| chat.rejoin(&welcome, town.now_s.get())).unwrap();
    let said = ben.say(&town, group, "me again");
    assert_eq!(ana.text(&town, group, &said), "me again");
    assert_eq!(ana.group(&town, group).people().get(&ben.id), Some(&1));
}

#[test]
fn a_group_made_anew_says_which_it_continues() {
    let mut town = Town::new();
    let people = town.people(3);
    let old = found(&town, &people, Suite::Classic, &Settings::default());
    let anew = Settings { continues: Some(old), ..Settings::default() };
    let group = found(&town, &people, Suite::Classic, &anew);
    assert_ne!(group, old);
    assert_eq!(people[2].group(&town, group).settings.continues, Some(old));
    people[2].chat(&town, |chat| chat.forget(old)).unwrap();
    assert!(matches!(people[2].chat(&town, |chat| chat.group(old)), Err(ChatError::NoGroup)));
    let said = people[2].say(&town, group, "here now");
    assert_eq!(people[0].text(&town, group, &said), "here now", "forgetting one leaves the other");
    assert_eq!(people[0].group(&town, group).people().get(&NodeId([3; 32])), Some(&1));
}
