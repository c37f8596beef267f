//! Who gets a slot, who loses it, whom gossip may count on (PROTOCOL §7).

use super::world::{Node, World, entry, id};
use crate::{
    now::Now,
    overlay::{
        peers::{Settings, Slot, Source},
        store::Restored,
    },
};
use openred_core::ids::NodeId;

fn small() -> Settings {
    Settings { max_peers: 12, outbound: 2, min_peers: 2, ..Settings::standard() }
}

fn ana(settings: Settings) -> (Node, Now) {
    let now = Now { mono_ms: 1000, unix_ms: 1_795_219_200_000 };
    (Node::new(id("ana"), settings, Restored::default()), now)
}

fn names(prefix: &str, n: usize) -> Vec<NodeId> {
    (0..n).map(|i| id(&format!("{prefix} {i}"))).collect()
}

/// Lifts a node over the threshold of full slots by a contact's messages.
fn earns(ana: &mut Node, node: &NodeId, now: &mut Now) {
    let chloe = id("chloé");
    while ana.trust.direct_ppm(node, *now) < 560_000 {
        let at = *now;
        ana.turn(|_, trust, fx, _| {
            trust.met(node, &group_of(node), &crate::overlay::peers::Introducer::Own, false, at, fx);
            (0..20).for_each(|_| trust.valid_first(node, &chloe, at, fx));
        });
        *now = Now { mono_ms: now.mono_ms + 86_400_000, unix_ms: now.unix_ms + 86_400_000 };
    }
}

fn group_of(node: &NodeId) -> crate::overlay::peers::Group {
    crate::overlay::peers::Group::V4([node.0[0], node.0[1]])
}

#[test]
fn newcomers_get_a_quarter_of_the_slots() {
    let (mut ana, now) = ana(small());
    let mut let_in = 0;
    for (i, node) in names("stranger", 50).iter().enumerate() {
        let_in += usize::from(ana.is_visited_by(*node, &format!("90.{i}.0.1:1"), now));
    }
    assert_eq!(let_in, 3, "of twelve");
    assert!(ana.active().iter().all(|peer| ana.peers.slot(peer) == Some(Slot::Probation)));
    assert!(ana.peers.full().is_empty(), "own posts go to nobody on probation");
}

#[test]
fn a_newcomer_of_an_empty_group_displaces_one_of_a_crowded_group() {
    let (mut ana, mut now) = ana(Settings { max_peers: 44, ..small() });
    for (i, node) in names("first", 8).iter().enumerate() {
        assert!(ana.is_visited_by(*node, &format!("91.{i}.0.1:1"), now), "the eight longest-lived");
    }
    now.mono_ms += 1;
    for (i, node) in names("eve", 3).iter().enumerate() {
        assert!(ana.is_visited_by(*node, &format!("66.6.{i}.1:1"), now));
    }
    assert!(!ana.is_visited_by(id("eve 4"), "66.6.4.1:1", now), "no more of this group");
    assert!(ana.is_visited_by(id("ben"), "82.1.0.1:1", now), "but ben, of a group of his own");
    assert_eq!(ana.parted.iter().filter(|(_, code)| *code == "evicted").count(), 1);
    assert_eq!(names("eve", 3).iter().filter(|eve| ana.peers.is_active(eve)).count(), 2);
    assert!(names("first", 8).iter().all(|node| ana.peers.is_active(node)));
}

#[test]
fn earned_trust_gives_a_full_slot_and_penalties_take_it() {
    let (mut ana, mut now) = ana(small());
    ana.knows(id("chloé"), true, false, now);
    let ben = id("ben");
    earns(&mut ana, &ben, &mut now);
    assert!(ana.is_visited_by(ben, "82.1.0.1:1", now));
    assert_eq!(ana.peers.slot(&ben), Some(Slot::Full));
    assert_eq!(ana.peers.full(), [ben]);
    ana.turn(|peers, trust, fx, _| {
        trust.invalid(&ben, "signature", now, fx);
        peers.penalised(&ben, now, trust, fx);
    });
    assert_eq!(ana.peers.slot(&ben), Some(Slot::Probation));
    ana.turn(|peers, trust, fx, _| {
        trust.invalid(&ben, "signature", now, fx);
        peers.penalised(&ben, now, trust, fx);
    });
    assert!(!ana.peers.is_active(&ben), "two pieces of garbage are one too many");
    assert!(!ana.is_visited_by(ben, "82.1.0.1:1", now), "and he is not let in again");
    assert_eq!(ana.parted.last(), Some(&(ben, "trust")));
}

#[test]
fn a_contact_displaces_a_stranger_and_a_pinned_one_is_let_in_always() {
    let settings = Settings { max_peers: 8, outbound: 2, ..Settings::standard() };
    let (mut ana, now) = ana(settings);
    for (i, name) in names("friend", 6).iter().enumerate() {
        ana.knows(*name, true, false, now);
        assert!(ana.is_visited_by(*name, &format!("91.{i}.0.1:1"), now));
    }
    ana.knows(id("ben"), true, false, now);
    assert!(!ana.is_visited_by(id("ben"), "82.1.0.1:1", now), "six friends of six groups hold what there is");
    ana.knows(id("dora"), true, true, now);
    assert!(ana.is_visited_by(id("dora"), "83.1.0.1:1", now), "pinned");
}

#[test]
fn pinned_anchors_long_lived_and_the_last_of_a_group_are_never_evicted() {
    let (mut ana, mut now) = ana(Settings { max_peers: 80, outbound: 2, ..Settings::standard() });
    ana.knows(id("chloé"), true, false, now);
    let mut old = Vec::new();
    for (i, node) in names("old", 8).iter().enumerate() {
        assert!(ana.is_visited_by(*node, &format!("70.7.{i}.1:1"), now), "the oldest, all in one group");
        old.push(*node);
        now.mono_ms += 1;
    }
    ana.knows(id("pinned"), false, true, now);
    assert!(ana.is_visited_by(id("pinned"), "70.7.99.1:1", now));
    assert!(ana.is_visited_by(id("alone"), "71.1.0.1:1", now));
    now.mono_ms += 1;
    for (i, node) in names("eve", 10).iter().enumerate() {
        assert!(ana.is_visited_by(*node, &format!("66.6.{i}.1:1"), now));
        now.mono_ms += 1;
    }
    for (i, node) in names("late", 40).iter().enumerate() {
        ana.is_visited_by(*node, &format!("90.{i}.0.1:1"), now);
    }
    let kept = old.iter().chain([id("pinned"), id("alone")].iter()).all(|node| ana.peers.is_active(node));
    assert!(kept, "whoever evicts whom, these stay");
    let eves = names("eve", 10).iter().filter(|eve| ana.peers.is_active(eve)).count();
    assert!((1..10).contains(&eves), "the crowded group gave way, but not its last: {eves}");
}

#[test]
fn inside_the_largest_group_the_least_trusted_goes() {
    let (mut ana, mut now) = ana(Settings { max_peers: 56, outbound: 2, ..Settings::standard() });
    for (i, node) in names("first", 8).iter().enumerate() {
        assert!(ana.is_visited_by(*node, &format!("91.{i}.0.1:1"), now));
    }
    now.mono_ms += 1;
    for (i, node) in names("crowd", 4).iter().enumerate() {
        assert!(ana.is_visited_by(*node, &format!("66.6.{i}.1:1"), now));
        now.mono_ms += 1;
    }
    for (i, node) in names("pair", 2).iter().enumerate() {
        assert!(ana.is_visited_by(*node, &format!("99.9.{i}.1:1"), now));
        ana.turn(|_, trust, fx, _| trust.invalid(node, "signature", now, fx));
    }
    let bad = id("crowd 1");
    ana.turn(|_, trust, fx, _| trust.timeout(&bad, now, fx));
    assert!(ana.is_visited_by(id("late"), "82.1.0.1:1", now));
    assert_eq!(ana.parted, [(bad, "evicted")]);
}

#[test]
fn at_least_half_of_a_fanout_was_chosen_by_us_or_the_owner() {
    let (mut ana, now) = ana(Settings { outbound: 3, ..Settings::standard() });
    for n in 0..9 {
        assert!(ana.is_visited_by(id(&format!("eve {n}")), &format!("66.{n}.0.1:1"), now));
    }
    assert_eq!(ana.peers.fanout(4).len(), 4, "with nobody else, these");
    assert_eq!(ana.peers.reconcile_partner(|_| true), None, "but nobody reconciles with who came by himself");
    for n in 0..5 {
        ana.hears_of(entry(id(&format!("out {n}")), &format!("90.{n}.0.1:1")), Source::Bootstrap, now);
    }
    ana.tick(now);
    ana.all_dials_succeed(now);
    let steady: Vec<NodeId> = ana.active().into_iter().filter(|peer| ana.peers.is_outbound(peer)).collect();
    assert_eq!(steady.len(), 3);
    let mut partners = std::collections::BTreeSet::new();
    for n in [1, 2, 3, 4, 5, 6, 9] {
        for _ in 0..50 {
            let chosen = ana.peers.fanout(n);
            let ours = chosen.iter().filter(|peer| steady.contains(peer)).count();
            assert!(2 * ours >= chosen.len(), "{ours} of {}", chosen.len());
            assert!(chosen.len() == n.min(6), "as many as asked for, as long as half are ours");
            let partner = ana.peers.reconcile_partner(|_| true).expect("there are three");
            assert!(steady.contains(&partner));
            partners.insert(partner);
        }
    }
    assert_eq!(partners.len(), 3, "all in turn");
    let answers = |peer: &NodeId| *peer != steady[0];
    let partners: Vec<_> = (0..50).filter_map(|_| ana.peers.reconcile_partner(answers)).collect();
    assert!(partners.len() == 50 && partners.iter().all(answers), "who does not answer is left out");
    let came = id("eve 3");
    assert_eq!(
        ana.peers.reconcile_partner(|peer| *peer == came),
        Some(came),
        "rather one who came by himself"
    );
    assert!(ana.peers.reconcile_partner(|_| false).is_some_and(|peer| steady.contains(&peer)), "nobody does");
}

#[test]
fn anchors_survive_a_restart_and_are_dialled_first() {
    let mut world = World::new();
    let me = world.add("ana", "81.1.0.1:1");
    for n in 0..40 {
        let node = world.add(&format!("node {n}"), &format!("90.{n}.0.1:1"));
        world.tells(&me, &node, Source::Bootstrap);
    }
    world.elapse(60_000);
    let anchors = world.node(&me).peers.anchors().to_vec();
    assert_eq!(anchors.len(), 4);
    world.restart(&me, Settings { outbound: 2, ..Settings::standard() });
    world.elapse(5000);
    let active = world.node(&me).active();
    assert_eq!(active.len(), 2);
    assert!(
        active.iter().all(|peer| anchors.contains(peer)),
        "at least two of them, before anybody is drawn"
    );
}

#[test]
fn light_nodes_are_not_counted_on() {
    let (mut ana, now) = ana(small());
    ana.hears_of(entry(id("ben"), "82.1.0.1:1"), Source::Bootstrap, now);
    ana.tick(now);
    ana.dialled.clear();
    let light = openred_core::overlay::Greeting { light: true, ..super::world::greeting() };
    ana.turn(|peers, trust, fx, _| {
        let group = crate::overlay::peers::Group::V4([82, 1]);
        peers.on_connected(id("ben"), true, group, crate::overlay::peers::Via::Direct, now, trust, fx);
        peers.on_handshake(&id("ben"), light, true, now, trust, fx);
    });
    assert!(ana.peers.is_active(&id("ben")) && ana.peers.is_light(&id("ben")));
    assert!(ana.peers.fanout(3).is_empty() && ana.peers.reconcile_partner(|_| true).is_none());
}

/// ana with sixteen slots, two of them her own draws, and eight friends who were there first.
fn ana_with_old_friends() -> (Node, Now) {
    let (mut ana, mut now) = ana(Settings { max_peers: 16, outbound: 2, ..Settings::standard() });
    for (i, friend) in names("old friend", 8).iter().enumerate() {
        ana.knows(*friend, true, false, now);
        assert!(ana.is_visited_by(*friend, &format!("91.{i}.0.1:1"), now));
    }
    now.mono_ms += 1;
    (ana, now)
}

#[test]
fn a_pinned_contact_is_not_evicted_for_another() {
    let (mut ana, now) = ana_with_old_friends();
    ana.knows(id("ben"), true, true, now);
    assert!(ana.is_visited_by(id("ben"), "70.7.0.1:1", now));
    ana.turn(|_, trust, fx, _| trust.invalid(&id("ben"), "signature", now, fx));
    for (i, friend) in names("friend", 5).iter().enumerate() {
        ana.knows(*friend, true, false, now);
        assert!(ana.is_visited_by(*friend, &format!("70.7.1.{i}:1"), now));
    }
    ana.knows(id("dora"), true, true, now);
    assert!(ana.is_visited_by(id("dora"), "83.1.0.1:1", now));
    assert!(ana.peers.is_active(&id("ben")), "though nobody in the largest group is trusted less");
    assert_eq!(ana.active().len(), 14, "a friend made room");
}

#[test]
fn an_anchor_is_not_evicted_for_a_pinned_contact() {
    let (mut ana, now) = ana(Settings { max_peers: 11, outbound: 2, ..Settings::standard() });
    for (i, friend) in names("old friend", 8).iter().enumerate() {
        ana.knows(*friend, true, false, now);
        assert!(ana.is_visited_by(*friend, &format!("91.{i}.0.1:1"), now));
    }
    let now = Now { mono_ms: now.mono_ms + 1, ..now };
    for n in 0..2 {
        ana.hears_of(entry(id(&format!("out {n}")), &format!("90.{n}.0.1:1")), Source::Bootstrap, now);
    }
    ana.tick(now);
    ana.all_dials_succeed(now);
    ana.knows(id("ben"), true, true, now);
    assert!(ana.is_visited_by(id("ben"), "90.0.7.1:1", now), "in the group of one of them");
    ana.knows(id("dora"), true, true, now);
    assert!(ana.is_visited_by(id("dora"), "83.1.0.1:1", now), "beyond the number of slots");
    assert_eq!(ana.active().iter().filter(|peer| ana.peers.is_outbound(peer)).count(), 2);
}

#[test]
fn where_every_group_has_one_link_nobody_is_evicted() {
    let (mut ana, now) = ana_with_old_friends();
    for (i, friend) in names("friend", 2).iter().enumerate() {
        ana.knows(*friend, true, false, now);
        assert!(ana.is_visited_by(*friend, &format!("92.{i}.0.1:1"), now));
    }
    for (i, node) in names("stranger", 4).iter().enumerate() {
        assert!(ana.is_visited_by(*node, &format!("93.{i}.0.1:1"), now));
    }
    ana.knows(id("ben"), true, false, now);
    assert!(!ana.is_visited_by(id("ben"), "82.1.0.1:1", now));
    assert_eq!(ana.parted, [(id("ben"), "full")]);
}

#[test]
fn probation_goes_before_earned_slots() {
    let (mut ana, mut now) = ana_with_old_friends();
    ana.knows(id("chloé"), true, false, now);
    for (i, node) in names("earner", 4).iter().enumerate() {
        earns(&mut ana, node, &mut now);
        assert!(ana.is_visited_by(*node, &format!("70.7.{i}.1:1"), now));
        assert_eq!(ana.peers.slot(node), Some(Slot::Full));
    }
    for (i, node) in names("stranger", 2).iter().enumerate() {
        assert!(ana.is_visited_by(*node, &format!("66.6.{i}.1:1"), now));
    }
    ana.knows(id("ben"), true, false, now);
    assert!(ana.is_visited_by(id("ben"), "82.1.0.1:1", now));
    let evicted = ana.parted.iter().filter(|(_, code)| *code == "evicted").map(|(peer, _)| *peer);
    let evicted: Vec<NodeId> = evicted.collect();
    assert_eq!(evicted.len(), 1);
    assert!(names("stranger", 2).contains(&evicted[0]), "though the earners' group is larger");
}

/// All places are taken: the youngest drawn link makes room for another draw, the older ones stay.
#[test]
fn one_place_is_drawn_anew_and_the_older_links_stay() {
    let (mut ana, mut now) = ana(Settings::standard());
    for n in 0..32 {
        let peer = entry(id(&format!("peer {n}")), &format!("{}.1.1.1:1", 11 + n));
        ana.hears_of(peer, Source::Bootstrap, now);
    }
    let (mut seen, mut first) = (std::collections::BTreeSet::new(), Vec::new());
    for turn in 0..300 {
        ana.tick(now);
        ana.all_dials_succeed(now);
        let active = ana.active();
        active.iter().for_each(|peer| ana.peers.heard(peer, now));
        seen.extend(active.iter().copied());
        if turn == 5 {
            first = active;
        }
        now.mono_ms += 10_000;
    }
    assert_eq!(first.len(), 8);
    assert!(seen.len() >= 11, "fifty minutes, about four draws: {}", seen.len());
    let stayed = first.iter().filter(|peer| ana.peers.is_active(peer)).count();
    assert!(stayed >= 7, "only one place moves: {stayed}");
}
