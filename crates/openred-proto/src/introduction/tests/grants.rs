//! Which grants are taken.

use openred_core::{checks::without, ids::Id16, token::Role};

use super::*;

fn dropped(effects: &[Effect]) -> Option<&'static str> {
    effects.iter().find_map(|effect| match effect {
        Effect::GrantDropped { name, .. } => Some(*name),
        _ => None,
    })
}

/// Does `last` after `before`; it is dropped by `name`, and taken when just that check is taken away.
fn matters(name: &'static str, before: impl Fn(&mut Node), last: impl Fn(&mut Node) -> Vec<Effect>) {
    let mut node = Node::ben();
    before(&mut node);
    assert_eq!(dropped(&last(&mut node)), Some(name));
    let mut node = Node::ben();
    before(&mut node);
    assert_eq!(dropped(&without(name, || last(&mut node))), None, "{name} taken away");
}

fn from(number: u8, who: NodeId, contact: bool) -> GrantIn {
    GrantIn { core: core(number, who, BEN), role: Role::B, contact, ticket: vec![] }
}

fn numbered(number: u16, who: NodeId, contact: bool) -> GrantIn {
    let mut grant = from(0, who, contact);
    grant.core.grant_id.0[..2].copy_from_slice(&number.to_be_bytes());
    grant.core.grant_id.0[2] = 1;
    grant
}

#[test]
fn one_grant_answers_one_request() {
    let ask = |node: &mut Node| {
        node.hear(asked(7));
        assert!(node.tables.own_request(&Id16([7; 16])).is_some(), "it waits");
        assert_eq!(dropped(&node.take(grant(7, Role::A))), None);
        assert!(node.tables.own_request(&Id16([7; 16])).is_none(), "it waits no more");
    };
    matters("grant/one-per-request", ask, |node| node.take(grant(7, Role::A)));
}

#[test]
fn an_unanswered_request_waits_ten_minutes() {
    let mut node = Node::ana();
    node.hear(asked(7));
    node.wait(600_001);
    assert_eq!(dropped(&node.take(grant(7, Role::A))), Some("grant/one-per-request"));
}

#[test]
fn a_grant_is_taken_once() {
    let first = |node: &mut Node| assert!(node.take(grant(7, Role::B)).is_empty());
    matters("grant/unused", first, |node| node.take(grant(7, Role::B)));
    // Also when it lapsed unused, and when it was used before a restart.
    let mut node = Node::ben();
    first(&mut node);
    node.wait(200_000);
    assert_eq!(dropped(&node.take(grant(7, Role::B))), Some("grant/unused"));
    let used = vec![(Id16([7; 16]), NOON + 3720)];
    let mut node = Node::of(BEN, Restored { used, ..Restored::default() });
    assert_eq!(dropped(&node.take(grant(7, Role::B))), Some("grant/unused"));
}

#[test]
fn a_wall_clock_that_jumps_ahead_and_back_makes_no_used_grant_new() {
    let mut node = Node::ben();
    node.take(grant(7, Role::B));
    assert!(accepted(&node.knock(1, &hello(TicketKind::Grant, 7, 1))));
    let before = node.now;
    node.now.unix_ms += 365 * 86_400_000;
    node.hear(Input::Tick);
    node.now = before;
    assert_eq!(dropped(&node.take(grant(7, Role::B))), Some("grant/unused"));
}

#[test]
fn no_peer_takes_more_than_eight_places() {
    let eight = |node: &mut Node| {
        for i in 0..8 {
            assert!(node.take(from(i, ANA, false)).is_empty());
        }
    };
    matters("grant/pending-per-peer", eight, |node| node.take(from(8, ANA, false)));
    let mut node = Node::ben();
    eight(&mut node);
    assert!(node.take(from(9, CHLOE, false)).is_empty(), "others find room");
    node.wait(120_001);
    assert!(node.take(from(10, ANA, false)).is_empty(), "lapsed ones hold no place");
}

#[test]
fn strangers_leave_half_of_the_places_to_contacts() {
    let half = |node: &mut Node| {
        for i in 0..128u16 {
            assert!(node.take(numbered(i, NodeId([10 + (i / 8) as u8; 32]), false)).is_empty());
        }
    };
    matters("grant/pending-strangers", half, |node| node.take(from(1, CHLOE, false)));
    let mut node = Node::ben();
    half(&mut node);
    assert!(node.take(from(2, CHLOE, true)).is_empty(), "a contact finds room");
}

#[test]
fn no_more_than_256_grants_wait() {
    let full = |node: &mut Node| {
        for i in 0..256u16 {
            assert!(node.take(numbered(i, NodeId([10 + (i / 8) as u8; 32]), true)).is_empty());
        }
    };
    matters("grant/pending-limit", full, |node| node.take(from(1, CHLOE, true)));
}

#[test]
fn own_descriptors_count_for_a_day_after_they_were_replaced() {
    let mut node = Node::ben();
    let newer = Hash([0xbe; 32]);
    node.hear(Input::OwnDescriptor { signed: vec![1], hash: newer });
    assert_eq!(node.tables.own_descriptors(node.now), vec![newer, desc(BEN)]);
    node.wait(86_401_000);
    assert_eq!(node.tables.own_descriptors(node.now), vec![newer]);
}
