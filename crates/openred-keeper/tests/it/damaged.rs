//! Key files that were changed.

use openred_keeper::ops::{Refusal, UnlockWith, VaultState};

use crate::people::{Clock, Person, passphrase, refusal};

#[test]
fn every_changed_byte_is_refused() {
    let ana = Person::new("ana", &Clock::start());
    let file = ana.created.key_file.clone();
    for at in 0..file.len() {
        for bit in [0x01, 0x80] {
            let mut changed = file.clone();
            changed.0[at] ^= bit;
            let keeper = ana.restarted(&changed);
            let refused = keeper.unlock(ana.unlock_with(UnlockWith::Passphrase(passphrase("ana")))).wait();
            let why = refusal(refused);
            assert!(
                matches!(why, Refusal::KeyFileDamaged | Refusal::WrongSecret | Refusal::Resources),
                "byte {at}: {why:?}"
            );
        }
    }
}

#[test]
fn cut_and_lengthened_files_are_refused_and_never_overwritten() {
    let ana = Person::new("ana", &Clock::start());
    let file = ana.created.key_file.clone();
    let lengthened = [file.0.as_slice(), &[0]].concat().into();
    let cuts = (0..file.len()).step_by(7).map(|len| file.0[..len].into());
    for changed in cuts.chain([lengthened, vec![0u8; 200_000].into()]) {
        let keeper = ana.restarted(&changed);
        let refused = keeper.unlock(ana.unlock_with(UnlockWith::Passphrase(passphrase("ana")))).wait();
        assert_eq!(refusal(refused), Refusal::KeyFileDamaged);
        let created = keeper.create(passphrase("ana"), openred_keeper::keyfile::KdfCost::light()).wait();
        assert_eq!(refusal(created), Refusal::Exists);
    }
}

#[test]
fn what_is_no_key_file_is_said_to_be_damaged() {
    let ana = Person::new("ana", &Clock::start());
    for bytes in [Vec::new(), b"not a key file".to_vec(), ana.created.key_file[..30].to_vec()] {
        let keeper = ana.restarted(&bytes.into());
        assert_eq!(keeper.status().wait().unwrap().state, VaultState::Damaged);
    }
}
