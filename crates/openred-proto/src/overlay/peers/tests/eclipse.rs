//! An attacker with as many addresses as he likes, in few groups (promise 11).

use super::world::{Node, entry, id};
use crate::{
    now::Now,
    overlay::{
        peers::{Group, Settings, Slot, Source, Via},
        store::Restored,
    },
};
use openred_core::{
    ids::{Hash, NodeId},
    overlay::PeerEntry,
};

const NOW: Now = Now { mono_ms: 1000, unix_ms: 1_795_219_200_000 };

fn fake(n: usize) -> NodeId {
    NodeId(Hash::of(&[b"fake", &n.to_be_bytes()]).0)
}

/// A node with its own secrets, as `n` differs.
fn victim(n: usize) -> Node {
    Node::new(id(&format!("victim {n}")), Settings::standard(), Restored::default())
}

fn honest(n: usize) -> PeerEntry {
    entry(id(&format!("honest {n}")), &format!("90.{n}.0.1:1"))
}

/// Links held by fakes and by all, after everybody dialled has answered.
fn links(node: &mut Node, mut now: Now) -> (usize, usize) {
    for _ in 0..30 {
        node.tick(now);
        node.all_dials_succeed(now);
        now.mono_ms += 1000;
    }
    let outbound: Vec<NodeId> =
        node.active().into_iter().filter(|peer| node.peers.is_outbound(peer)).collect();
    let honest = outbound.iter().filter(|peer| (0..64).any(|n| honest(n).node_id == **peer)).count();
    (outbound.len() - honest, outbound.len())
}

/// 32 honest nodes in as many groups; the attacker has 8 groups and tells thousands of addresses in them, through
/// eight links of his own: he gets about a fifth of the outbound slots, his share of groups, not nine tenths.
#[test]
fn outbound_slots_go_by_groups_and_not_by_addresses() {
    let (mut fakes, mut all) = (0, 0);
    for n in 0..40 {
        let mut ana = victim(n);
        (0..32).for_each(|h| ana.hears_of(honest(h), Source::Bootstrap, NOW));
        let mut now = NOW;
        for eve in 0..8 {
            assert!(ana.is_visited_by(fake(100_000 + eve), &format!("66.{eve}.0.1:1"), now));
        }
        for round in 0..600 {
            let eve = fake(100_000 + round % 8);
            let entries = (0..8).map(|k| {
                let i = round * 8 + k;
                entry(fake(i), &format!("66.{}.{}.{}:1", i % 8, i / 250 % 250, i % 250))
            });
            now.mono_ms += 500;
            for told in entries {
                ana.hears_of(told, Source::Peer(eve), now);
            }
        }
        let (bad, sum) = links(&mut ana, now);
        assert_eq!(sum, 8);
        assert!(bad <= 8);
        (fakes, all) = (fakes + bad, all + sum);
    }
    let share = fakes as f64 / all as f64;
    assert!(share <= 8.0 / 40.0 * 1.35, "a fifth of the groups, {share:.3} of the slots");
}

/// However many addresses he tells, the honest ones stay in the book.
#[test]
fn told_addresses_displace_no_honest_ones() {
    let mut ana = victim(0);
    (0..64).for_each(|h| ana.hears_of(honest(h), Source::Directory(id("directory")), NOW));
    let known = |ana: &Node| (0..64).filter(|h| ana.peers.entry_of(&honest(*h).node_id).is_some()).count();
    let before = known(&ana);
    assert!(before >= 56, "one directory fills an eighth of the table: {before}");
    assert!(ana.is_visited_by(fake(0), "66.1.0.1:1", NOW));
    for i in 1..50_000 {
        ana.hears_of(entry(fake(i), &format!("66.{}.{}.1:1", i % 4, i % 250)), Source::Peer(fake(0)), NOW);
    }
    assert_eq!(known(&ana), before);
    assert!(ana.peers.len_known() <= 1100, "and the book is bounded: {}", ana.peers.len_known());
}

/// One neighbour who invents a group per address reaches an eighth of the buckets and displaces nobody.
#[test]
fn one_neighbour_fills_an_eighth_of_the_book() {
    let mut ana = victim(0);
    (0..64).for_each(|h| ana.hears_of(honest(h), Source::Bootstrap, NOW));
    assert_eq!(ana.peers.len_known(), 64);
    assert!(ana.is_visited_by(fake(0), "66.1.0.1:1", NOW));
    for i in 1..20_000 {
        let told = entry(fake(i), &format!("{}.{}.0.1:1", 11 + i / 400, i % 250));
        ana.hears_of(told, Source::Peer(fake(0)), NOW);
    }
    let kept = (0..64).filter(|h| ana.peers.entry_of(&honest(*h).node_id).is_some()).count();
    assert_eq!(kept, 64, "who was there first stays");
    assert!(ana.peers.len_known() <= 64 + 80, "eight buckets of ten: {}", ana.peers.len_known());
}

/// Nobody is drawn under a group that he merely claims: with 200 claims he has his one group's chance, no more.
#[test]
fn a_claimed_group_wins_no_slot() {
    let mut won = 0;
    for n in 0..20 {
        let mut ana = victim(n);
        (0..32).for_each(|h| ana.hears_of(honest(h), Source::Bootstrap, NOW));
        for n in 0..200 {
            let mut told = entry(fake(n), &format!("{}.{}.0.1:1", 101 + n / 50, n));
            told.addresses.push(format!("66.6.{n}.1:1").parse().expect("an address"));
            ana.hears_of(told, Source::Announced { from: None }, NOW);
        }
        let mut now = NOW;
        for _ in 0..100 {
            ana.tick(now);
            answer_truthfully(&mut ana, now);
            ana.active().iter().for_each(|peer| ana.peers.heard(peer, now));
            now.mono_ms += 10_000;
        }
        let outbound = ana.active().into_iter().filter(|peer| ana.peers.is_outbound(peer));
        let bad = outbound.filter(|peer| (0..200).any(|n| fake(n) == *peer)).count();
        assert!(bad <= 1, "one real group, one slot: {bad}");
        assert!(ana.active().len() >= 7, "one may just have made room for another draw");
        won += bad;
    }
    assert!(won <= 8, "eight slots of 33 groups: about a quarter of the runs, not all: {won} of 20");
}

/// Whoever is dialled answers; fakes from their one real group.
fn answer_truthfully(ana: &mut Node, now: Now) {
    for dialled in std::mem::take(&mut ana.dialled) {
        let honest = (0..32).any(|h| honest(h).node_id == dialled.node_id);
        let truth = if honest { Group::of(&dialled.addresses[0]) } else { Some(Group::V4([66, 6])) };
        let (peer, group) = (dialled.node_id, truth.expect("a group"));
        ana.turn(|peers, trust, fx, _| {
            peers.on_connected(peer, true, group, Via::Direct, now, trust, fx);
            peers.on_handshake(&peer, super::world::greeting(), true, now, trust, fx);
        });
    }
}

#[test]
fn no_two_outbound_links_share_a_group() {
    let mut ana = victim(2);
    for n in 0..200 {
        ana.hears_of(entry(fake(n), &format!("66.{}.{n}.1:1", n % 3)), Source::Bootstrap, NOW);
    }
    let (_, sum) = links(&mut ana, NOW);
    assert_eq!(sum, 3, "three groups, three links, however many addresses");
}

/// Every slot is taken by fakes, thousands more knock, and the pinned contact comes through, from either side.
#[test]
fn pinned_contacts_are_reached_always() {
    for n in 0..20 {
        let mut ana = victim(n);
        for i in 0..2000 {
            ana.hears_of(
                entry(fake(i), &format!("66.{}.{}.1:1", i % 30, i / 250)),
                Source::Announced { from: None },
                NOW,
            );
        }
        links(&mut ana, NOW);
        for i in 2000..4000 {
            ana.is_visited_by(fake(i), &format!("67.{}.{}.1:1", i % 200, i / 250), NOW);
        }
        ana.dialled.clear();
        ana.knows(id("ben"), true, true, NOW);
        ana.hears_of(entry(id("ben"), "66.1.200.1:1"), Source::Own, NOW);
        ana.tick(NOW);
        assert!(ana.dialled.iter().any(|entry| entry.node_id == id("ben")), "dialled at once");
        ana.all_dials_succeed(NOW);
        assert_eq!(ana.peers.slot(&id("ben")), Some(Slot::Own));
        for i in 4000..6000 {
            ana.is_visited_by(fake(i), &format!("68.{}.{}.1:1", i % 200, i / 250), NOW);
        }
        assert!(ana.peers.is_active(&id("ben")), "and never evicted");
        ana.knows(id("dora"), true, true, NOW);
        assert!(
            ana.is_visited_by(id("dora"), "66.1.201.1:1", NOW),
            "a pinned one who comes himself is let in"
        );
        assert!(ana.active().len() <= 52, "within the slots: {}", ana.active().len());
    }
}
