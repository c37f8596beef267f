//! Attackers with a plan: fakes by the hundred, crowds around one victim, floods, endless messages. Must not know:
//! what defends against them.

use std::collections::BTreeMap;

use openred_core::ids::NodeId;
use openred_proto::overlay::{Acquaintance, Group, Restored, peers::Introducer, store::TrustRow};

use super::{
    Scenario, Stage,
    trouble::{TWO_ROUNDS_MS, talk_and_settle},
};
use crate::{cast::NOON_S, evil::Role, invariants as must, queue::At, setup::Setup, world::World};

const DAY_S: u64 = 86_400;
/// Contacts that each honest node pins.
const PINNED: usize = 2;
/// Contacts of each honest node that are fakes.
const FOOLED: usize = 2;

/// Nine of ten identities are fake; the seed draws what they are up to.
pub(super) const SYBILS_90: Scenario = Scenario {
    name: "sybils-90",
    shows: "nine of ten identities are fake, with five strategies: trust, contacts and slots hold",
    nodes: 400,
    talk_ms: 180_000,
    setup: |seed, nodes| {
        let role = strategy(seed);
        let mut setup = Setup::new(seed, nodes).with(900, role);
        let honest = setup.roles.iter().filter(|role| **role == Role::Honest).count();
        // Every other group is theirs.
        setup.evil_groups = u16::try_from(honest).unwrap_or(u16::MAX);
        setup
    },
    play: sybils,
    invariants: &[must::BOOSTS, must::PINNED, must::SHARE, must::FEW_GROUPS, must::EVERYTHING],
};

/// Recommend each other; fall silent; lie; crowd out; raise ttls.
const fn strategy(seed: u64) -> Role {
    match seed % 5 {
        0 => Role::Silent,
        1 => Role::Ring,
        2 => Role::Lying,
        3 => Role::Eclipse,
        _ => Role::TtlRaiser,
    }
}

fn sybils(stage: &mut Stage) {
    let honest: Vec<At> = stage.of_role(Role::Honest);
    let fakes: Vec<At> =
        (0..).zip(&stage.world.nodes).filter(|(_, node)| !node.is_honest()).map(|(at, _)| at).collect();
    // Contacts are mutual: each is pinned by those whom it pins.
    let mut people: BTreeMap<At, Vec<(At, bool)>> = honest.iter().map(|at| (*at, Vec::new())).collect();
    for at in &honest {
        for other in stage.dice.some(honest.len(), PINNED).into_iter().map(|other| honest[other]) {
            for (one, another) in [(*at, other), (other, *at)] {
                let known = people.entry(one).or_default();
                if one != another && !known.contains(&(another, true)) {
                    known.push((another, true));
                }
            }
        }
        for fake in stage.dice.some(fakes.len(), FOOLED) {
            people.entry(*at).or_default().push((fakes[fake], false));
        }
    }
    for (at, people) in &people {
        befriend(&mut stage.world, *at, people, &fakes);
    }
    stage.world.start();
    stage.pass(60_000);
    stage.talk(stage.talk_ms, 1000, |_| {});
    stage.pass(TWO_ROUNDS_MS);
}

/// `at` has known these contacts for eight days, each by a way of its own; and forty fakes that behaved well enough to
/// be nearly trusted.
fn befriend(world: &mut World, at: At, people: &[(At, bool)], fakes: &[At]) {
    let mut restored = Restored::default();
    let mut acquaintances = Vec::new();
    for (other, pinned) in people {
        let person = &world.nodes[*other as usize].person;
        let node_id = person.id();
        restored.trust.push(row(node_id, Group::of(&person.address), 800_000));
        acquaintances.push(Acquaintance { node_id, contact: true, followed: false, pinned: *pinned });
    }
    let known =
        |node_id: NodeId| people.iter().any(|(other, _)| world.nodes[*other as usize].person.id() == node_id);
    for fake in fakes.iter().cycle().skip(at as usize * 7).take(fakes.len().min(40)) {
        let person = &world.nodes[*fake as usize].person;
        if !known(person.id()) {
            restored.trust.push(row(person.id(), Group::of(&person.address), 699_900));
        }
    }
    restored.trust.sort_by_key(|row| row.node_id);
    restored.trust.dedup_by_key(|row| row.node_id);
    world.prime(at, restored);
    world.nodes[at as usize].people = acquaintances;
}

fn row(node_id: NodeId, group: Option<Group>, direct: i64) -> TrustRow {
    TrustRow {
        node_id,
        direct,
        decayed_at: NOON_S,
        week: [direct; 7],
        valid: 500,
        invalid: 0,
        credit_day: 0,
        credits: 0,
        timeout_at: 0,
        first_seen: NOON_S - 8 * DAY_S,
        introducer: group.clone().map(Introducer::Group),
        group,
        outbound: true,
    }
}

/// Many addresses of a few groups around one victim.
pub(super) const ECLIPSE: Scenario = Scenario {
    name: "eclipse",
    shows: "two hundred attackers of four groups around node 0, which restarts: it hears everything",
    nodes: 300,
    talk_ms: 300_000,
    setup: |seed, nodes| {
        let mut setup = Setup::new(seed, nodes).with(667, Role::Eclipse);
        // The victim is nobody's accomplice.
        setup.roles[0] = Role::Honest;
        Setup { evil_groups: 4, stores: true, ..setup }
    },
    play: eclipse,
    invariants: &[must::EVERYTHING, must::FEW_GROUPS, must::ANCHORS],
};

fn eclipse(stage: &mut Stage) {
    stage.world.start();
    stage.pass(120_000);
    stage.talk(stage.talk_ms / 2, 1000, |_| {});
    stage.world.leave(0, false);
    stage.talk(20_000, 1000, |_| {});
    stage.world.wake_up(0);
    stage.talk(stage.talk_ms / 2, 1000, |_| {});
    stage.pass(TWO_ROUNDS_MS);
}

/// A hundred times the quota for a minute.
pub(super) const FLOOD: Scenario = Scenario {
    name: "flood",
    shows: "two origins make a hundred times what they may: nobody else waits, nobody's tables grow",
    nodes: 40,
    talk_ms: 60_000,
    setup: |seed, nodes| {
        let mut setup = Setup::new(seed, nodes).with(2000 / nodes.max(1), Role::Flooder);
        let limits = &mut setup.config.limits;
        (limits.origin_per_s, limits.peer_per_s, limits.frames_per_s) = (5, 200, 1000);
        setup.weather.bytes_per_ms = 1250;
        setup
    },
    play: |stage| {
        stage.world.start();
        stage.talk(stage.talk_ms, 1000, |_| {});
        for at in stage.of_role(Role::Flooder) {
            stage.world.leave(at, false);
        }
        stage.pass(TWO_ROUNDS_MS);
    },
    invariants: &[must::QUOTA, must::EVERYTHING, must::SOON],
};

/// Messages that shall travel for ever.
pub(super) const TTL_RAISERS: Scenario = Scenario {
    name: "ttl-raisers",
    shows: "a fifth sends everything on with the largest ttl: it costs few copies",
    nodes: 100,
    talk_ms: 180_000,
    setup: |seed, nodes| Setup::new(seed, nodes).with(200, Role::TtlRaiser),
    play: talk_and_settle,
    invariants: &[must::EVERYTHING, must::FEW_COPIES],
};

/// Messages with signatures that do not hold.
pub(super) const FORGERS: Scenario = Scenario {
    name: "forgers",
    shows: "a fifth sends the messages of others on with bad signatures: who delivers them is blamed, nobody else",
    nodes: 60,
    talk_ms: 120_000,
    setup: |seed, nodes| Setup::new(seed, nodes).with(200, Role::Forger),
    play: talk_and_settle,
    invariants: &[must::EVERYTHING, must::NO_FORGERS],
};

/// Identity logs with two ends.
pub(super) const EQUIVOCATORS: Scenario = Scenario {
    name: "equivocators",
    shows: "a tenth signs under two logs that exclude each other: who passes one on is blamed by nobody",
    nodes: 60,
    talk_ms: 120_000,
    setup: |seed, nodes| Setup::new(seed, nodes).with(100, Role::Equivocator),
    play: talk_and_settle,
    invariants: &[must::EVERYTHING, must::SOON],
};
