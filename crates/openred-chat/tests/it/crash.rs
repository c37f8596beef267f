//! A transaction that is dropped, and rows and keepers that fail.

use std::cell::Cell;

use openred_chat::{Cause, Chat, ChatError, Lent, MemoryRows, Row, Rows, Settings, Suite};

use crate::town::{Town, found, pair};

#[test]
fn a_dropped_transaction_has_opened_and_sent_nothing() {
    let mut town = Town::new();
    let (ana, ben, group) = pair(&mut town);
    let said = ana.say(&town, group, "across a crash");

    let state = ben.rows.dump();
    let lost = ben.rows.clone();
    ben.on(&town, &lost, |chat| chat.process(group, &said, town.now_s.get())).unwrap();
    assert_ne!(lost.dump(), state, "the transaction had something to lose");
    assert_eq!(ben.rows.dump(), state, "and it is lost whole");
    assert_eq!(ben.text(&town, group, &said), "across a crash", "the message is not");

    let lost = ana.rows.clone();
    let unsent = ana.on(&town, &lost, |chat| chat.encrypt(group, b"never sent")).unwrap();
    let sent = ana.say(&town, group, "sent");
    let next = ana.say(&town, group, "next");
    assert!(unsent != sent && sent != next);
    assert_eq!(ben.text(&town, group, &sent), "sent");
    assert_eq!(ben.text(&town, group, &next), "next");
    let stray = ben.process(&town, group, &unsent);
    assert!(matches!(stray, Err(ChatError::Replayed)), "its key went with what was sent: {stray:?}");
}

#[test]
fn a_dropped_commit_was_never_made() {
    let mut town = Town::new();
    let (ana, ben, group) = pair(&mut town);
    let state = ana.rows.dump();
    let lost = ana.rows.clone();
    ana.on(&town, &lost, |chat| chat.update(group)).unwrap();
    ana.on(&town, &lost, |chat| chat.confirm(group)).unwrap();
    assert_eq!(ana.rows.dump(), state);
    let (commit, _) = ana.change(&town, group, |chat| chat.update(group));
    ben.follow(&town, group, &commit.bytes);
    let said = ben.say(&town, group, "one history");
    assert_eq!(ana.text(&town, group, &said), "one history");
}

/// Rows that fail at the n-th access.
struct Failing<'a> {
    rows: &'a MemoryRows,
    left: Cell<usize>,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the disk is full")]
struct DiskFull;

impl Failing<'_> {
    fn count(&self) -> Result<(), Cause> {
        let left = self.left.get().checked_sub(1).ok_or(DiskFull)?;
        self.left.set(left);
        Ok(())
    }
}

impl Rows for Failing<'_> {
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Cause> {
        self.count()?;
        self.rows.read(key)
    }

    fn write(&self, key: &[u8], value: &[u8]) -> Result<(), Cause> {
        self.count()?;
        self.rows.write(key, value)
    }

    fn delete(&self, key: &[u8]) -> Result<(), Cause> {
        self.count()?;
        self.rows.delete(key)
    }

    fn list(&self, prefix: &[u8]) -> Result<Vec<Row>, Cause> {
        self.count()?;
        self.rows.list(prefix)
    }
}

#[test]
fn rows_that_fail_are_an_error_with_its_cause_at_every_access() {
    let mut town = Town::new();
    let (ana, ben, group) = pair(&mut town);
    let (commit, _) = ana.change(&town, group, |chat| chat.update(group));
    let mut failures = 0;
    for left in 0.. {
        let scratch = ben.rows.clone();
        let failing = Failing { rows: &scratch, left: Cell::new(left) };
        match ben.on(&town, &failing, |chat| chat.process(group, &commit.bytes, town.now_s.get())) {
            Err(ChatError::Rows(cause)) => assert_eq!(cause.downcast_ref(), Some(&DiskFull)),
            Ok(_) => break,
            other => panic!("{other:?}"),
        }
        failures += 1;
    }
    assert!(failures > 10, "a commit reads and writes many rows");
    ben.follow(&town, group, &commit.bytes);
}

#[test]
fn a_locked_keeper_is_an_error_with_its_cause_and_changes_nothing() {
    let mut town = Town::new();
    let (ana, _, group) = pair(&mut town);
    let state = ana.rows.dump();
    let locked = |_: &[u8]| Err(Cause::from(DiskFull));
    let (rows, own, random, now_s) = (&ana.rows, &ana.leaf, &ana.random, town.now_s.get());
    let chat = Chat::new(Lent { rows, own, sign: &locked, logs: &town, random, now_s });
    let refused = [
        chat.encrypt(group, b"hello").map(drop),
        chat.update(group).map(drop),
        chat.leave(group).map(drop),
        chat.create(Suite::Classic, &Settings::default()).map(drop),
        chat.make_key_package(Suite::Hybrid, false).map(drop),
    ];
    for one in refused {
        let Err(ChatError::Signing(cause)) = one else { panic!("{one:?}") };
        assert_eq!(cause.downcast_ref(), Some(&DiskFull));
    }
    assert_eq!(ana.rows.dump(), state);
}

#[test]
fn damaged_rows_are_an_error() {
    let mut town = Town::new();
    let people = town.people(2);
    let group = found(&town, &people, Suite::Classic, &Settings::default());
    for (key, value) in people[0].rows.dump() {
        let scratch = people[0].rows.clone();
        scratch.write(&key, &value[..value.len() / 2]).unwrap();
        let read = people[0].on(&town, &scratch, |chat| chat.encrypt(group, b"x"));
        assert!(matches!(read, Ok(_) | Err(ChatError::Rows(_) | ChatError::Damaged)), "{read:?}");
    }
}
