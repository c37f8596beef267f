//! Making, locking, unlocking, rotating.

use openred_core::descriptor::Descriptor;
use openred_core::identity::{IdentityLog, LogOrder};
use openred_keeper::blob::Blob;
use openred_keeper::keyfile::KdfCost;
use openred_keeper::ops::{PublicIdentity, Purpose, Refusal, Ticket, Unlock, UnlockWith, VaultState};
use openred_keeper::secret::Secret;

use crate::people::{Clock, Meeting, Person, draft, passphrase, refusal};

fn log_of(identity: &PublicIdentity) -> IdentityLog {
    let entries: Vec<Vec<u8>> = identity.log.iter().map(|entry| entry.to_vec()).collect();
    IdentityLog::parse(&entries).expect("a valid log")
}

#[test]
fn a_new_identity_unlocks_again_after_a_restart() {
    let ana = Person::new("ana", &Clock::start());
    assert_eq!(log_of(&ana.created.identity).node_id(), ana.id);

    let keeper = ana.restarted(&ana.created.key_file);
    assert_eq!(keeper.status().wait().unwrap().state, VaultState::Locked);
    assert_eq!(refusal(keeper.data_key(Purpose::Columns).wait()), Refusal::Locked);
    let unlocked = keeper.unlock(ana.unlock_with(UnlockWith::Passphrase(passphrase("ana")))).wait().unwrap();
    assert_eq!(unlocked.identity, ana.created.identity);
    assert_eq!(unlocked.new_state, None, "the stored keys are the present ones");
    let state = VaultState::Unlocked { node_id: ana.id, recovery_confirmed: false };
    assert_eq!(keeper.status().wait().unwrap().state, state);
    let before = ana.keeper.data_key(Purpose::Columns).wait().unwrap();
    assert_eq!(keeper.data_key(Purpose::Columns).wait().unwrap(), before, "data at rest stays readable");
    assert_ne!(keeper.data_key(Purpose::Search).wait().unwrap(), before);
    keeper.lock().wait().unwrap();
    assert_eq!(refusal(keeper.sign_descriptor(draft("ana")).wait()), Refusal::Locked);
}

#[test]
fn an_identity_is_never_overwritten() {
    let ana = Person::new("ana", &Clock::start());
    assert_eq!(refusal(ana.keeper.create(passphrase("eve"), KdfCost::light()).wait()), Refusal::Exists);
    let locked = ana.restarted(&ana.created.key_file);
    assert_eq!(refusal(locked.create(passphrase("eve"), KdfCost::light()).wait()), Refusal::Exists);
}

#[test]
fn wrong_passphrases_slow_down_and_words_still_open() {
    let clock = Clock::start();
    let ana = Person::new("ana", &clock);
    let words = ana.keeper.recovery_words().wait().unwrap();
    let keeper = ana.restarted(&ana.created.key_file);
    let wrong = || ana.unlock_with(UnlockWith::Passphrase(passphrase("eve")));
    for _ in 0..3 {
        assert_eq!(refusal(keeper.unlock(wrong()).wait()), Refusal::WrongSecret);
    }
    assert_eq!(refusal(keeper.unlock(wrong()).wait()), Refusal::SlowDown { retry_ms: 1000 });
    let right = ana.unlock_with(UnlockWith::Passphrase(passphrase("ana")));
    assert!(matches!(refusal(keeper.unlock(right.clone()).wait()), Refusal::SlowDown { .. }));
    let unlocked = keeper.unlock(ana.unlock_with(UnlockWith::Words(words))).wait().unwrap();
    assert_eq!(unlocked.wrong_attempts, 3, "the words are never slowed down");

    let waiting = ana.restarted(&ana.created.key_file);
    for _ in 0..3 {
        assert_eq!(refusal(waiting.unlock(wrong()).wait()), Refusal::WrongSecret);
    }
    clock.advance(1000);
    assert!(waiting.unlock(right).wait().is_ok(), "a second later the right one opens");
}

#[test]
fn words_open_until_the_end_but_are_shown_only_until_confirmed() {
    let ana = Person::new("ana", &Clock::start());
    let words = ana.keeper.recovery_words().wait().unwrap();
    assert_eq!(words.expose_text().unwrap().split(' ').count(), 24);
    let confirmed = ana.keeper.confirm_recovery().wait().unwrap();
    assert_eq!(refusal(ana.keeper.recovery_words().wait()), Refusal::WordsGone);

    let keeper = ana.restarted(&confirmed);
    let shuffled = Secret::text(&words.expose_text().unwrap().split(' ').rev().collect::<Vec<_>>().join(" "));
    assert_eq!(
        refusal(keeper.unlock(ana.unlock_with(UnlockWith::Words(shuffled))).wait()),
        Refusal::WrongSecret
    );
    keeper.unlock(ana.unlock_with(UnlockWith::Words(words))).wait().unwrap();
    assert_eq!(refusal(keeper.recovery_words().wait()), Refusal::WordsGone, "the file holds no seed");
}

#[test]
fn passphrase_and_credential_change_without_touching_data() {
    let ana = Person::new("ana", &Clock::start());
    let words = ana.keeper.recovery_words().wait().unwrap();
    let key = ana.keeper.data_key(Purpose::Columns).wait().unwrap();
    let refused = ana.keeper.change_passphrase(passphrase("eve"), passphrase("new")).wait();
    assert_eq!(refusal(refused), Refusal::WrongSecret);
    let changed = ana.keeper.change_passphrase(passphrase("ana"), passphrase("new")).wait().unwrap();
    let opens = |file: &Blob, with: UnlockWith| {
        let keeper = ana.restarted(file);
        keeper.unlock(ana.unlock_with(with)).wait().map(|_| keeper.data_key(Purpose::Columns).wait().unwrap())
    };
    assert_eq!(refusal(opens(&changed, UnlockWith::Passphrase(passphrase("ana")))), Refusal::WrongSecret);
    assert_eq!(opens(&changed, UnlockWith::Passphrase(passphrase("new"))).unwrap(), key);

    let credential = Secret::bytes(&[7; 32]);
    let with_credential = ana.keeper.add_credential(credential.clone()).wait().unwrap();
    assert_eq!(opens(&with_credential, UnlockWith::Credential(credential.clone())).unwrap(), key);
    assert_eq!(opens(&with_credential, UnlockWith::Passphrase(passphrase("new"))).unwrap(), key);

    let locked = ana.restarted(&with_credential);
    let reset = locked.reset_passphrase(words, passphrase("third")).wait().unwrap();
    assert_eq!(opens(&reset, UnlockWith::Passphrase(passphrase("third"))).unwrap(), key);
    assert_eq!(opens(&reset, UnlockWith::Credential(credential)).unwrap(), key);
    assert_eq!(refusal(opens(&reset, UnlockWith::Passphrase(passphrase("new")))), Refusal::WrongSecret);
}

#[test]
fn rotation_needs_the_words_and_grows_the_log() {
    let clock = Clock::start();
    let ana = Person::new("ana", &clock);
    let words = ana.keeper.recovery_words().wait().unwrap();
    let other = Person::new("ben", &clock).keeper.recovery_words().wait().unwrap();
    assert_eq!(refusal(ana.keeper.rotate(other).wait()), Refusal::WrongSecret);

    let first = log_of(&ana.created.identity);
    let mut held = first.clone();
    for seq in 1..=3 {
        let rotated = ana.keeper.rotate(words.clone()).wait().unwrap();
        let grown = log_of(&rotated.identity);
        assert_eq!(grown.head_seq(), seq, "the same words stay valid for every rotation");
        assert_eq!(held.compare(&grown), LogOrder::Grown);
        assert_eq!(grown.node_id(), ana.id);
        held = grown;
        let keeper = ana.restarted(&rotated.key_file);
        let unlocked =
            keeper.unlock(ana.unlock_with(UnlockWith::Passphrase(passphrase("ana")))).wait().unwrap();
        assert_eq!(log_of(&unlocked.identity), held, "the key file holds the new key");
    }
}

#[test]
fn unlocking_what_is_open_only_checks_the_secret() {
    let clock = Clock::start();
    let (ana, ben) = (Person::new("ana", &clock), Person::new("ben", &clock));
    let meeting = Meeting::with(Ticket::Open, Ticket::Open);
    ana.keeper.start(meeting.start(&ana, &ben)).wait().unwrap();
    let unlock = Unlock { state: None, ..ana.unlock_with(UnlockWith::Passphrase(passphrase("ana"))) };
    assert_eq!(ana.keeper.unlock(unlock).wait().unwrap().new_state, None);
    assert_eq!(ana.keeper.status().wait().unwrap().handshakes, 1, "handshakes go on");
    let next = ana.keeper.sign_descriptor(draft("ana")).wait().unwrap();
    let next = Descriptor::parse(&next.descriptor).unwrap();
    assert_eq!(next.body().incarnation, ana.parsed().body().incarnation, "keys stay");
    let wrong = ana.unlock_with(UnlockWith::Passphrase(passphrase("eve")));
    assert_eq!(refusal(ana.keeper.unlock(wrong).wait()), Refusal::WrongSecret);
    assert!(ana.keeper.data_key(Purpose::Columns).wait().is_ok(), "a wrong one locks nothing");
}

#[test]
fn an_empty_keeper_only_creates() {
    let clock = Clock::start();
    let keeper = crate::people::over(openred_keeper::vault::Vault::new(None), &clock);
    assert_eq!(keeper.status().wait().unwrap().state, VaultState::Empty);
    assert_eq!(refusal(keeper.sign_envelopes(Vec::new()).wait()), Refusal::Empty);
    assert!(matches!(
        refusal(keeper.create(Secret::text(""), KdfCost::light()).wait()),
        Refusal::Malformed(_)
    ));
    let novel = Secret::text(&"x".repeat(2000));
    assert!(matches!(refusal(keeper.create(novel, KdfCost::light()).wait()), Refusal::Malformed(_)));
    assert!(keeper.create(passphrase("ana"), KdfCost::light()).wait().is_ok());
}
