//! Descriptors: keys of the keeper, its seq, its clock.

use openred_core::descriptor::Descriptor;
use openred_keeper::ops::{DescriptorDraft, Refusal, UnlockWith};

use crate::people::{Clock, DAY_MS, Person, draft, passphrase, refusal};

fn signed(person: &Person) -> Descriptor {
    let signed = person.keeper.sign_descriptor(draft("ana")).wait().expect("signs");
    Descriptor::parse(&signed.descriptor).expect("verifies")
}

#[test]
fn seq_never_falls_even_when_the_clock_does() {
    let clock = Clock::start();
    let ana = Person::new("ana", &clock);
    let first = ana.parsed();
    assert_eq!(first.body().seq, clock.now_ms());
    assert_eq!(first.body().issued, clock.now_ms() / 1000);
    let second = signed(&ana);
    assert_eq!(second.body().seq, first.body().seq + 1, "the same millisecond");
    clock.advance(DAY_MS);
    assert_eq!(signed(&ana).body().seq, clock.now_ms());
}

#[test]
fn a_restored_node_goes_on_after_what_others_kept() {
    let clock = Clock::start();
    let ana = Person::new("ana", &clock);
    clock.advance(3_600_000);
    let newest = ana.keeper.sign_descriptor(draft("ana")).wait().unwrap().descriptor;
    let past = Clock::start();
    let restored = crate::people::over(openred_keeper::vault::Vault::new(Some(&ana.created.key_file)), &past);
    restored.unlock(ana.unlock_with(UnlockWith::Passphrase(passphrase("ana")))).wait().unwrap();
    let seen = DescriptorDraft { seen: Some(newest.clone()), ..draft("ana") };
    let next = restored.sign_descriptor(seen).wait().unwrap();
    let (next, newest) = (Descriptor::parse(&next.descriptor).unwrap(), Descriptor::parse(&newest).unwrap());
    assert!(next.order() > newest.order(), "although this clock is an hour behind");
    let ben = Person::new("ben", &clock);
    let foreign = DescriptorDraft { seen: Some(ben.descriptor), ..draft("ana") };
    assert_eq!(refusal(restored.sign_descriptor(foreign).wait()), Refusal::NotOwn);
}

#[test]
fn keys_of_a_descriptor_are_the_keepers_and_survive_a_restart() {
    let clock = Clock::start();
    let ana = Person::new("ana", &clock);
    let before = ana.parsed();
    let keeper = ana.restarted(&ana.created.key_file);
    keeper.unlock(ana.unlock_with(UnlockWith::Passphrase(passphrase("ana")))).wait().unwrap();
    let again = keeper.sign_descriptor(draft("ana")).wait().unwrap();
    let again = Descriptor::parse(&again.descriptor).unwrap();
    assert_eq!(again.body().incarnation, before.body().incarnation);
    assert_eq!(again.body().noise_key, before.body().noise_key);
    assert_eq!(again.body().mail_key, before.body().mail_key);
    assert!(again.order() > before.order());
}

#[test]
fn without_the_stored_keys_a_new_incarnation_begins() {
    let clock = Clock::start();
    let ana = Person::new("ana", &clock);
    let keeper = ana.restarted(&ana.created.key_file);
    let mut unlock = ana.unlock_with(UnlockWith::Passphrase(passphrase("ana")));
    unlock.state = None;
    assert!(keeper.unlock(unlock).wait().unwrap().new_state.is_some());
    let restored = keeper.sign_descriptor(draft("ana")).wait().unwrap();
    let restored = Descriptor::parse(&restored.descriptor).unwrap();
    assert_ne!(restored.body().incarnation, ana.parsed().body().incarnation);
    assert_ne!(restored.body().noise_key, ana.parsed().body().noise_key);

    let renewed = signed(&ana).body().incarnation;
    ana.keeper.renew().wait().unwrap();
    assert_ne!(signed(&ana).body().incarnation, renewed);
}

#[test]
fn drafts_out_of_bounds_are_refused() {
    let ana = Person::new("ana", &Clock::start());
    let bad = [
        DescriptorDraft { username: "Ana".to_owned(), ..draft("ana") },
        DescriptorDraft { lifetime_s: 0, ..draft("ana") },
        DescriptorDraft { lifetime_s: 31 * 86_400, ..draft("ana") },
        DescriptorDraft { capabilities: vec!["x".to_owned(); 33], ..draft("ana") },
        DescriptorDraft { api_url: Some("x".repeat(256)), ..draft("ana") },
    ];
    for draft in bad {
        assert!(matches!(refusal(ana.keeper.sign_descriptor(draft).wait()), Refusal::Malformed(_)));
    }
}

#[test]
fn rotation_replaces_keys_but_keeps_mail_readable() {
    let ana = Person::new("ana", &Clock::start());
    let before = ana.parsed();
    let letter = openred_core::boxes::seal(&before.body().mail_key, b"info", b"aad", b"dear ana").unwrap();
    let words = ana.keeper.recovery_words().wait().unwrap();
    ana.keeper.rotate(words).wait().unwrap();
    let after = signed(&ana);
    assert_eq!(after.body().log_seq, 1);
    assert_ne!(after.body().noise_key, before.body().noise_key);
    assert_ne!(after.body().grant_key, before.body().grant_key);
    assert_ne!(after.body().incarnation, before.body().incarnation);
    let open =
        |aad: &[u8]| ana.keeper.open_box(b"info".as_slice().into(), aad.into(), letter.clone().into()).wait();
    assert_eq!(open(b"aad").unwrap().expose(), b"dear ana");
    assert_eq!(refusal(open(b"other")), Refusal::Box);
}
