//! Bounds: what is too large is refused before work is done.

use openred_chat::{CONTENT_BYTES_MAX, ChatError, Head, MESSAGE_BYTES_MAX, Settings, Suite, split};
use openred_core::ids::Id16;
use openred_core::payload::MLS_BYTES_MAX;

use crate::town::{Town, found, pair};

#[test]
fn the_largest_message_goes_into_64_parts() {
    let mut town = Town::new();
    let (ana, ben, group) = pair(&mut town);
    let content = vec![b'x'; CONTENT_BYTES_MAX];
    let sealed = ana.chat(&town, |chat| chat.encrypt(group, &content)).unwrap();
    assert!(sealed.len() <= MESSAGE_BYTES_MAX);
    let parts = split(&sealed).unwrap();
    assert!(parts.len() == 64 && parts.iter().all(|part| part.bytes.0.len() <= MLS_BYTES_MAX));
    let mut whole = None;
    for part in &parts {
        assert_eq!(whole, None, "not before the last");
        whole = ben.chat(&town, |chat| chat.take_part(&ana.id, part)).unwrap();
    }
    assert_eq!(ben.hear(&town, group, &whole.unwrap()).content, content);
    let beyond = ana.chat(&town, |chat| chat.encrypt(group, &[content, vec![b'x']].concat()));
    assert!(matches!(beyond, Err(ChatError::Malformed(_))));
}

#[test]
fn twenty_people_with_the_hybrid_suite_stay_within_parts() {
    let mut town = Town::new();
    let people = town.people(20);
    let group = found(&town, &people, Suite::Hybrid, &Settings::default());
    let (commit, _) = people[0].change(&town, group, |chat| chat.update(group));
    assert!(commit.bytes.len() > MLS_BYTES_MAX / 2, "a commit of {} bytes", commit.bytes.len());
    assert!(split(&commit.bytes).is_some());
    assert_eq!(people[9].follow(&town, group, &commit.bytes).by, people[0].id);
}

#[test]
fn a_message_of_another_group_is_refused_by_its_head() {
    let mut town = Town::new();
    let (ana, ben, group) = pair(&mut town);
    let said = ana.say(&town, group, "for this group");
    let Some(Head::Group(head)) = Head::read(&said) else { panic!("a message of a group") };
    assert_eq!((head.group, head.epoch), (group, 1));
    let astray = ben.process(&town, Id16([0; 16]), &said);
    assert!(matches!(astray, Err(ChatError::Malformed(_))), "{astray:?}");
    let long = [said, vec![0; MESSAGE_BYTES_MAX]].concat();
    assert!(matches!(ben.process(&town, group, &long), Err(ChatError::Malformed(_))));
}
