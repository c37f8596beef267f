//! Which of several sessions with one peer stays.

use openred_core::{ids::Id16, token::Role};

use super::*;

fn met(session: u8, role: Role) -> Input {
    let id = Id16([session; 16]);
    Input::Established(Met { session_id: id, peer: BEN, role, pair_id: id, pair_ticket: vec![] })
}

fn drained(effects: &[Effect]) -> Vec<u8> {
    let session = |effect: &Effect| match effect {
        Effect::Drain { session_id } => Some(session_id.0[0]),
        _ => None,
    };
    effects.iter().filter_map(session).collect()
}

#[test]
fn of_two_at_once_the_one_begun_by_the_lower_id_stays() {
    // Ana's id is the lower one: what she began (role A) stays, in both orders.
    let mut ana = Node::ana();
    assert!(drained(&ana.hear(met(1, Role::A))).is_empty());
    assert_eq!(drained(&ana.hear(met(2, Role::B))), [2]);
    let mut ana = Node::ana();
    assert!(drained(&ana.hear(met(2, Role::B))).is_empty());
    assert_eq!(drained(&ana.hear(met(1, Role::A))), [2]);
    // It closes ten seconds later.
    assert_eq!(ana.tables.next_wake(), Some(10_000));
    ana.wait(10_000);
    assert_eq!(ana.hear(Input::Tick), [Effect::Close { session_id: Id16([2; 16]), code: "replaced" }]);
    assert_eq!(ana.tables.next_wake(), None);
}

#[test]
fn later_a_new_session_renews_the_old_one_whoever_began_it() {
    let mut ana = Node::ana();
    ana.hear(met(1, Role::A));
    ana.wait(3_600_000);
    assert_eq!(drained(&ana.hear(met(2, Role::B))), [1]);
    assert_eq!(drained(&ana.hear(met(3, Role::B))), [2], "renewed by the same side, also at once");
}

#[test]
fn an_ended_session_rivals_nobody() {
    let mut ana = Node::ana();
    ana.hear(met(1, Role::A));
    ana.hear(Input::Ended { session_id: Id16([1; 16]) });
    assert!(drained(&ana.hear(met(2, Role::B))).is_empty());
}
