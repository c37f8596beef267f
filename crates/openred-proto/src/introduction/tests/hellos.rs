//! Which hellos are answered with message 2.

use openred_core::{
    checks::without,
    hello::{Context, Work, solve},
    ids::{B64, Id16},
    token::Role,
};

use super::*;

/// `last` after `before` is refused by `name`, and accepted when just that check is taken away.
fn matters(name: &'static str, before: impl Fn(&mut Node), last: impl Fn(&mut Node) -> Vec<Answer>) {
    let mut node = Node::ben();
    before(&mut node);
    let answers = last(&mut node);
    assert_eq!(refusal(&answers).1, &HelloNote::Check(name));
    let mut node = Node::ben();
    before(&mut node);
    let answers = without(name, || last(&mut node));
    assert!(accepted(&answers), "{name} taken away, yet {answers:?}");
}

fn with_grant(node: &mut Node) {
    node.take(grant(7, Role::B));
}

fn with_pair(node: &mut Node) {
    node.hear(Input::Established(Met {
        session_id: Id16([50; 16]),
        peer: ANA,
        role: Role::B,
        pair_id: Id16([5; 16]),
        pair_ticket: vec![5],
    }));
}

fn with_invitation(node: &mut Node) {
    let (invite_id, not_after) = (Id16([6; 16]), NOON + 3600);
    node.hear(Input::Invitation(Invitation { invite_id, not_after, ticket: vec![6], bound: None }));
}

fn changed(mut hello: Hello, change: impl FnOnce(&mut Hello)) -> Hello {
    change(&mut hello);
    hello
}

/// Gives ben the ticket.
type Prepare = fn(&mut Node);

#[test]
fn each_kind_of_ticket_is_accepted_once_and_repeated_byte_equal() {
    let before: [(TicketKind, u8, Prepare); 4] = [
        (TicketKind::Grant, 7, with_grant),
        (TicketKind::Pair, 5, with_pair),
        (TicketKind::Invitation, 6, with_invitation),
        (TicketKind::Open, 0, |_| {}),
    ];
    for (kind, ticket, prepare) in before {
        let mut node = Node::ben();
        prepare(&mut node);
        let hello = hello(kind, ticket, 1);
        let first = node.knock(1, &hello);
        assert!(accepted(&first), "{kind:?}");
        let again = node.knock(2, &hello);
        assert_eq!(again[0].outcome, first[0].outcome, "{kind:?}: the stored reply");
        assert_eq!(again[0].note, HelloNote::Again);
    }
}

#[test]
fn the_hello_of_a_grant_is_held_against_its_core() {
    let hello = hello(TicketKind::Grant, 7, 1);
    let knock = |change: fn(&mut Hello)| {
        let hello = changed(hello.clone(), change);
        move |node: &mut Node| node.knock(1, &hello)
    };
    matters("handshake/own-id", with_grant_to_chloe, knock(|hello| hello.id_b = CHLOE));
    matters("handshake/ticket-names-peer", with_grant, knock(|hello| hello.id_a = CHLOE));
    matters("handshake/grant-descriptors", with_grant, knock(|hello| hello.desc_a.0[0] ^= 1));
    matters("handshake/grant-descriptors", with_grant, knock(|hello| hello.desc_b.0[0] ^= 1));
    matters("handshake/zero-nonce", with_grant, knock(|hello| hello.nonce.0[0] = 1));
    matters("handshake/zero-nonce", with_grant, knock(|hello| hello.time = 1));
}

fn with_grant_to_chloe(node: &mut Node) {
    let mut grant = grant(7, Role::B);
    grant.core.id_b = CHLOE;
    node.take(grant);
}

#[test]
fn a_grant_is_usable_two_minutes_and_within_ten_of_its_time() {
    let late = |node: &mut Node| {
        node.wait(120_001);
        node.knock(1, &hello(TicketKind::Grant, 7, 1))
    };
    matters("grant/usable-120s", with_grant, late);
    let jumped = |node: &mut Node| {
        node.now.unix_ms += 601_000;
        node.knock(1, &hello(TicketKind::Grant, 7, 1))
    };
    matters("handshake/grant-window", with_grant, jumped);
    let mut node = Node::ben();
    with_grant(&mut node);
    node.wait(120_000);
    assert!(accepted(&node.knock(1, &hello(TicketKind::Grant, 7, 1))), "the last moment");
}

#[test]
fn a_used_grant_is_gone_and_an_unknown_one_comes_too_early() {
    let used = |node: &mut Node| {
        with_grant(node);
        assert!(accepted(&node.knock(1, &hello(TicketKind::Grant, 7, 1))));
    };
    matters("handshake/burnt", used, |node| node.knock(2, &hello(TicketKind::Grant, 7, 2)));
    let answers = Node::ben().knock(1, &hello(TicketKind::Grant, 8, 1));
    assert_eq!(refusal(&answers).0, &HelloRefusal::GrantUnknown);
}

#[test]
fn nothing_leaves_before_the_burn_is_on_disk() {
    let mut node = Node::ben();
    with_grant(&mut node);
    let hello = hello(TicketKind::Grant, 7, 1);
    let checked = node.hear(Input::Hello(HelloIn { conn: ConnId(1), hello: hello.clone() }));
    let [Effect::Check { answer, .. }] = checked[..] else { panic!("{checked:?}") };
    let accept = node.hear(Input::Checked { answer, outcome: Ok(true) });
    assert!(matches!(accept[..], [Effect::Accept { .. }]));
    let store = node.hear(Input::Accepted { answer, outcome: Ok(reply_to(&hello)) });
    let [Effect::Store { store: Some(store), change: Change::Used { until, .. } }] = store[..] else {
        panic!("only the burn: {store:?}")
    };
    assert_eq!(until, NOON + 120 + 3600);
    // The disk is full: no message 2, and the grant stays spent.
    let failed = node.hear(Input::StoreFailed { store });
    assert!(matches!(failed[..], [Effect::Forget { .. }, Effect::Answer(Answer { outcome: Err(_), .. })]));
    assert_eq!(refusal(&node.knock(2, &hello)).1, &HelloNote::Check("handshake/burnt"));
}

#[test]
fn of_two_hellos_under_one_grant_the_first_to_open_wins() {
    let mut node = Node::ben();
    with_grant(&mut node);
    let mut begun = Vec::new();
    for attempt in [1, 2] {
        let hello = hello(TicketKind::Grant, 7, attempt);
        let effects = node.hear(Input::Hello(HelloIn { conn: ConnId(attempt.into()), hello: hello.clone() }));
        let [Effect::Check { answer, .. }] = effects[..] else { panic!("{effects:?}") };
        node.hear(Input::Checked { answer, outcome: Ok(true) });
        begun.push((answer, hello));
    }
    let accept = |node: &mut Node, (answer, hello): &(AnswerId, Hello)| {
        let effects = node.hear(Input::Accepted { answer: *answer, outcome: Ok(reply_to(hello)) });
        node.drive(effects)
    };
    assert!(accepted(&accept(&mut node, &begun[1])));
    assert_eq!(refusal(&accept(&mut node, &begun[0])).0, &HelloRefusal::Used);
}

#[test]
fn equal_hellos_that_overlap_get_one_answer_each() {
    let mut node = Node::ben();
    with_grant(&mut node);
    let hello = hello(TicketKind::Grant, 7, 1);
    let first = node.hear(Input::Hello(HelloIn { conn: ConnId(1), hello: hello.clone() }));
    assert!(node.hear(Input::Hello(HelloIn { conn: ConnId(2), hello })).is_empty(), "waits for the first");
    let answers = node.drive(first);
    assert_eq!(answers.iter().map(|answer| answer.conn).collect::<Vec<_>>(), [ConnId(1), ConnId(2)]);
    assert_eq!(answers[0].outcome, answers[1].outcome);
}

#[test]
fn a_pair_secret_belongs_to_one_peer() {
    let by_chloe =
        |node: &mut Node| node.knock(1, &changed(hello(TicketKind::Pair, 5, 1), |hello| hello.id_a = CHLOE));
    matters("handshake/ticket-names-peer", with_pair, by_chloe);
    let answers = Node::ben().knock(1, &hello(TicketKind::Pair, 5, 1));
    assert_eq!(refusal(&answers).0, &HelloRefusal::Unknown);
}

#[test]
fn kinds_two_to_four_are_fresh_and_unrepeated() {
    for off in [-601i64, 601] {
        let late = move |node: &mut Node| {
            let time = NOON.checked_add_signed(off).unwrap();
            node.knock(1, &changed(hello(TicketKind::Pair, 5, 1), |hello| hello.time = time))
        };
        matters("handshake/time", with_pair, late);
    }
    let repeated = |node: &mut Node| {
        assert!(accepted(&node.knock(1, &hello(TicketKind::Pair, 5, 1))));
        // The same nonce under another Noise message: no equal attempt.
        node.knock(2, &changed(hello(TicketKind::Pair, 5, 1), |hello| hello.noise = [77; 48]))
    };
    matters("handshake/replay", with_pair, repeated);
}

#[test]
fn a_bound_invitation_is_for_its_first_taker() {
    let taken = |node: &mut Node| {
        with_invitation(node);
        assert!(accepted(&node.knock(1, &hello(TicketKind::Invitation, 6, 1))));
    };
    let by_chloe = |hello: &mut Hello| hello.id_a = CHLOE;
    matters("handshake/invitation-bound", taken, |node| {
        node.knock(2, &changed(hello(TicketKind::Invitation, 6, 2), by_chloe))
    });
    let mut node = Node::ben();
    taken(&mut node);
    assert!(accepted(&node.knock(3, &hello(TicketKind::Invitation, 6, 3))), "ana may come again");
    let second = changed(hello(TicketKind::Invitation, 6, 4), by_chloe);
    let effects = node.hear(Input::Hello(HelloIn { conn: ConnId(4), hello: second }));
    let shown = Effect::InvitationTriedAgain { invite_id: Id16([6; 16]), by: CHLOE };
    assert!(effects.contains(&shown), "the owner is shown the second attempt");
    matters("handshake/invitation-expired", with_invitation, |node| {
        node.wait(3_601_000);
        let late = changed(hello(TicketKind::Invitation, 6, 1), |hello| hello.time = node.now.secs());
        node.knock(1, &late)
    });
    node.hear(Input::Withdrawn { invite_id: Id16([6; 16]) });
    assert_eq!(refusal(&node.knock(5, &hello(TicketKind::Invitation, 6, 5))).0, &HelloRefusal::Unknown);
}

#[test]
fn a_binding_outlives_the_process() {
    let invitation =
        Invitation { invite_id: Id16([6; 16]), not_after: NOON + 60, ticket: vec![6], bound: Some(CHLOE) };
    let mut node = Node::of(BEN, Restored { invitations: vec![invitation], ..Restored::default() });
    assert_eq!(refusal(&node.knock(1, &hello(TicketKind::Invitation, 6, 1))).0, &HelloRefusal::Used);
}

#[test]
fn an_open_hello_names_no_ticket() {
    let named = |node: &mut Node| {
        node.knock(1, &changed(hello(TicketKind::Open, 0, 1), |hello| hello.ticket_id.0[0] = 1))
    };
    matters("handshake/ticket-known", |_| {}, named);
}

fn stranger(number: u8) -> Hello {
    changed(hello(TicketKind::Open, 0, number), |hello| hello.id_a = NodeId([number; 32]))
}

fn crowd(node: &mut Node) {
    for number in 100..120 {
        assert!(accepted(&node.knock(1, &stranger(number))));
    }
}

#[test]
fn many_strangers_have_to_work() {
    matters("handshake/work", crowd, |node| node.knock(1, &stranger(200)));
    let mut node = Node::ben();
    crowd(&mut node);
    let answers = node.knock(1, &stranger(200));
    let (HelloRefusal::SlowDown { work: Some(asked), .. }, _) = refusal(&answers) else {
        panic!("{answers:?}")
    };
    let mut hello = stranger(200);
    hello.work = solve(asked, Context::of_hello(&hello).hash());
    assert!(hello.work.is_some());
    let unmade = changed(stranger(201), |other| other.work = hello.work);
    assert!(!accepted(&node.knock(2, &unmade)), "somebody else's work");
    let guessed =
        changed(stranger(200), |other| other.work = Some(Work { challenge: asked.challenge, n: 0 }));
    assert!(!accepted(&node.knock(2, &guessed)), "no work");
    assert!(accepted(&node.knock(3, &hello)));
    node.wait(3000);
    assert!(accepted(&node.knock(4, &stranger(202))), "a place becomes free every three seconds");
}

#[test]
fn even_working_strangers_are_limited() {
    // Work is cheap for whoever has many machines: taken away here, so that only the limit is left.
    let knock = |node: &mut Node, number: u16| {
        let mut hello = hello(TicketKind::Open, 0, 1);
        hello.id_a.0[..2].copy_from_slice(&number.to_be_bytes());
        hello.noise[..2].copy_from_slice(&number.to_be_bytes());
        without("handshake/work", || node.knock(1, &hello))
    };
    let mut node = Node::ben();
    for number in 0..260 {
        assert!(accepted(&knock(&mut node, number)), "stranger {number}");
    }
    let answers = knock(&mut node, 260);
    assert_eq!(refusal(&answers).1, &HelloNote::Check("handshake/open-rate"));
    node.wait(60_000);
    assert!(accepted(&knock(&mut node, 261)), "a minute later there is room again");
}

#[test]
fn what_is_missing_is_said_after_the_presentation_is_right() {
    let mut node = Node::ben();
    with_pair(&mut node);
    let check = |node: &mut Node, hello: Hello, outcome| {
        let effects = node.hear(Input::Hello(HelloIn { conn: ConnId(1), hello }));
        let [Effect::Check { answer, .. }] = effects[..] else { panic!("{effects:?}") };
        let effects = node.hear(Input::Checked { answer, outcome });
        node.drive(effects)
    };
    let answers = check(&mut node, hello(TicketKind::Pair, 5, 1), Ok(false));
    assert_eq!(refusal(&answers).0, &HelloRefusal::WantDescriptor);
    let old = changed(hello(TicketKind::Pair, 5, 1), |hello| hello.desc_b.0[0] ^= 1);
    assert_eq!(refusal(&check(&mut node, old, Ok(true))).0, &HelloRefusal::Stale(B64(vec![BEN.0[0]])));
    let wrong = check(&mut node, hello(TicketKind::Pair, 5, 1), Err(HelloRefusal::BadPresentation));
    assert_eq!(refusal(&wrong).0, &HelloRefusal::BadPresentation);
    assert!(accepted(&node.knock(2, &hello(TicketKind::Pair, 5, 1))), "nothing of it was remembered");
}
