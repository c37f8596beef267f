//! How ana begins: burn before the first byte, patience with 425, one correction of each kind.

use openred_core::{checks::without, hello::WorkChallenge, ids::B64, token::Role};

use super::*;

fn answered(node: &mut Node, start: StartId, refusal: HelloRefusal) -> Vec<Effect> {
    node.hear(Input::Answered { start, outcome: Some(Err(refusal)) })
}

fn started(effects: &[Effect]) -> (StartId, TicketKind, Ticket, bool) {
    let [Effect::Start { start, kind, ticket, rejoin, .. }] = effects else {
        panic!("one start, not {effects:?}")
    };
    (*start, *kind, ticket.clone(), *rejoin)
}

/// Ana's grant is taken, burnt, and its handshake begun.
fn introduced(node: &mut Node) -> StartId {
    node.hear(asked(7));
    let effects = node.take(grant(7, Role::A));
    let [Effect::Store { store: Some(store), change: Change::Used { .. } }] = effects[..] else {
        panic!("the burn, and nothing else before it is on disk: {effects:?}")
    };
    started(&node.hear(Input::Stored { store })).0
}

#[test]
fn a_burns_before_the_hello_leaves() {
    let mut node = Node::ana();
    introduced(&mut node);
    let mut node = Node::ana();
    node.hear(asked(7));
    let effects = node.take(grant(7, Role::A));
    let [Effect::Store { store: Some(store), .. }] = effects[..] else { panic!("{effects:?}") };
    let failed = node.hear(Input::StoreFailed { store });
    assert!(matches!(failed[..], [Effect::Failed { why: Failure::NotStored, .. }]));
}

#[test]
fn a_grant_that_b_has_not_got_yet_is_tried_again_within_its_ttl() {
    let mut node = Node::ana();
    let start = introduced(&mut node);
    let mut waits = Vec::new();
    let lapsed = loop {
        let effects = answered(&mut node, start, HelloRefusal::GrantUnknown);
        if let [Effect::Failed { why, .. }] = effects[..] {
            break why;
        }
        let wake = node.tables.next_wake().unwrap();
        waits.push(wake - node.now.mono_ms);
        node.wait(wake - node.now.mono_ms - 1);
        assert!(node.hear(Input::Tick).is_empty(), "not before its time");
        node.wait(1);
        assert_eq!(node.hear(Input::Tick), [Effect::SendAgain { start }]);
    };
    assert_eq!(waits[..5], [25, 50, 100, 200, 400]);
    assert_eq!(lapsed, Failure::GrantLapsed);
    assert!((110_000..=120_000).contains(&node.now.mono_ms), "{} ms", node.now.mono_ms);
}

#[test]
fn a_missing_descriptor_is_attached_once() {
    let mut node = Node::ana();
    let start = introduced(&mut node);
    assert_eq!(
        answered(&mut node, start, HelloRefusal::WantDescriptor),
        [Effect::AttachDescriptor { start }]
    );
    let again = answered(&mut node, start, HelloRefusal::WantDescriptor);
    assert!(matches!(again[..], [Effect::Failed { why: Failure::Refused(428), .. }]));
}

#[test]
fn a_stale_answer_is_followed_once_and_never_for_a_grant() {
    let stale = || HelloRefusal::Stale(B64(vec![9]));
    let mut node = Node::ana();
    let start = introduced(&mut node);
    let effects = answered(&mut node, start, stale());
    assert!(matches!(effects[..], [Effect::Failed { why: Failure::Refused(409), .. }]), "kind 1 never");

    let twice = |node: &mut Node| {
        let (start, ..) = started(&node.hear(Input::Meet { peer: BEN, with: MeetWith::Open }));
        assert_eq!(answered(node, start, stale()), [Effect::Learn { start, peer: BEN, signed: vec![9] }]);
        assert_eq!(started(&node.hear(Input::Learnt { start, good: true })).0, start, "begins again");
        answered(node, start, stale())
    };
    let effects = twice(&mut Node::ana());
    assert!(matches!(effects[..], [Effect::Failed { why: Failure::Stale, .. }]));
    let effects = without("handshake/stale-once", || twice(&mut Node::ana()));
    assert!(matches!(effects[..], [Effect::Learn { .. }]), "without the check B could lead A on for ever");

    let mut node = Node::ana();
    let (start, ..) = started(&node.hear(Input::Meet { peer: BEN, with: MeetWith::Open }));
    answered(&mut node, start, stale());
    let effects = node.hear(Input::Learnt { start, good: false });
    assert!(matches!(effects[..], [Effect::Failed { why: Failure::Stale, .. }]), "a forged or older one");
}

#[test]
fn unknown_is_believed_after_one_retry_with_another_pair_secret() {
    let pairs = (1..=3).map(|n| (BEN, Id16([n; 16]), vec![n])).collect();
    let mut node = Node::of(ANA, Restored { pairs, ..Restored::default() });
    let (start, kind, ticket, rejoin) = started(&node.hear(Input::Meet { peer: BEN, with: MeetWith::Pairs }));
    assert_eq!(
        (kind, ticket, rejoin),
        (TicketKind::Pair, Ticket::Sealed(vec![3]), false),
        "the newest first"
    );
    let second = started(&answered(&mut node, start, HelloRefusal::Unknown));
    assert_eq!(second, (start, TicketKind::Pair, Ticket::Sealed(vec![2]), false));
    let third = started(&answered(&mut node, start, HelloRefusal::Unknown));
    assert_eq!(
        third,
        (start, TicketKind::Open, Ticket::Open, true),
        "then as a stranger who proves who she is"
    );
    let end = answered(&mut node, start, HelloRefusal::Unknown);
    assert!(matches!(end[..], [Effect::Failed { why: Failure::Refused(404), .. }]));
}

#[test]
fn the_last_four_pair_secrets_are_kept() {
    let mut node = Node::ana();
    let mut dropped = Vec::new();
    for n in 1..=6 {
        let id = Id16([n; 16]);
        let met = Met { session_id: id, peer: BEN, role: Role::A, pair_id: id, pair_ticket: vec![n] };
        for effect in node.hear(Input::Established(met)) {
            if let Effect::Store { change: Change::Pair { dropped: gone, .. }, .. } = effect {
                dropped.extend(gone.iter().map(|id| id.0[0]));
            }
        }
    }
    assert_eq!(dropped, [1, 2]);
}

#[test]
fn work_is_done_once_and_other_refusals_end_it() {
    let challenge = WorkChallenge { challenge: Id16([1; 16]), bits: 18 };
    let slow = || HelloRefusal::SlowDown { work: Some(challenge), retry_after: 1 };
    let mut node = Node::ana();
    let (start, ..) = started(&node.hear(Input::Meet { peer: BEN, with: MeetWith::Open }));
    assert_eq!(answered(&mut node, start, slow()), [Effect::Solve { start, challenge }]);
    assert!(matches!(
        answered(&mut node, start, slow())[..],
        [Effect::Failed { why: Failure::Refused(429), .. }]
    ));

    let (start, ..) = started(&node.hear(Input::Meet { peer: BEN, with: MeetWith::Open }));
    let no_route = node.hear(Input::Answered { start, outcome: None });
    assert!(matches!(no_route[..], [Effect::Failed { why: Failure::NoRoute, .. }]));
    let late = node.hear(Input::Answered { start, outcome: None });
    assert!(late.is_empty(), "it is over: a late answer does nothing");
}
