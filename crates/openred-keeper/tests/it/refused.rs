//! Tickets and states that are not ours.

use openred_keeper::ops::{Refusal, Ticket, UnlockWith};

use crate::people::{Clock, Meeting, Person, passphrase, refusal};

#[test]
fn a_ticket_of_another_keeper_opens_nothing() {
    let clock = Clock::start();
    let (ana, ben) = (Person::new("ana", &clock), Person::new("ben", &clock));
    let foreign = ben.keeper.draw_invitation().wait().unwrap().ticket;
    for ticket in [foreign, vec![0; 200].into(), Vec::new().into()] {
        let meeting = Meeting::with(Ticket::Sealed(ticket), Ticket::Open);
        assert_eq!(refusal(ana.keeper.start(meeting.start(&ana, &ben)).wait()), Refusal::Ticket);
    }
}

#[test]
fn locking_forgets_handshakes() {
    let clock = Clock::start();
    let (ana, ben) = (Person::new("ana", &clock), Person::new("ben", &clock));
    let meeting = Meeting::with(Ticket::Open, Ticket::Open);
    let started = ana.keeper.start(meeting.start(&ana, &ben)).wait().unwrap();
    assert_eq!(ana.keeper.status().wait().unwrap().handshakes, 1);
    ana.keeper.lock().wait().unwrap();
    let unlock = ana.unlock_with(UnlockWith::Passphrase(passphrase("ana")));
    ana.keeper.unlock(unlock).wait().unwrap();
    assert_eq!(ana.keeper.status().wait().unwrap().handshakes, 0);
    let complete = ana.keeper.complete(started.handle, vec![0; 64].into()).wait();
    assert_eq!(refusal(complete), Refusal::NoHandshake);
}

#[test]
fn a_state_of_somebody_else_is_not_taken() {
    let clock = Clock::start();
    let (ana, ben) = (Person::new("ana", &clock), Person::new("ben", &clock));
    let keeper = ana.restarted(&ana.created.key_file);
    let mut unlock = ana.unlock_with(UnlockWith::Passphrase(passphrase("ana")));
    unlock.state = Some(ben.state.clone());
    assert!(keeper.unlock(unlock).wait().unwrap().new_state.is_some(), "new keys instead, to be stored");
}
