//! Whatever bytes come: an error, never a panic, and no change.

use openred_keeper::ops::{Refusal, Request, Response, Ticket, Unlock, UnlockWith};
use openred_keeper::secret::Secret;
use openred_keeper::vault::Vault;
use openred_keeper::wire;
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any, proptest};

use crate::people::{Clock, Meeting, Person, START_MS};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn frames_decode_or_are_refused(bytes in vec(any::<u8>(), 0..400)) {
        if let Ok((id, request)) = wire::decode::<(u64, Request)>(&bytes) {
            let again = wire::encode(&(id, &request)).expect("what was read can be written");
            let back = wire::decode::<(u64, Request)>(&again[4..]).expect("and read again");
            assert_eq!(format!("{back:?}"), format!("{:?}", (id, request)));
        }
        let _: Result<(u64, Result<Response, Refusal>), _> = wire::decode(&bytes);
    }

    #[test]
    fn key_files_open_or_are_refused(bytes in vec(any::<u8>(), 0..400)) {
        let framed = [b"ORkeys\x1a\n\x01".as_slice(), &bytes].concat();
        for file in [&bytes, &framed] {
            let mut vault = Vault::new(Some(file));
            let with = UnlockWith::Credential(Secret::bytes(&[7; 32]));
            let unlock = Unlock { with, state: None, audit_tail: None };
            let refused = vault.handle(START_MS, Request::Unlock(unlock));
            assert!(matches!(refused, Err(Refusal::KeyFileDamaged | Refusal::WrongSecret)), "{refused:?}");
        }
    }
}

#[test]
fn what_peers_send_is_refused_without_a_trace() {
    let clock = Clock::start();
    let (ana, ben) = (Person::new("ana", &clock), Person::new("ben", &clock));
    let meeting = Meeting::with(Ticket::Open, Ticket::Open);
    let hello = ana.keeper.start(meeting.start(&ana, &ben)).wait().unwrap().hello;
    for at in 0..hello.len() {
        for cut in [true, false] {
            let mut changed = hello.clone();
            if cut {
                changed.0.truncate(at);
            } else {
                changed.0[at] ^= 1;
            }
            let accepted = ben.keeper.accept(meeting.accept(&ana, &ben, changed.clone())).wait();
            let attached =
                hello.windows(14).position(|window| window == b"\"descriptor\":\"").expect("attached");
            assert!(accepted.is_err() || at > attached, "byte {at} of {}", String::from_utf8_lossy(&changed));
            if let Ok(accepted) = accepted {
                ben.keeper.abandon(accepted.handle).wait().unwrap();
            }
        }
    }
    assert_eq!(ben.keeper.status().wait().unwrap().handshakes, 0);
}
