//! ana, ben, chloé and others find, keep and lose each other.

use openred_core::overlay::Greeting;

use super::world::{Node, World, entry, greeting, id};
use crate::{
    now::Now,
    overlay::{
        peers::{Group, PeerState, Settings, Slot, Source, Turn, Via},
        store::{PeerStore as _, Restored},
    },
};

fn ana_ben() -> (World, openred_core::ids::NodeId, openred_core::ids::NodeId) {
    let mut world = World::new();
    let (ana, ben) = (world.add("ana", "81.1.0.1:1"), world.add("ben", "82.1.0.1:1"));
    world.tells(&ana, &ben, Source::Bootstrap);
    world.settle();
    (world, ana, ben)
}

fn node(settings: Settings) -> (Node, Now) {
    let now = Now { mono_ms: 1000, unix_ms: 1_795_219_200_000 };
    (Node::new(id("ana"), settings, Restored::default()), now)
}

#[test]
fn who_knows_an_address_dials_and_both_become_active() {
    let (mut world, ana, ben) = ana_ben();
    assert_eq!(world.node(&ana).active(), [ben]);
    assert_eq!(world.node(&ben).active(), [ana]);
    assert_eq!(world.node(&ana).peers.slot(&ben), Some(Slot::Outbound), "ana drew him");
    assert_eq!(
        world.node(&ben).peers.slot(&ana),
        Some(Slot::Probation),
        "ben has not seen anything of her yet"
    );
    assert_eq!(world.node(&ana).peers.take_turned(), [Turn { peer: ben, active: true }]);
}

#[test]
fn who_becomes_a_friend_is_on_probation_no_longer() {
    let (mut ana, now) = node(Settings::standard());
    assert!(ana.is_visited_by(id("ben"), "82.1.0.1:1", now));
    ana.tick(now);
    assert_eq!(ana.peers.slot(&id("ben")), Some(Slot::Probation));
    let later = Now { mono_ms: now.mono_ms + 5, ..now };
    ana.knows(id("ben"), true, false, later);
    ana.tick(later);
    assert_eq!(ana.peers.slot(&id("ben")), Some(Slot::Own), "at once, not with the next review of all");
}

#[test]
fn one_bootstrap_node_leads_to_everybody() {
    let mut world = World::new();
    let hub = world.add("hub", "80.1.0.1:1");
    let all: Vec<_> = (0..12).map(|n| world.add(&format!("node {n}"), &format!("90.{n}.0.1:1"))).collect();
    for node in &all {
        world.tells(node, &hub, Source::Bootstrap);
        let (me, now) =
            (entry(*node, &format!("90.{}.0.1:1", all.iter().position(|id| id == node).unwrap())), world.now);
        world.settle();
        world.node(&hub).hears_of(me, Source::Session, now);
    }
    world.elapse(600_000);
    for node in &all {
        let links = world.node(node).active().len();
        assert!(links >= 8, "{links} links");
    }
}

#[test]
fn heartbeats_tell_the_round_trip_and_keep_links_alive() {
    let (mut world, ana, ben) = ana_ben();
    world.elapse(3_600_000);
    assert_eq!(world.node(&ana).active(), [ben], "an hour without news");
    assert_eq!(world.node(&ana).peers.rtt_ms(&ben), Some(0), "measured");
    assert_eq!(world.node(&ana).trust.direct_ppm(&ben, Now { mono_ms: 1, unix_ms: 1 }), 500_000);
}

#[test]
fn who_falls_silent_while_others_answer_is_given_up_and_pays() {
    let (mut world, ana, ben) = ana_ben();
    let chloe = world.add("chloé", "83.1.0.1:1");
    world.tells(&ana, &chloe, Source::Bootstrap);
    world.settle();
    world.mute.insert(ben);
    world.elapse(150_000);
    let now = world.now;
    assert_eq!(world.node(&ana).active(), [chloe]);
    assert_eq!(world.node(&ana).trust.direct_ppm(&ben, now), 450_000);
}

#[test]
fn when_nobody_answers_nobody_is_blamed() {
    let (mut world, ana, ben) = ana_ben();
    let chloe = world.add("chloé", "83.1.0.1:1");
    world.tells(&ana, &chloe, Source::Bootstrap);
    world.settle();
    world.mute.extend([ben, chloe]);
    world.elapse(200_000);
    let now = world.now;
    assert!(world.node(&ana).active().is_empty());
    for node in [ben, chloe] {
        assert_eq!(world.node(&ana).trust.direct_ppm(&node, now), 500_000, "our own network was down");
    }
}

#[test]
fn a_node_that_slept_blames_nobody_and_keeps_its_links() {
    let (mut ana, mut now) = node(Settings::standard());
    for n in 0..3 {
        ana.hears_of(entry(id(&n.to_string()), &format!("90.{n}.0.1:1")), Source::Bootstrap, now);
    }
    ana.tick(now);
    ana.all_dials_succeed(now);
    ana.tick(now);
    now.mono_ms += 30_000;
    ana.tick(now);
    now = Now { mono_ms: now.mono_ms + 8 * 3_600_000, unix_ms: now.unix_ms + 8 * 3_600_000 };
    ana.tick(now);
    assert_eq!(ana.active().len(), 3, "eight hours in a bag");
    assert!((0..3).all(|n| ana.trust.direct_ppm(&id(&n.to_string()), now) == 500_000));
}

#[test]
fn jumps_of_the_wall_clock_change_no_link() {
    let (mut world, ana, ben) = ana_ben();
    for jump in [365 * 86_400_000_i64, -2 * 365 * 86_400_000, 365 * 86_400_000] {
        world.now.unix_ms = world.now.unix_ms.saturating_add_signed(jump);
        world.elapse(300_000);
        assert_eq!(world.node(&ana).active(), [ben]);
        assert_eq!(world.node(&ben).active(), [ana]);
    }
}

#[test]
fn nobody_links_with_himself() {
    let (mut ana, now) = node(Settings::standard());
    ana.hears_of(entry(id("ana"), "81.1.0.1:1"), Source::Bootstrap, now);
    ana.tick(now);
    assert!(ana.dialled.is_empty() && ana.peers.len_known() == 0);
    assert!(!ana.is_visited_by(id("ana"), "81.1.0.1:1", now));
    assert_eq!(ana.parted, [(id("ana"), "self")]);
}

#[test]
fn who_dial_each_other_at_once_agree_who_began() {
    let mut world = World::new();
    let (ana, ben) = (world.add("ana", "81.1.0.1:1"), world.add("ben", "82.1.0.1:1"));
    world.tells(&ana, &ben, Source::Bootstrap);
    world.tells(&ben, &ana, Source::Bootstrap);
    world.settle();
    assert_eq!((world.node(&ana).active(), world.node(&ben).active()), (vec![ben], vec![ana]));
    let view = |world: &mut World, of: &_, peer: &_| {
        let now = world.now;
        world.node(of).peers.view(peer, now).expect("linked")
    };
    let (a, b) = (view(&mut world, &ana, &ben), view(&mut world, &ben, &ana));
    assert_ne!(a.outbound, b.outbound, "one of them began");
    assert_eq!(a.outbound, ana < ben, "the lower id");
}

#[test]
fn other_networks_and_versions_part() {
    for (greeting, code) in [
        (Greeting { network: "other".to_owned(), ..greeting() }, "network"),
        (Greeting { versions: vec![9], ..greeting() }, "version"),
    ] {
        let (mut ana, now) = node(Settings::standard());
        let (ben, group) = (id("ben"), Group::V4([82, 1]));
        ana.turn(|peers, trust, fx, _| {
            peers.on_connected(ben, false, group, Via::Direct, now, trust, fx);
            peers.on_handshake(&ben, greeting, false, now, trust, fx);
        });
        assert_eq!(ana.parted, [(ben, code)]);
        assert!(ana.active().is_empty());
    }
}

#[test]
fn who_greets_again_has_restarted() {
    let (mut ana, now) = node(Settings::standard());
    assert!(ana.is_visited_by(id("ben"), "82.1.0.1:1", now));
    ana.peers.take_turned();
    assert!(ana.is_visited_by(id("ben"), "82.1.0.1:1", now));
    let turned: Vec<bool> = ana.peers.take_turned().iter().map(|turn| turn.active).collect();
    assert_eq!(turned, [false, true], "gossip begins anew with him");
}

#[test]
fn a_dial_without_answer_is_given_up_and_retried_later_and_later() {
    let (mut ana, mut now) = node(Settings::standard());
    ana.hears_of(entry(id("ben"), "82.1.0.1:1"), Source::Bootstrap, now);
    let mut waits = Vec::new();
    for _ in 0..3 {
        ana.tick(now);
        assert_eq!(ana.dialled.len(), 1, "dialled once");
        ana.dialled.clear();
        now.mono_ms += 20_000;
        ana.tick(now);
        let failed = now.mono_ms;
        while ana.dialled.is_empty() {
            now.mono_ms = ana.peers.next_wake().expect("it will be tried again").max(now.mono_ms + 1);
            ana.tick(now);
        }
        waits.push(now.mono_ms - failed);
        ana.dialled.clear();
        ana.turn(|peers, _, fx, _| peers.on_connect_failed(&id("ben"), now, fx));
        now.mono_ms += 3_600_000;
    }
    assert!(
        waits[0] <= 5000 && waits[2] > waits[0] && waits.iter().all(|wait| *wait <= 3_600_000),
        "{waits:?}"
    );
}

#[test]
fn an_address_that_never_answers_is_forgotten() {
    let (mut ana, mut now) = node(Settings::standard());
    ana.hears_of(entry(id("ben"), "82.1.0.1:1"), Source::Bootstrap, now);
    for _ in 0..20 {
        ana.tick(now);
        ana.dialled.clear();
        ana.turn(|peers, _, fx, _| peers.on_connect_failed(&id("ben"), now, fx));
        now.mono_ms += 3_600_000;
    }
    assert_eq!(ana.peers.len_known(), 0);
    assert!(ana.store.load().expect("a map").peers.is_empty());
}

#[test]
fn a_search_asks_neighbours_and_finds() {
    let (mut world, ana, ben) = ana_ben();
    let chloe = world.add("chloé", "83.1.0.1:1");
    world.tells(&ben, &chloe, Source::Directory(id("directory")));
    world.settle();
    let now = world.now;
    let before = world.node(&ana).peers.entry_of(&chloe).is_some();
    world.node(&ana).turn(|peers, _, fx, _| peers.on_find(chloe, now, fx));
    world.elapse(10_000);
    assert!(!before, "ana did not know her");
    assert_eq!(world.node(&ana).found.first().map(|entry| entry.node_id), Some(chloe));
}

#[test]
fn private_addresses_stay_at_home() {
    let (mut ana, now) = node(Settings::standard());
    ana.hears_of(entry(id("ben"), "192.168.1.7:1"), Source::Peer(id("eve")), now);
    assert_eq!(ana.peers.len_known(), 0, "nobody outside tells us whom to dial inside");
    ana.hears_of(entry(id("ben"), "192.168.1.7:1"), Source::Lan, now);
    ana.hears_of(entry(id("carl"), "84.1.0.1:1"), Source::Bootstrap, now);
    ana.tick(now);
    ana.all_dials_succeed(now);
    assert_eq!(ana.active().len(), 2);
    assert!(ana.is_visited_by(id("dora"), "85.1.0.1:1", now));
    ana.sent.clear();
    ana.turn(|peers, _, fx, _| peers.on_discovery(&id("dora"), 32, None, now, fx));
    let told = ana.sent.iter().flat_map(|(_, message)| match message {
        openred_core::overlay::Link::Peers(entries) => entries.iter().map(|entry| entry.node_id).collect(),
        _ => Vec::<openred_core::ids::NodeId>::new(),
    });
    assert_eq!(told.collect::<Vec<_>>(), [id("carl")]);
}

#[test]
fn questions_are_answered_up_to_a_rate() {
    let (mut ana, now) = node(Settings::standard());
    assert!(ana.is_visited_by(id("eve"), "85.1.0.1:1", now));
    ana.sent.clear();
    for _ in 0..1000 {
        ana.turn(|peers, _, fx, _| peers.on_discovery(&id("eve"), 32, None, now, fx));
    }
    assert_eq!(ana.sent.len(), 8);
}

#[test]
fn the_page_shows_every_state() {
    let (mut ana, now) = node(Settings { dials_max: 1, ..Settings::standard() });
    ana.knows(id("ben"), true, true, now);
    ana.hears_of(entry(id("ben"), "82.1.0.1:1"), Source::Own, now);
    ana.tick(now);
    ana.all_dials_succeed(now);
    for n in 0..2 {
        ana.hears_of(entry(id(&n.to_string()), &format!("90.{n}.0.1:1")), Source::Bootstrap, now);
    }
    ana.tick(now);
    let views = ana.peers.views(now);
    let states: Vec<PeerState> = views.iter().map(|view| view.state).collect();
    assert_eq!(states, [PeerState::Active, PeerState::Connecting, PeerState::Known]);
    assert!(views[0].pinned && views[0].anchor && views[0].slot == Some(Slot::Own));
}
