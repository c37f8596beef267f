//! What a thief cannot do, whatever the order in which things arrive (PROTOCOL §1).

use openred_core::codec::SignedObject;
use openred_core::descriptor::{Descriptor, MAX_AHEAD_MS, Pin, PinOutcome, next_seq};
use openred_core::identity::{IdentityLog, LogError, LogOrder};
use openred_core::ids::Hash;
use openred_core::sign::{Label, SigningKey};
use proptest::prelude::*;

use crate::identity::{NOW_MS, Owner, body, key};

/// Signed by the thief over a log of his choice.
fn stolen(log: &IdentityLog, seq: u64, signing: &SigningKey) -> Descriptor {
    let mut body = body(log, seq);
    body.username = "thief".into();
    Descriptor::sign(body, signing).unwrap()
}

/// Seqs that a thief would try: around now, at the limit ahead, at the ends.
fn seqs() -> impl Strategy<Value = Vec<u64>> {
    let near = NOW_MS - 5..NOW_MS + 5;
    let limit = NOW_MS + MAX_AHEAD_MS - 2..NOW_MS + MAX_AHEAD_MS + 3;
    prop::collection::vec(prop_oneof![near, limit, Just(0), Just(u64::MAX), any::<u64>()], 1..6)
}

/// The thief's log: a second entry 1, by the rotation key that the owner has used, and more of his own.
fn forked(founded: &Owner, entries: usize) -> (IdentityLog, SigningKey) {
    let (mut rotation, mut log) = (founded.seed.rotation_key(1), founded.log.clone());
    let mut signing = key(1);
    for n in 0..entries as u8 {
        let next = key(50 + n);
        signing = key(10 + n);
        log = log.rotate(&rotation, &signing, Hash::of(&[next.public().as_bytes()]), NOW_MS / 1000).unwrap();
        rotation = next;
    }
    (log, signing)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_signing_key_alone_never_rotates(seed: [u8; 32], with: [u8; 32], fresh: [u8; 32], next: [u8; 32]) {
        let owner = Owner::founded(seed);
        let fresh = SigningKey::from_seed(fresh);
        for rotation in [owner.signing.clone(), SigningKey::from_seed(with), owner.seed.rotation_key(2)] {
            let stolen = owner.log.rotate(&rotation, &fresh, Hash(next), NOW_MS / 1000);
            prop_assert_eq!(stolen, Err(LogError::NotCommitted));
        }
    }

    #[test]
    fn the_owners_entry_cannot_be_rewritten(seed: [u8; 32], at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let owner = Owner::founded(seed).rotated();
        let mut entry = SignedObject::decode(&owner.log.entries()[1], 2).unwrap();
        let at = at.index(entry.inner.len());
        entry.inner[at] ^= 1 << bit;
        // The thief has the signing key, so his half of the signatures is right.
        entry.sigs[1] = owner.signing.sign(Label::Log, &entry.inner);
        let entries = [owner.log.entries()[0].clone(), entry.encode()];
        prop_assert!(IdentityLog::parse(&entries).is_err(), "byte {} of the inner bytes", at);
    }

    #[test]
    fn the_signing_key_alone_never_locks_the_owner_out(
        (seqs, order) in seqs().prop_flat_map(|seqs| {
            let events: Vec<usize> = (0..seqs.len() + 2).collect();
            (Just(seqs), Just(events).prop_shuffle())
        }),
        log_comes_alone: bool,
    ) {
        let founded = Owner::founded([7; 32]);
        let rotated = founded.rotated();
        let after = rotated.descriptor(NOW_MS - 1000);
        let mut arriving = vec![founded.descriptor(NOW_MS), after.clone()];
        arriving.extend(seqs.iter().map(|seq| stolen(&founded.log, *seq, &founded.signing)));

        let mut peer = Pin::new(founded.log.node_id());
        let mut saw_rotation = false;
        for &i in &order {
            if i == 1 && log_comes_alone {
                peer.accept_log(&rotated.log);
            }
            let outcome = peer.accept(&arriving[i], NOW_MS);
            saw_rotation |= i == 1;
            if i == 1 {
                prop_assert_eq!(&outcome, &PinOutcome::New, "the owner's rotation is always taken");
            }
            let fork = matches!(outcome, PinOutcome::Fork { .. } | PinOutcome::Foreign);
            prop_assert!(!fork, "nothing here is a fork");
            let expected = if saw_rotation { &rotated.log } else { &founded.log };
            prop_assert!(peer.log().is_none_or(|log| log == expected), "only the owner's entries count");
        }
        prop_assert_eq!(peer.descriptor(), Some(&after));
    }

    #[test]
    fn even_without_rotation_the_owner_is_back_within_a_day(seqs in seqs()) {
        let owner = Owner::founded([7; 32]);
        let mut peer = Pin::new(owner.log.node_id());
        for seq in seqs {
            peer.accept(&stolen(&owner.log, seq, &owner.signing), NOW_MS);
        }
        let later = NOW_MS + MAX_AHEAD_MS + 1;
        let mine = owner.descriptor(next_seq(Some(NOW_MS), later));
        prop_assert_eq!(peer.accept(&mine, later), PinOutcome::New);
    }

    #[test]
    fn a_used_rotation_key_switches_nobody_who_saw_the_owner_first(
        (seqs, order) in seqs().prop_flat_map(|seqs| {
            let events: Vec<usize> = (0..2 * seqs.len() + 2).collect();
            (Just(seqs), Just(events).prop_shuffle())
        }),
        entries in 1usize..4,
    ) {
        let founded = Owner::founded([7; 32]);
        let first = founded.rotated();
        let second = first.rotated();
        let (fork, fork_key) = forked(&founded, entries);
        let mut arriving = vec![founded.descriptor(NOW_MS), second.descriptor(NOW_MS - 2000)];
        for &seq in &seqs {
            arriving.push(stolen(&fork, seq, &fork_key));
            arriving.push(stolen(&first.log, seq, &first.signing));
        }

        let mut peer = Pin::new(founded.log.node_id());
        prop_assert_eq!(peer.accept(&first.descriptor(NOW_MS - 1000), NOW_MS), PinOutcome::New);
        for &i in &order {
            let outcome = peer.accept(&arriving[i], NOW_MS);
            let forking = arriving[i].body().log == fork;
            prop_assert_eq!(matches!(outcome, PinOutcome::Fork { seq: 1, .. }), forking, "each attempt is shown");
            if let PinOutcome::Fork { seq, entry } = outcome {
                prop_assert_eq!(first.log.proves_fork(seq, &entry), Ok(true));
            }
            prop_assert_eq!(&peer.log().unwrap().entries()[..2], first.log.entries());
        }
        prop_assert_eq!(peer.descriptor(), Some(&arriving[1]), "the owner's second rotation ends it");
        let again = second.log.rotate(&founded.seed.rotation_key(1), &key(1), Hash([0; 32]), 0);
        prop_assert_eq!(again, Err(LogError::NotCommitted));
    }
}

#[test]
fn who_saw_the_thief_first_keeps_him_and_learns_of_the_fork() {
    let founded = Owner::founded([7; 32]);
    let (fork, fork_key) = forked(&founded, 1);
    let mut ben = Pin::new(founded.log.node_id());
    assert_eq!(ben.accept(&stolen(&fork, NOW_MS, &fork_key), NOW_MS), PinOutcome::New);
    let owners = founded.rotated();
    let entry = owners.log.entries()[1].clone();
    let outcome = ben.accept(&owners.descriptor(NOW_MS), NOW_MS);
    assert_eq!(outcome, PinOutcome::Fork { seq: 1, entry: entry.clone() });
    assert_eq!(ben.accept_log(&owners.log), LogOrder::Fork { seq: 1, entry });
    assert_eq!(ben.log(), Some(&fork), "first seen wins, the owners have to talk");
}
