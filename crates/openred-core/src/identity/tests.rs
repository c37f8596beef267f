//! Rules of the log, one by one.

use super::*;
use crate::codec::SignedObject;
use crate::seed::RecoverySeed;
use crate::sign::{Label, Signature};

fn key(n: u8) -> SigningKey {
    SigningKey::from_seed([n; 32])
}

fn seed() -> RecoverySeed {
    RecoverySeed::from_bytes([9; 32])
}

fn ana() -> IdentityLog {
    IdentityLog::inception(&key(1), &key(2), seed().commitment(1), 1_700_000_000)
}

fn rotated(log: &IdentityLog, signing: u8) -> IdentityLog {
    let n = log.head_seq() + 1;
    log.rotate(&seed().rotation_key(n), &key(signing), seed().commitment(n + 1), 1_700_000_100).unwrap()
}

/// Applies `change` to the newest entry's object and parses again.
fn altered(log: &IdentityLog, change: impl FnOnce(&mut SignedObject)) -> Result<IdentityLog, LogError> {
    let mut entries = log.entries().to_vec();
    let mut object = SignedObject::decode(entries.last().unwrap(), 2).unwrap();
    change(&mut object);
    *entries.last_mut().unwrap() = object.encode();
    IdentityLog::parse(&entries)
}

#[test]
fn a_log_is_read_back_as_it_was_written() {
    let log = rotated(&rotated(&ana(), 3), 4);
    let read = IdentityLog::parse(log.entries()).unwrap();
    assert_eq!(read, log);
    assert_eq!(read.node_id(), ana().node_id());
    assert_eq!(read.head_seq(), 2);
    assert_eq!(read.created(), 1_700_000_000);
    assert_eq!(read.current_key(), &key(4).public());
    assert_eq!(read.key_at(0), Some(&key(2).public()));
    assert_eq!(read.key_at(3), None);
    let mut writer = Writer::new();
    log.write(&mut writer);
    assert_eq!(IdentityLog::read(&mut Reader::new(&writer.into_vec())).unwrap(), log);
}

#[test]
fn only_the_committed_key_rotates() {
    let log = ana();
    let next = seed().commitment(2);
    assert_eq!(log.rotate(&key(2), &key(3), next, 0).unwrap_err(), LogError::NotCommitted, "signing key");
    assert_eq!(log.rotate(&key(1), &key(3), next, 0).unwrap_err(), LogError::NotCommitted, "root key");
    let later = seed().rotation_key(2);
    assert_eq!(log.rotate(&later, &key(3), next, 0).unwrap_err(), LogError::NotCommitted, "a later key");
}

#[test]
fn keys_are_used_once_and_for_one_thing() {
    let rotate =
        |signing: &SigningKey| ana().rotate(&seed().rotation_key(1), signing, seed().commitment(2), 0);
    assert_eq!(rotate(&key(2)).unwrap_err(), LogError::Reused, "the same signing key again");
    assert_eq!(rotate(&key(1)).unwrap_err(), LogError::Reused, "the root as signing key");
    assert_eq!(rotate(&seed().rotation_key(1)).unwrap_err(), LogError::Reused, "rotation key as signing key");
    let twice = ana().rotate(&seed().rotation_key(1), &key(3), seed().commitment(1), 0).unwrap();
    let again = twice.rotate(&seed().rotation_key(1), &key(4), seed().commitment(2), 0);
    assert_eq!(again.unwrap_err(), LogError::Reused, "a rotation key signs one entry");
}

#[test]
fn both_signatures_count() {
    for log in [ana(), rotated(&ana(), 3)] {
        for at in 0..2 {
            assert!(matches!(
                altered(&log, |o| o.sigs[at] = Signature([1; 64])),
                Err(LogError::Signature(_))
            ));
            let one_missing = altered(&log, |o| {
                o.sigs.remove(at);
            });
            assert!(matches!(one_missing, Err(LogError::Signature(_))));
        }
        assert!(matches!(altered(&log, |o| o.sigs.swap(0, 1)), Err(LogError::Signature(_))));
        let relabelled = altered(&log, |o| {
            o.sigs = o.sigs.iter().map(|_| key(2).sign(Label::Descriptor, &o.inner)).collect();
        });
        assert!(matches!(relabelled, Err(LogError::Signature(_))));
        assert!(altered(&log, |o| *o.inner.last_mut().unwrap() ^= 1).is_err());
    }
}

#[test]
fn entries_stand_in_order_and_are_bounded() {
    assert_eq!(IdentityLog::parse(&[]), Err(LogError::Empty));
    let log = rotated(&rotated(&ana(), 3), 4);
    let [first, second, third] = log.entries() else { unreachable!() };
    let parse =
        |entries: &[&Vec<u8>]| IdentityLog::parse(&entries.iter().map(|e| (*e).clone()).collect::<Vec<_>>());
    assert_eq!(parse(&[second]), Err(LogError::Kind));
    assert_eq!(parse(&[first, first]), Err(LogError::Kind));
    assert_eq!(parse(&[first, third]), Err(LogError::Link));
    assert_eq!(parse(&[first, second, second]), Err(LogError::Link));

    let full = (3..=33).fold(ana(), |log, signing| rotated(&log, signing));
    assert_eq!(full.entries().len(), MAX_ENTRIES);
    assert_eq!(IdentityLog::parse(full.entries()), Ok(full.clone()));
    let more = full.rotate(&seed().rotation_key(32), &key(99), seed().commitment(33), 0);
    assert_eq!(more, Err(LogError::Full));
    assert_eq!(IdentityLog::parse(&vec![first.clone(); 33]), Err(LogError::Full));
}

#[test]
fn first_seen_wins() {
    let held = rotated(&ana(), 3);
    assert_eq!(held.compare(&held), LogOrder::Same);
    assert_eq!(held.compare(&ana()), LogOrder::Older);
    assert_eq!(ana().compare(&held), LogOrder::Grown);
    assert_eq!(held.compare(&IdentityLog::inception(&key(8), &key(9), Hash([0; 32]), 0)), LogOrder::Foreign);

    let thief = rotated(&rotated(&ana(), 5), 6);
    let fork = LogOrder::Fork { seq: 1, entry: thief.entries()[1].clone() };
    let mut kept = held.clone();
    assert_eq!(kept.grow(&thief), fork);
    assert_eq!(kept, held, "nothing switches, however long the other log is");
    assert_eq!(held.proves_fork(1, &thief.entries()[1]), Ok(true));
    assert_eq!(held.proves_fork(1, &held.entries()[1]), Ok(false), "the held entry proves nothing");
    assert_eq!(held.proves_fork(5, &thief.entries()[1]), Ok(false));
    assert!(held.proves_fork(1, &thief.entries()[2]).is_err());
}

#[test]
fn a_log_grows_by_what_continues_it() {
    let mut held = ana();
    assert_eq!(held.grow(&rotated(&ana(), 3)), LogOrder::Grown);
    assert_eq!(held.current_key(), &key(3).public());
    assert_eq!(held.grow(&rotated(&ana(), 3)), LogOrder::Same);
}
