//! Networks in which nodes fail, lie, leave and return, and links do what links do. Must not know: attackers with a
//! plan.

use super::{Scenario, Stage};
use crate::{dice::Dice, evil::Role, invariants as must, queue::At, setup::Setup, weather::Weather};

/// Two reconciliation rounds, with room for jitter and for a partner that does not answer.
pub(super) const TWO_ROUNDS_MS: u64 = 150_000;
/// A year.
const YEAR_MS: i64 = 31_536_000_000;

/// Every third node is silent.
pub(super) const THIRD_SILENT: Scenario = Scenario {
    name: "third-silent",
    shows: "a third shakes hands and never sends a payload: everybody else gets everything",
    nodes: 1000,
    talk_ms: 60_000,
    setup: |seed, nodes| Setup::new(seed, nodes).with(333, Role::Silent),
    play: talk_and_settle,
    invariants: &[must::EVERYTHING],
};

/// Every third node lies.
pub(super) const THIRD_LYING: Scenario = Scenario {
    name: "third-lying",
    shows: "a third announces what nobody has and says that nothing is missing: everybody else gets everything",
    nodes: 1000,
    talk_ms: 60_000,
    setup: |seed, nodes| Setup::new(seed, nodes).with(333, Role::Lying),
    play: talk_and_settle,
    invariants: &[must::EVERYTHING],
};

/// Every second node is silent.
pub(super) const HALF_SILENT: Scenario = Scenario {
    name: "half-silent",
    shows: "half of all nodes never send a payload: 99.9 % of the rest get everything",
    nodes: 1000,
    talk_ms: 60_000,
    setup: |seed, nodes| Setup::new(seed, nodes).with(500, Role::Silent),
    play: talk_and_settle,
    invariants: &[must::NEARLY_EVERYTHING],
};

pub(super) fn talk_and_settle(stage: &mut Stage) {
    stage.world.start();
    stage.pass(30_000);
    stage.talk(stage.talk_ms, 1000, |_| {});
    stage.pass(TWO_ROUNDS_MS);
}

/// People come and go.
pub(super) const CHURN: Scenario = Scenario {
    name: "churn",
    shows: "who was away, cleanly or not, gets what is alive, and nothing twice",
    nodes: 60,
    talk_ms: 600_000,
    setup: |seed, nodes| Setup { stores: true, ..Setup::new(seed, nodes) },
    play: churn,
    invariants: &[must::EVERYTHING, must::ANCHORS],
};

fn churn(stage: &mut Stage) {
    stage.world.start();
    stage.pass(30_000);
    let mut away: Vec<(u64, At)> = Vec::new();
    stage.talk(stage.talk_ms, 1000, |stage| {
        let up = stage.honest_up();
        if stage.dice.hits(150_000) && away.len() * 3 < up.len() {
            let goes = stage.dice.pick(&up).copied().unwrap_or(0);
            let silently = stage.dice.hits(500_000);
            stage.world.leave(goes, silently);
            let back_ms = stage.world.now_ms + stage.dice.between(5000, 200_000);
            away.push((back_ms, goes));
        }
        come_back(stage, &mut away, false);
    });
    come_back(stage, &mut away, true);
    stage.pass(2 * TWO_ROUNDS_MS);
}

fn come_back(stage: &mut Stage, away: &mut Vec<(u64, At)>, all: bool) {
    let now_ms = stage.world.now_ms;
    let (due, later): (Vec<_>, Vec<_>) = away.drain(..).partition(|(at_ms, _)| all || *at_ms <= now_ms);
    *away = later;
    for (_, node) in due {
        stage.world.wake_up(node);
    }
}

/// The network falls apart, in one direction and in both, and heals.
pub(super) const PARTITION: Scenario = Scenario {
    name: "partition",
    shows: "two halves that heard nothing of each other hold the same five minutes after",
    nodes: 60,
    talk_ms: 600_000,
    setup: Setup::new,
    play: partition,
    invariants: &[must::EVERYTHING],
};

fn partition(stage: &mut Stage) {
    stage.world.start();
    stage.pass(30_000);
    let size = stage.world.nodes.len();
    for at in stage.dice.some(size, size / 2) {
        stage.world.nodes[at].side = 1;
    }
    stage.talk(stage.talk_ms / 4, 1000, |_| {});
    stage.world.cut.insert((0, 1));
    stage.talk(stage.talk_ms / 4, 1000, |_| {});
    stage.world.cut.insert((1, 0));
    stage.talk(stage.talk_ms / 4, 1000, |_| {});
    stage.world.cut.clear();
    stage.talk(stage.talk_ms / 4, 1000, |_| {});
    stage.pass(TWO_ROUNDS_MS);
}

/// Wall clocks jump by a year, ahead and back, and return after some minutes.
pub(super) const CLOCK_JUMPS: Scenario = Scenario {
    name: "clock-jumps",
    shows: "a clock that is a year off costs its owner minutes, and nobody else anything",
    nodes: 40,
    talk_ms: 600_000,
    setup: |seed, nodes| Setup { stores: true, ..Setup::new(seed, nodes) },
    play: clock_jumps,
    invariants: &[must::EVERYTHING],
};

fn clock_jumps(stage: &mut Stage) {
    stage.world.start();
    stage.pass(30_000);
    stage.talk(stage.talk_ms, 1000, |stage| {
        if stage.dice.hits(50_000) {
            let up = stage.honest_up();
            let node = stage.dice.pick(&up).copied().unwrap_or(0);
            jump(stage, node);
        }
    });
    set_right(stage);
    stage.pass(2 * TWO_ROUNDS_MS);
}

/// A clock that is right jumps by a year, ahead or back; one that is wrong becomes right.
fn jump(stage: &mut Stage, node: At) {
    let skew_ms = if stage.dice.hits(500_000) { YEAR_MS } else { -YEAR_MS };
    let was = stage.world.nodes[node as usize].skew_ms;
    stage.world.jump(node, if was == 0 { skew_ms } else { 0 });
}

/// All clocks of honest nodes that run are right again.
fn set_right(stage: &mut Stage) {
    for node in stage.honest_up() {
        stage.world.jump(node, 0);
    }
}

/// Everything at once, drawn by the seed.
pub(super) const STORM: Scenario = Scenario {
    name: "storm",
    shows: "loss, duplication, reordering, people who leave, clocks that jump, a few who are silent, lie or forge",
    nodes: 24,
    talk_ms: 240_000,
    setup: |seed, nodes| {
        let mut dice = Dice::new(seed, "storm");
        let weather = Weather::drawn(&mut dice);
        let mut drawn = |most| usize::try_from(dice.below(most)).unwrap_or(0);
        let (silent, lying, forging) = (drawn(250), drawn(150), drawn(100));
        let setup = Setup { weather, stores: true, ..Setup::new(seed, nodes) };
        setup.with(silent, Role::Silent).with(lying, Role::Lying).with(forging, Role::Forger)
    },
    play: storm,
    invariants: &[must::EVERYTHING, must::MENDED, must::ANCHORS],
};

fn storm(stage: &mut Stage) {
    stage.world.start();
    stage.pass(30_000);
    let mut away: Vec<(u64, At)> = Vec::new();
    stage.talk(stage.talk_ms, 700, |stage| {
        let up = stage.honest_up();
        let node = stage.dice.pick(&up).copied().unwrap_or(0);
        if stage.dice.hits(50_000) && away.len() * 3 < up.len() {
            let silently = stage.dice.hits(500_000);
            stage.world.leave(node, silently);
            away.push((stage.world.now_ms + stage.dice.between(5000, 100_000), node));
        } else if stage.dice.hits(20_000) {
            let was = stage.world.nodes[node as usize].skew_ms;
            let skew_ms = if stage.dice.hits(500_000) { YEAR_MS } else { -YEAR_MS };
            stage.world.jump(node, if was == 0 { skew_ms } else { 0 });
        }
        come_back(stage, &mut away, false);
    });
    come_back(stage, &mut away, true);
    set_right(stage);
    stage.world.setup.weather = Weather::calm();
    stage.pass(3 * TWO_ROUNDS_MS);
}
