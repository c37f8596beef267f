//! The audit log: readable by its owner, and honest about what is missing.

use openred_keeper::blob::Blob;
use openred_keeper::client::Keeper;
use openred_keeper::ops::{AuditEvent, AuditFinding, AuditKind, AuditReport, AuditVerify, UnlockWith};

use crate::people::{Clock, Person, passphrase};

fn note(keeper: &Keeper, text: &str) {
    let event = AuditEvent { kind: AuditKind::Login, peer: None, text: text.to_owned() };
    keeper.audit(event).wait().expect("noted");
}

fn verify(keeper: &Keeper, entries: &[Blob]) -> AuditReport {
    let ask = AuditVerify { after: None, entries: entries.to_vec(), last: true };
    keeper.verify_audit(ask).wait().expect("a report")
}

/// ana's log file after some log-ins.
fn written(ana: &Person) -> Vec<Blob> {
    for n in 0..5 {
        note(&ana.keeper, &format!("log-in {n}"));
    }
    ana.keeper.take_audit().wait().expect("entries")
}

#[test]
fn entries_read_back_in_order_and_only_sealed_on_disk() {
    let ana = Person::new("ana", &Clock::start());
    let file = written(&ana);
    let report = verify(&ana.keeper, &file);
    assert_eq!(report.findings, []);
    let texts: Vec<&str> = report.entries.iter().map(|entry| entry.text.as_str()).collect();
    assert_eq!(texts, ["identity created", "log-in 0", "log-in 1", "log-in 2", "log-in 3", "log-in 4"]);
    assert!(report.entries.iter().zip(1..).all(|(entry, number)| entry.number == number));
    assert!(file.iter().all(|entry| !entry.windows(6).any(|window| window == b"log-in")));
    assert!(ana.keeper.take_audit().wait().unwrap().is_empty(), "fetched once");
}

#[test]
fn peers_are_kept_as_keyed_hashes() {
    let clock = Clock::start();
    let (ana, ben) = (Person::new("ana", &clock), Person::new("ben", &clock));
    for who in [&ana, &ben] {
        let event = AuditEvent { kind: AuditKind::Grant, peer: Some(ben.id), text: String::new() };
        who.keeper.audit(event.clone()).wait().unwrap();
        who.keeper.audit(event).wait().unwrap();
    }
    let hashes = |person: &Person| {
        let entries = verify(&person.keeper, &person.keeper.take_audit().wait().unwrap()).entries;
        (entries[1].peer.expect("a hash"), entries[2].peer.expect("a hash"))
    };
    let (first, second) = hashes(&ana);
    assert_eq!(first, second, "one node, one hash");
    assert_ne!(first, hashes(&ben).0, "and another one in every log");
    assert_ne!(&first[..], &ben.id.0[..16]);
}

#[test]
fn gaps_changes_and_swaps_are_found() {
    let ana = Person::new("ana", &Clock::start());
    let file = written(&ana);
    let without = [&file[..2], &file[3..]].concat();
    assert_eq!(verify(&ana.keeper, &without).findings, [AuditFinding::Gap { expected: 3, found: 4 }]);
    let mut changed = file.clone();
    changed[2].0[60] ^= 1;
    let findings = verify(&ana.keeper, &changed).findings;
    assert_eq!(findings, [AuditFinding::Damaged { index: 2 }, AuditFinding::Gap { expected: 3, found: 4 }]);
    let mut swapped = file.clone();
    swapped.swap(1, 2);
    assert!(!verify(&ana.keeper, &swapped).findings.is_empty());
    let foreign = written(&Person::new("ben", &Clock::start()));
    let mut planted = file;
    planted[3] = foreign[3].clone();
    assert!(verify(&ana.keeper, &planted).findings.contains(&AuditFinding::Damaged { index: 3 }));
}

#[test]
fn a_log_that_was_cut_or_put_back_is_found() {
    let ana = Person::new("ana", &Clock::start());
    let file = written(&ana);
    let cut = verify(&ana.keeper, &file[..4]).findings;
    assert_eq!(cut, [AuditFinding::Rewound { expected: 6, found: 4 }]);

    let key_file = ana.keeper.checkpoint_audit().wait().unwrap();
    let resume = |tail: Option<&Blob>| {
        let keeper = ana.restarted(&key_file);
        let mut unlock = ana.unlock_with(UnlockWith::Passphrase(passphrase("ana")));
        unlock.audit_tail = tail.cloned();
        let rewound = keeper.unlock(unlock).wait().unwrap().audit_rewound;
        (keeper, rewound)
    };
    assert!(resume(None).1, "the whole file is gone");
    assert!(resume(file.get(3)).1, "an older copy was put back");
    let (keeper, rewound) = resume(file.last());
    assert!(!rewound);
    let more = keeper.take_audit().wait().unwrap();
    let all = [file.clone(), more].concat();
    assert_eq!(verify(&keeper, &all).findings, [], "the log goes on where it ended");

    let (keeper, _) = resume(file.get(3));
    let after = [file[..4].to_vec(), keeper.take_audit().wait().unwrap()].concat();
    assert!(verify(&keeper, &after).findings.contains(&AuditFinding::Gap { expected: 5, found: 7 }));
}

#[test]
fn entries_that_were_never_fetched_are_not_missed() {
    let ana = Person::new("ana", &Clock::start());
    note(&ana.keeper, "lost in a crash");
    let key_file = ana.keeper.checkpoint_audit().wait().unwrap();
    let keeper = ana.restarted(&key_file);
    let unlock = ana.unlock_with(UnlockWith::Passphrase(passphrase("ana")));
    assert!(!keeper.unlock(unlock).wait().unwrap().audit_rewound);
}

#[test]
fn locking_hands_out_the_last_entries() {
    let ana = Person::new("ana", &Clock::start());
    let mut file = written(&ana);
    note(&ana.keeper, "just before");
    file.extend(ana.keeper.lock().wait().unwrap());
    assert_eq!(ana.keeper.lock().wait().unwrap(), [], "locked is locked");
    let mut unlock = ana.unlock_with(UnlockWith::Passphrase(passphrase("ana")));
    unlock.audit_tail = file.last().cloned();
    ana.keeper.unlock(unlock).wait().unwrap();
    file.extend(ana.keeper.take_audit().wait().unwrap());
    let report = verify(&ana.keeper, &file);
    assert_eq!(report.findings, []);
    let texts: Vec<&str> = report.entries[6..].iter().map(|entry| entry.text.as_str()).collect();
    assert_eq!(texts, ["just before", "locked", "unlocked"]);
}

#[test]
fn old_entries_stay_valid_after_a_rotation() {
    let ana = Person::new("ana", &Clock::start());
    let mut file = written(&ana);
    let words = ana.keeper.recovery_words().wait().unwrap();
    ana.keeper.rotate(words).wait().unwrap();
    note(&ana.keeper, "under the new key");
    file.extend(ana.keeper.take_audit().wait().unwrap());
    assert_eq!(verify(&ana.keeper, &file).findings, []);
}
