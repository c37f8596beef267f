//! Trust as a flow from the owner's own contacts: who is not vouched for by friends of friends gains nothing.
//!
//! Each contact is given 0.1 and passes half of what it has to those it recommends, by the shares of its word; these
//! do the same, three hops far. Nobody takes in more than 0.1 altogether. What a node keeps, the other half, is its
//! boost; contacts have all of theirs. The boosts of any set of fakes sum to at most what enters the set: ≤ 0.05 per
//! statement by which somebody honest vouches for a fake, and ≤ 0.05 per contact altogether, however many fakes there
//! are and whatever they say of each other. Address groups and age play no part.
//! Must not know: what trust is used for.

use std::{cell::RefCell, collections::BTreeMap};

use openred_core::ids::NodeId;

use super::{
    Book, Metric, Ppm, Reason,
    bounds::{BOOST_MAX, FLOW_DEPTH, ONE},
};
use crate::now::Now;

/// See the module. What flows is remembered for as long as the book stays as it is, at most ten seconds.
#[derive(Clone, Debug, Default)]
pub struct FriendsFirst {
    flowing: RefCell<Option<Flowing>>,
}

/// Version of the book, tens of seconds, and what flowed then.
type Flowing = (u64, u64, BTreeMap<NodeId, Intake>);

/// What reached a node, and through whom.
#[derive(Clone, Debug, Default)]
struct Intake {
    total: Ppm,
    by: Vec<Reason>,
}

impl Metric for FriendsFirst {
    fn name(&self) -> &'static str {
        "friends_first"
    }

    fn listens(&self, book: &Book, from: &NodeId, now: Now) -> bool {
        book.is_contact(from) || (book.is_spoken_of(from, now) && self.intake(book, from, now).is_some())
    }

    fn reasons(&self, book: &Book, node: &NodeId, now: Now) -> Vec<Reason> {
        if book.is_contact(node) {
            return vec![Reason { by: *node, share: ONE, adds: BOOST_MAX }];
        }
        if !book.is_spoken_of(node, now) {
            return Vec::new();
        }
        self.intake(book, node, now).map(|intake| intake.by).unwrap_or_default()
    }
}

impl FriendsFirst {
    fn intake(&self, book: &Book, node: &NodeId, now: Now) -> Option<Intake> {
        let (version, at) = (book.version(), now.secs() / 10);
        let mut flowing = self.flowing.borrow_mut();
        match &*flowing {
            Some((held, held_at, flow)) if *held == version && *held_at == at => flow.get(node).cloned(),
            _ => {
                let flow = flow(book, now);
                let intake = flow.get(node).cloned();
                *flowing = Some((version, at, flow));
                intake
            }
        }
    }
}

/// What flows into whom, contacts apart. A reason's `adds` is the half that stays.
fn flow(book: &Book, now: Now) -> BTreeMap<NodeId, Intake> {
    let mut reached: BTreeMap<NodeId, Intake> = BTreeMap::new();
    let mut front: BTreeMap<NodeId, Ppm> = book.contacts().map(|id| (id, BOOST_MAX)).collect();
    for _ in 0..FLOW_DEPTH {
        let mut next: BTreeMap<NodeId, Ppm> = BTreeMap::new();
        for (by, mass) in front {
            for (about, share) in book.shares(&by, now).filter(|(about, _)| !book.is_contact(about)) {
                let intake = reached.entry(about).or_default();
                let passed = (mass / 2 * share / ONE).min(BOOST_MAX - intake.total);
                if passed > 0 {
                    intake.total += passed;
                    intake.by.push(Reason { by, share, adds: passed / 2 });
                    *next.entry(about).or_default() += passed;
                }
            }
        }
        front = next;
    }
    reached.retain(|_, intake| intake.total > 0);
    reached
}
