//! Two groups in place of one: made at once for the same people, or made anew because the first was torn. Whoever hears of both
//! ends in one, and says again there what the other has not delivered. Must not know: how a second group comes to be.

use std::collections::BTreeSet;

use openred_core::ids::{Hash, Id8, Id16, NodeId};
use openred_proto::{
    now::Now,
    order::{Change, Commit, Effect, Effects, Input, Order, View, bounds},
};

use super::world::{DAY, HOUR, MINUTE, person};

pub(super) const BEGIN: u64 = 1_795_219_200_000;

fn at(unix_ms: u64) -> Now {
    Now { mono_ms: unix_ms, unix_ms }
}

pub(super) fn turn(order: &mut Order, unix_ms: u64, input: Input) -> Vec<Effect> {
    let mut fx = Effects::new();
    order.handle(at(unix_ms), input, &mut fx);
    fx.take()
}

pub(super) fn view(epoch: u64, tag: u8, members: &[u8], sequencers: &[u8]) -> View {
    let people = |of: &[u8]| of.iter().map(|n| person(*n)).collect::<Vec<NodeId>>();
    View {
        epoch,
        tag: Id8([tag; 8]),
        members: people(members).into_iter().collect(),
        sequencers: people(sequencers),
    }
}

pub(super) fn group(n: u8) -> Id16 {
    Id16([n; 16])
}

/// A member who has gone one step that may still be displaced: there is a snapshot.
fn on_an_open_step(id: Id16) -> Order {
    let mut order = Order::new(id, person(0), view(0, 1, &[0, 1], &[1]));
    let commit = Commit { epoch: 0, tag: Id8([1; 8]), hash: Hash([5; 32]), by: Vec::new() };
    let fx = turn(&mut order, BEGIN, Input::Commit { from: person(1), commit });
    assert!(fx.contains(&Effect::Snapshot { epoch: 0 }), "{fx:?}");
    turn(&mut order, BEGIN, Input::Applied { view: view(1, 2, &[0, 1], &[1]), added: Vec::new() });
    order
}

/// One of two people who made a group each, at once: both groups as this person has them.
struct Both {
    me: NodeId,
    groups: Vec<(Id16, Order)>,
    /// Said and not read by the other yet: in which group, which message.
    said: Vec<(Id16, u64)>,
}

impl Both {
    fn new(me: u8, own: Id16) -> Self {
        let order = Order::new(own, person(me), view(0, own.0[0], &[0, 1], &[me]));
        Self { me: person(me), groups: vec![(own, order)], said: Vec::new() }
    }

    fn speaks_in(&self) -> Vec<Id16> {
        self.groups.iter().filter(|(_, order)| order.may_send()).map(|(id, _)| *id).collect()
    }

    fn says(&mut self, message: u64) {
        let first = self.speaks_in()[0];
        self.said.push((first, message));
    }

    /// The other's group comes by its invitation, and each of the two hears of its twin.
    fn hears_of(&mut self, other: Id16, by: u8) {
        let order = Order::new(other, self.me, view(0, other.0[0], &[0, 1], &[by]));
        self.groups.push((other, order));
        let ids: Vec<Id16> = self.groups.iter().map(|(id, _)| *id).collect();
        for (id, order) in &mut self.groups {
            for twin in ids.iter().filter(|twin| *twin != id) {
                for effect in turn(order, BEGIN, Input::Twin { group: *twin, reboot: false }) {
                    if let Effect::Move { to } = effect {
                        let theirs = self.said.iter_mut().filter(|(at, _)| at == id);
                        theirs.for_each(|(at, _)| *at = to);
                    }
                }
            }
        }
    }
}

#[test]
fn of_two_groups_made_at_once_both_keep_the_one_with_the_smaller_id() {
    // Whoever speaks before or after hearing of the other group, and whoever hears first.
    for (first, speaks_before) in [(0, true), (0, false), (1, true), (1, false)] {
        let (small, large) = (group(3), group(7));
        let mut people = [Both::new(0, large), Both::new(1, small)];
        let twins = [(small, 1), (large, 0)];
        for who in [first, 1 - first] {
            if speaks_before {
                people[who].says(who as u64);
            }
            let (twin, by) = twins[who];
            people[who].hears_of(twin, by);
            if !speaks_before {
                people[who].says(who as u64);
            }
        }
        for one in &people {
            assert_eq!(one.speaks_in(), [small], "{first} hears first, speaks before: {speaks_before}");
            assert!(
                one.said.iter().all(|(at, _)| *at == small),
                "what was said is said there: {:?}",
                one.said
            );
            assert_eq!(one.said.len(), 1, "once");
        }
    }
}

#[test]
fn a_group_that_gave_way_keeps_no_way_back_and_does_nothing_more() {
    let mut order = on_an_open_step(group(7));
    assert!(order.next_wake().is_some(), "an open step settles some day");
    let fx = turn(&mut order, BEGIN + MINUTE, Input::Twin { group: group(3), reboot: false });
    assert_eq!(fx, [Effect::Shred { epoch: 0 }, Effect::Move { to: group(3) }]);
    assert!(!order.may_send());
    assert_eq!(order.next_wake(), None);
    let wanted = Input::Want { change: 1, urgent: true };
    let message = Input::Message { from: person(1), message: Hash([8; 32]), epoch: 1, tag: Id8([2; 8]) };
    for input in [wanted, message, Input::Tick, Input::Twin { group: group(1), reboot: false }] {
        assert_eq!(turn(&mut order, BEGIN + DAY, input), [], "it is over");
    }
    let bytes = serde_json::to_vec(&order).unwrap();
    let mut again: Order = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(turn(&mut again, BEGIN + DAY, Input::Tick), [], "after a restart too");
}

#[test]
fn a_group_with_the_smaller_id_goes_on() {
    let mut order = on_an_open_step(group(3));
    let before = order.clone();
    assert_eq!(turn(&mut order, BEGIN + MINUTE, Input::Twin { group: group(7), reboot: false }), []);
    assert_eq!(
        turn(&mut order, BEGIN + MINUTE, Input::Twin { group: group(3), reboot: false }),
        [],
        "itself"
    );
    assert_eq!(order, before);
    assert!(order.may_send());
}

/// Ben stands on a branch of his own, and two others tell that they are on another.
fn torn() -> Order {
    let mut order = Order::new(group(3), person(1), view(4, 9, &[0, 1, 2], &[0]));
    apart(&mut order, BEGIN);
    order
}

fn apart(order: &mut Order, unix_ms: u64) -> Vec<Effect> {
    let since = Some(4);
    let told = [0, 2].map(|n| Input::Position { from: person(n), epoch: 4, tag: Id8([1; 8]), since });
    told.into_iter().flat_map(|told| turn(order, unix_ms, told)).collect()
}

#[test]
fn who_is_lost_for_a_day_asks_once_for_a_new_group_and_goes_there() {
    let mut order = torn();
    assert!(!order.is_lost(), "not at once: most tears mend by themselves");
    let mut asked = Vec::new();
    let mut unix_ms = BEGIN;
    while unix_ms < BEGIN + 2 * DAY {
        unix_ms += HOUR / 2;
        // They go on telling where they are.
        let mut fx = apart(&mut order, unix_ms);
        fx.extend(turn(&mut order, unix_ms, Input::Tick));
        asked.extend(fx.contains(&Effect::Reboot).then_some(unix_ms - BEGIN));
    }
    assert!(order.is_lost(), "the others are more");
    assert_eq!(asked.len(), 1, "once: {asked:?}");
    assert!(asked[0] >= bounds::REBOOT_MS && asked[0] < bounds::REBOOT_MS + HOUR, "{asked:?}");
    let fx = turn(&mut order, unix_ms, Input::Twin { group: group(200), reboot: true });
    assert_eq!(fx, [Effect::Move { to: group(200) }], "whatever its id");
    assert!(!order.may_send());
}

#[test]
fn who_is_not_lost_stays_when_somebody_makes_the_group_anew() {
    let mut order = on_an_open_step(group(7));
    assert!(!order.is_lost());
    assert_eq!(turn(&mut order, BEGIN + MINUTE, Input::Twin { group: group(1), reboot: true }), []);
    assert!(order.may_send());
}

#[test]
fn who_joins_another_way_again_still_removes_whom_it_has_seen_removed() {
    let members = |of: &[u8]| of.iter().map(|n| person(*n)).collect::<BTreeSet<NodeId>>();
    let mut order = Order::new(group(3), person(0), view(0, 1, &[0, 1, 2], &[]));
    let commit = Commit { epoch: 0, tag: Id8([1; 8]), hash: Hash([5; 32]), by: Vec::new() };
    turn(&mut order, BEGIN, Input::Commit { from: person(1), commit });
    turn(&mut order, BEGIN, Input::Applied { view: view(1, 2, &[0, 1], &[]), added: Vec::new() });
    // A first invitation leads where chloé is out as well, a second one where she never went.
    for (welcome, epoch, tag, of) in [(11, 9, 3, &[0, 1][..]), (12, 30, 4, &[0, 1, 2])] {
        turn(&mut order, BEGIN + HOUR, Input::Welcome { welcome: Hash([welcome; 32]), epoch });
        let fx = turn(&mut order, BEGIN + 2 * HOUR, Input::Tick);
        assert!(fx.contains(&Effect::Join { welcome: Hash([welcome; 32]) }), "{fx:?}");
        let fx = turn(&mut order, BEGIN + 2 * HOUR, Input::Joined { view: view(epoch, tag, of, &[]) });
        assert_eq!(order.view().members, members(of));
        let again = Effect::Make { change: Change::Remove(vec![person(2)]) };
        assert_eq!(fx.contains(&again), of.len() == 3, "{fx:?}");
        assert_eq!(order.may_send(), of.len() == 2, "nothing is said before she is out again");
    }
}
