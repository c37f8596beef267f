//! A member who is behind: messages and commits came before the commit that leads to them. Must not know: why it is behind.

use openred_core::ids::{Hash, Id8};
use openred_proto::order::{Commit, Effect, Input, Order};

use super::twins::{BEGIN, group, turn, view};
use super::world::person;

/// A commit that the only sequencer signed.
fn commit(epoch: u64, tag: u8, hash: u8) -> Input {
    let commit = Commit { epoch, tag: Id8([tag; 8]), hash: Hash([hash; 32]), by: vec![person(1)] };
    Input::Commit { from: person(1), commit }
}

#[test]
fn what_was_said_before_the_own_removal_is_opened_before_it() {
    let mut order = Order::new(group(1), person(0), view(0, 1, &[0, 1, 2], &[1]));
    let said = Hash([7; 32]);
    let message = Input::Message { from: person(2), message: said, epoch: 1, tag: Id8([2; 8]) };
    assert!(turn(&mut order, BEGIN, message).contains(&Effect::Hold { message: said }));
    turn(&mut order, BEGIN, commit(1, 2, 11));
    let fx = turn(&mut order, BEGIN, commit(0, 1, 10));
    assert!(fx.contains(&Effect::Apply { hash: Hash([10; 32]) }), "{fx:?}");
    let applied = Input::Applied { view: view(1, 2, &[0, 1, 2], &[1]), added: Vec::new() };
    let fx = turn(&mut order, BEGIN, applied);
    let place = |wanted: &Effect| fx.iter().position(|effect| effect == wanted);
    let (opened, removed) = (Effect::Open { message: said }, Effect::Apply { hash: Hash([11; 32]) });
    assert!(place(&opened).is_some() && place(&opened) < place(&removed), "{fx:?}");
}
