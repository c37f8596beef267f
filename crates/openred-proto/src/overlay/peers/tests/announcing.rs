//! When ana announces herself.

use openred_core::{ids::NodeId, overlay::Body};

use super::world::id;
use crate::{
    now::Now,
    overlay::{
        peers::{Announcing, Group},
        store::TrustRow,
        trust::{Bounded, Settings, Trust},
    },
};

const DAY_MS: u64 = 86_400_000;

fn at(ms: u64) -> Now {
    Now { mono_ms: 1000 + ms, unix_ms: 1_795_219_200_000 + ms }
}

fn trust_in(node: &NodeId, direct: i64) -> Trust {
    let row = TrustRow {
        node_id: *node,
        direct,
        decayed_at: at(0).secs(),
        week: [direct; 7],
        valid: 0,
        invalid: 0,
        credit_day: 0,
        credits: 0,
        timeout_at: 0,
        first_seen: 0,
        group: Some(Group::V4([1, 2])),
        introducer: None,
        outbound: true,
    };
    Trust::new(id("ana"), Settings::standard(), Box::new(Bounded), vec![row])
}

#[test]
fn the_descriptor_is_announced_at_once_on_change_and_daily() {
    let (mut announcing, trust) = (Announcing::new(), trust_in(&id("ben"), 500_000));
    assert!(announcing.due(at(0), &trust).is_empty() && announcing.next_wake().is_none());
    announcing.set_descriptor(vec![1], at(0));
    assert_eq!(announcing.due(at(0), &trust), [Body::PeerAnnouncement(vec![1])]);
    assert!(announcing.due(at(1), &trust).is_empty(), "once");
    announcing.set_descriptor(vec![1], at(10));
    assert!(announcing.due(at(10), &trust).is_empty(), "the same is no change");
    announcing.set_descriptor(vec![2], at(20));
    assert_eq!(announcing.due(at(20), &trust), [Body::PeerAnnouncement(vec![2])]);
    assert!(announcing.due(at(DAY_MS), &trust).is_empty());
    assert_eq!(announcing.due(at(DAY_MS + 20), &trust), [Body::PeerAnnouncement(vec![2])], "a day later");
}

#[test]
fn recommendations_are_made_daily_and_taken_back() {
    let (mut announcing, ben) = (Announcing::new(), id("ben"));
    let mut trust = trust_in(&ben, 740_000);
    announcing.set_descriptor(vec![1], at(0));
    announcing.due(at(0), &trust);
    assert_eq!(announcing.due(at(600_000), &trust), [Body::TrustUpdate(vec![(ben, 740)])]);
    let mut fx = crate::overlay::effect::Effects::new();
    trust.invalid(&ben, "signature", at(700_000), &mut fx);
    let due = announcing.due(at(600_000 + DAY_MS), &trust);
    assert!(due.contains(&Body::TrustUpdate(vec![(ben, 0)])), "taken back");
    let due = announcing.due(at(600_000 + 2 * DAY_MS), &trust);
    assert!(!due.iter().any(|body| matches!(body, Body::TrustUpdate(_))), "nothing left to say");
}
