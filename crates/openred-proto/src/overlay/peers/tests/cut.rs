//! The network falls apart around ana: she looks for those who went together, and finds them when it heals.

use openred_core::ids::NodeId;

use super::world::{Node, entry, id};
use crate::{
    now::Now,
    overlay::{
        peers::{Settings, Source},
        store::Restored,
    },
};

const STEP_MS: u64 = 10_000;

/// Ana with eight links that she drew, and eight more addresses.
fn ana() -> (Node, Now) {
    let now = Now { mono_ms: 1000, unix_ms: 1_795_219_200_000 };
    let mut ana = Node::new(id("ana"), Settings::standard(), Restored::default());
    for n in 0..16 {
        let peer = entry(id(&format!("peer {n}")), &format!("{}.1.1.1:1", 11 + n));
        ana.hears_of(peer, Source::Bootstrap, now);
    }
    ana.tick(now);
    ana.all_dials_succeed(now);
    assert_eq!(ana.active().len(), 8);
    (ana, now)
}

/// Time passes; of those whom she dials everybody answers but `away`. How often she tried these.
fn pass(ana: &mut Node, now: &mut Now, ms: u64, away: &[NodeId]) -> usize {
    let mut tried = 0;
    for _ in 0..ms / STEP_MS {
        *now = Now { mono_ms: now.mono_ms + STEP_MS, unix_ms: now.unix_ms + STEP_MS };
        ana.tick(*now);
        let (dead, alive): (Vec<_>, Vec<_>) =
            std::mem::take(&mut ana.dialled).into_iter().partition(|entry| away.contains(&entry.node_id));
        tried += dead.len();
        for entry in dead {
            ana.turn(|peers, _, fx, _| peers.on_connect_failed(&entry.node_id, *now, fx));
        }
        ana.dialled = alive;
        ana.all_dials_succeed(*now);
        for peer in ana.active() {
            ana.peers.heard(&peer, *now);
        }
    }
    tried
}

fn goes(ana: &mut Node, who: &[NodeId], now: Now) {
    for peer in who {
        ana.turn(|peers, trust, fx, _| peers.on_closed(peer, now, trust, fx));
    }
}

#[test]
fn who_went_together_is_looked_for_and_takes_its_place_again() {
    let (mut ana, mut now) = ana();
    let before = ana.active();
    let (away, here) = before.split_at(4);
    goes(&mut ana, away, now);
    let tried = pass(&mut ana, &mut now, 600_000, away);
    assert!((36..48).contains(&tried), "each once a minute: {tried}");
    assert_eq!(ana.active().len(), 8, "meanwhile others were drawn");
    assert_eq!(pass(&mut ana, &mut now, 60_000, &[]), 0);
    assert!(away.iter().all(|peer| ana.peers.is_active(peer)), "a minute after it healed");
    assert!(here.iter().all(|peer| ana.peers.is_active(peer)), "and the others stayed");
    assert_eq!(ana.active().len(), 8, "who was drawn instead made room");
}

#[test]
fn who_goes_alone_is_not_looked_for() {
    let (mut ana, mut now) = ana();
    let before = ana.active();
    let (away, _) = before.split_at(2);
    goes(&mut ana, away, now);
    assert!(pass(&mut ana, &mut now, 600_000, away) <= 6, "as anybody in the book");
}
