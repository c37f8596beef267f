//! Two keepers shake hands: pair, invitation, open; and everything that must not work.

use openred_core::hello::Hello;
use openred_core::session_keys::SessionKeys;
use openred_keeper::ops::{CheckHello, Confirm, Finish, HANDSHAKE_MS, Refusal, Session, Ticket};
use openred_keeper::secret::Secret;

use crate::people::{Clock, Meeting, Person, refusal};

fn keys(session: &Session) -> SessionKeys {
    SessionKeys::from_bytes(session.keys.expose().try_into().expect("64 bytes"))
}

/// Both sides speak the same session and can talk.
pub(crate) fn assert_established(a: &Person, b: &Person, (at_a, at_b): &(Session, Session)) {
    assert_eq!((at_a.peer, at_b.peer), (b.id, a.id), "each is proven to the other");
    assert_eq!((at_a.session_id, at_a.h, at_a.pair_id), (at_b.session_id, at_b.h, at_b.pair_id));
    assert_eq!(at_a.capabilities, ["posts"]);
    let sealed = keys(at_a).seal(1, b"hello ben").expect("seals");
    assert_eq!(keys(at_b).open(1, &sealed).expect("opens").as_slice(), b"hello ben");
    let back = keys(at_b).seal(1, b"hello ana").expect("seals");
    assert_eq!(keys(at_a).open(1, &back).expect("opens").as_slice(), b"hello ana");
}

fn strangers(clock: &Clock) -> (Person, Person, (Session, Session)) {
    let (ana, ben) = (Person::new("ana", clock), Person::new("ben", clock));
    let sessions = Meeting::with(Ticket::Open, Ticket::Open).of(&ana, &ben).expect("strangers meet");
    (ana, ben, sessions)
}

fn pair_meeting((at_a, at_b): &(Session, Session)) -> Meeting {
    let sealed = |session: &Session| Ticket::Sealed(session.pair_ticket.clone());
    Meeting::with(sealed(at_a), sealed(at_b))
}

#[test]
fn strangers_meet_and_then_know_each_other() {
    let clock = Clock::start();
    let (ana, ben, first) = strangers(&clock);
    assert_established(&ana, &ben, &first);
    assert!(!first.0.rejoined && !first.1.rejoined);
    let second = pair_meeting(&first).of(&ana, &ben).expect("by pair secret");
    assert_established(&ana, &ben, &second);
    assert_ne!(second.0.pair_id, first.0.pair_id, "every session makes a new pair secret");
    let mut back = pair_meeting(&second);
    std::mem::swap(&mut back.ticket_a, &mut back.ticket_b);
    assert_established(&ben, &ana, &back.of(&ben, &ana).expect("either may begin"));
}

#[test]
fn quic_sessions_are_bound_to_their_channel() {
    let clock = Clock::start();
    let (ana, ben, first) = strangers(&clock);
    let bound = Meeting { binding_a: [7; 32], binding_b: [7; 32], ..pair_meeting(&first) };
    assert_established(&ana, &ben, &bound.of(&ana, &ben).expect("the same channel"));
    let relayed = Meeting { binding_a: [7; 32], binding_b: [8; 32], ..pair_meeting(&first) };
    assert_eq!(refusal(relayed.of(&ana, &ben)), Refusal::Noise, "a man in the middle has two channels");
}

#[test]
fn an_invitation_leads_to_its_inviter_only() {
    let clock = Clock::start();
    let (ana, ben, eve) =
        (Person::new("ana", &clock), Person::new("ben", &clock), Person::new("eve", &clock));
    let invited = ben.keeper.draw_invitation().wait().unwrap();
    let (id, secret) = (invited.invite_id, invited.secret.clone());
    let taken = ana.keeper.take_invitation(id, ben.id, secret).wait().unwrap();
    let meeting = Meeting::with(Ticket::Sealed(taken.ticket.clone()), Ticket::Sealed(invited.ticket));
    assert_established(&ana, &ben, &meeting.of(&ana, &ben).expect("invited"));

    let elsewhere = Meeting::with(Ticket::Sealed(taken.ticket), Ticket::Open);
    let named = Refusal::Check("handshake/ticket-names-peer".to_owned());
    assert_eq!(refusal(ana.keeper.start(elsewhere.start(&ana, &eve)).wait()), named);
    let short = ana.keeper.take_invitation(id, ben.id, Secret::bytes(&[1; 31])).wait();
    assert!(matches!(refusal(short), Refusal::Malformed(_)));
}

#[test]
fn who_does_not_know_the_secret_is_refused_by_name() {
    let clock = Clock::start();
    let (ana, ben) = (Person::new("ana", &clock), Person::new("ben", &clock));
    let invited = ben.keeper.draw_invitation().wait().unwrap();
    let guessed =
        ana.keeper.take_invitation(invited.invite_id, ben.id, Secret::bytes(&[0; 32])).wait().unwrap();
    let meeting = Meeting::with(Ticket::Sealed(guessed.ticket), Ticket::Sealed(invited.ticket));
    assert_eq!(refusal(meeting.of(&ana, &ben)), Refusal::Check("handshake/mac".to_owned()));
}

/// The presentation alone must not carry the handshake: without its check the wrong psk still ends it.
#[cfg(debug_assertions)]
#[test]
fn a_wrong_psk_ends_with_the_first_frame() {
    let clock = Clock::start();
    let (ana, ben) = (Person::new("ana", &clock), Person::new("ben", &clock));
    let invited = ben.keeper.draw_invitation().wait().unwrap();
    let guessed =
        ana.keeper.take_invitation(invited.invite_id, ben.id, Secret::bytes(&[0; 32])).wait().unwrap();
    let meeting = Meeting::with(Ticket::Sealed(guessed.ticket), Ticket::Sealed(invited.ticket));
    let refused = openred_core::checks::without("handshake/mac", || {
        let started = ana.keeper.start(meeting.start(&ana, &ben)).wait().expect("message 1");
        let accepted =
            ben.keeper.accept(meeting.accept(&ana, &ben, started.hello)).wait().expect("message 2");
        let finish = Finish { handle: started.handle, noise: accepted.noise, capabilities: Vec::new() };
        assert_eq!(refusal(ana.keeper.finish(finish).wait()), Refusal::Noise, "A sees it at message 2");
        let forged = Confirm { handle: accepted.handle, first: vec![0; 64].into(), capabilities: Vec::new() };
        refusal(ben.keeper.confirm(forged).wait())
    });
    assert_eq!(refused, Refusal::Check("first/opens".to_owned()), "B at the first frame");
}

#[test]
fn contacts_that_lost_their_secret_prove_themselves_again() {
    let clock = Clock::start();
    let (ana, ben) = (Person::new("ana", &clock), Person::new("ben", &clock));
    let meeting = Meeting { rejoin: true, ..Meeting::with(Ticket::Open, Ticket::Open) };
    let (at_a, at_b) = meeting.of(&ana, &ben).expect("meet again");
    assert!(at_a.rejoined && at_b.rejoined);
}

#[test]
fn hellos_that_were_touched_are_refused() {
    let clock = Clock::start();
    let (ana, ben, first) = strangers(&clock);
    let meeting = pair_meeting(&first);
    let started = ana.keeper.start(meeting.start(&ana, &ben)).wait().unwrap();
    let hello = Hello::parse(&started.hello).unwrap();
    let accept = |hello: &Hello| {
        refusal(ben.keeper.accept(meeting.accept(&ana, &ben, hello.to_text().into_bytes().into())).wait())
    };
    let mac = Refusal::Check("handshake/mac".to_owned());
    let mut changed = hello.clone();
    changed.time += 1;
    assert_eq!(accept(&changed), mac);
    let mut changed = hello.clone();
    changed.noise[0] ^= 1;
    assert_eq!(accept(&changed), mac);
    let mut changed = hello.clone();
    changed.id_b = ana.id;
    assert_eq!(accept(&changed), Refusal::Check("handshake/own-id".to_owned()));
    let mut changed = hello.clone();
    changed.ticket_id.0[0] ^= 1;
    assert_eq!(accept(&changed), Refusal::Ticket);
    assert!(
        ben.keeper.accept(meeting.accept(&ana, &ben, started.hello)).wait().is_ok(),
        "untouched it is good"
    );
}

#[test]
fn the_attached_descriptor_reaches_only_whom_it_is_for() {
    let clock = Clock::start();
    let (ana, ben) = (Person::new("ana", &clock), Person::new("ben", &clock));
    let meeting = Meeting::with(Ticket::Open, Ticket::Open);
    let started = ana.keeper.start(meeting.start(&ana, &ben)).wait().unwrap();
    let check = CheckHello { hello: started.hello.clone(), ticket: Ticket::Open };
    let checked = ben.keeper.check_hello(check).wait().unwrap();
    assert_eq!(checked.descriptor, Some(ana.descriptor.clone()));
    let text = String::from_utf8_lossy(&started.hello).into_owned();
    assert!(!text.contains("ana"), "nothing of it is in clear");
    let mut bare = Hello::parse(&started.hello).unwrap();
    bare.descriptor = None;
    let check = CheckHello { hello: bare.to_text().into_bytes().into(), ticket: Ticket::Open };
    assert_eq!(ben.keeper.check_hello(check).wait().unwrap().descriptor, None);
}

#[test]
fn another_descriptor_than_named_is_refused() {
    let clock = Clock::start();
    let (ana, ben) = (Person::new("ana", &clock), Person::new("ben", &clock));
    let eve = Person::new("eve", &clock);
    let meeting = Meeting::with(Ticket::Open, Ticket::Open);
    let hello = ana.keeper.start(meeting.start(&ana, &ben)).wait().unwrap().hello;
    let mut accept = meeting.accept(&ana, &ben, hello.clone());
    accept.peer_descriptor = eve.descriptor.clone();
    assert_eq!(refusal(ben.keeper.accept(accept).wait()), Refusal::Check("descriptor/hash".to_owned()));
    let mut accept = meeting.accept(&ana, &ben, hello);
    accept.own_descriptor =
        ben.keeper.sign_descriptor(crate::people::draft("ben")).wait().unwrap().descriptor;
    assert_eq!(refusal(ben.keeper.accept(accept).wait()), Refusal::Stale);
}

#[test]
fn a_rotation_voids_pair_secrets_and_old_descriptors() {
    let clock = Clock::start();
    let (mut ana, ben, first) = strangers(&clock);
    let words = ana.keeper.recovery_words().wait().unwrap();
    ana.keeper.rotate(words).wait().unwrap();
    let meeting = pair_meeting(&first);
    assert_eq!(refusal(ana.keeper.start(meeting.start(&ana, &ben)).wait()), Refusal::Stale);
    ana.descriptor = ana.keeper.sign_descriptor(crate::people::draft("ana")).wait().unwrap().descriptor;
    assert_eq!(refusal(ana.keeper.start(meeting.start(&ana, &ben)).wait()), Refusal::TicketVoid);
    let again = Meeting { rejoin: true, ..Meeting::with(Ticket::Open, Ticket::Open) };
    let sessions = again.of(&ana, &ben).expect("they meet by kind 4");
    assert_established(&ana, &ben, &sessions);
    assert!(sessions.1.rejoined, "under ana's new key");
}

#[test]
fn handshakes_are_bounded_and_lapse() {
    let clock = Clock::start();
    let (ana, ben, first) = strangers(&clock);
    let meeting = pair_meeting(&first);
    let begun = ana.keeper.start(meeting.start(&ana, &ben)).wait().unwrap();
    for _ in 1..256 {
        ana.keeper.start(meeting.start(&ana, &ben)).wait().unwrap();
    }
    assert_eq!(refusal(ana.keeper.start(meeting.start(&ana, &ben)).wait()), Refusal::Busy);
    clock.advance(HANDSHAKE_MS);
    ana.keeper.start(meeting.start(&ana, &ben)).wait().expect("the old ones lapsed");
    let finish = Finish { handle: begun.handle, noise: vec![0; 48].into(), capabilities: Vec::new() };
    assert_eq!(refusal(ana.keeper.finish(finish).wait()), Refusal::NoHandshake);
    assert_eq!(refusal(ana.keeper.complete(99_999, vec![0; 64].into()).wait()), Refusal::NoHandshake);
}

#[test]
fn pairs_find_each_other_in_the_lan_by_the_same_hint() {
    let clock = Clock::start();
    let (ana, ben, (at_a, at_b)) = strangers(&clock);
    let hint = |person: &Person, session: &Session, day: u64| {
        person
            .keeper
            .pair_hints(vec![session.pair_ticket.clone()], day)
            .wait()
            .unwrap()
            .remove(0)
            .expect("a pair")
    };
    assert_eq!(hint(&ana, &at_a, 1), hint(&ben, &at_b, 1));
    assert_ne!(hint(&ana, &at_a, 1), hint(&ana, &at_a, 2), "and nobody follows it over days");
    let foreign = ana.keeper.pair_hints(vec![at_b.pair_ticket.clone()], 1).wait().unwrap();
    assert_eq!(foreign, [None]);
}
