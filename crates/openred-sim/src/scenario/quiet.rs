//! Networks in which everybody keeps the rules and nothing goes wrong. Must not know: trouble.

use openred_proto::overlay::Config;

use super::{Scenario, Stage};
use crate::{invariants as must, setup::Setup, weather::Weather};

/// Everybody is well: one message a second, network-wide.
pub(super) const CALM: Scenario = Scenario {
    name: "calm",
    shows: "everybody gets everything, at once, hardly more than once over the wire",
    nodes: 100,
    talk_ms: 600_000,
    setup: Setup::new,
    play: calm,
    invariants: &[must::EVERYTHING, must::SOON, must::ONE_COPY, must::FEW_HOPS],
};

fn calm(stage: &mut Stage) {
    stage.world.start();
    stage.pass(60_000);
    // Everybody is heard some times, so that trees have a shape before they are measured.
    let warm = stage.honest_up();
    for by in warm.iter().cycle().take(3 * warm.len()) {
        stage.world.publish(*by);
        stage.pass(50);
    }
    stage.pass(5000);
    stage.world.measure_from_here();
    stage.talk(stage.talk_ms, 1000, |_| {});
    stage.pass(10_000);
}

/// Eight people who talk much, then everybody once.
pub(super) const BUSY: Scenario = Scenario {
    name: "busy",
    shows: "the price of a delivery, for 8 busy origins",
    nodes: 100,
    talk_ms: 60_000,
    setup: Setup::new,
    play: busy,
    invariants: &[must::EVERYTHING, must::SOON, must::ONE_COPY, must::FEW_HOPS],
};

fn busy(stage: &mut Stage) {
    stage.world.start();
    stage.pass(60_000);
    let eight: Vec<_> = stage.honest_up().into_iter().take(8).collect();
    for _ in 0..25 {
        for by in &eight {
            stage.world.publish(*by);
            stage.pass(20);
        }
    }
    stage.world.measure_from_here();
    let until_ms = stage.world.now_ms + stage.talk_ms;
    while stage.world.now_ms < until_ms {
        stage.say(&eight);
        stage.pass(25);
    }
    stage.pass(10_000);
}

/// Links that lose every fifth frame.
pub(super) const LOSSY: Scenario = Scenario {
    name: "lossy",
    shows: "what gets lost is asked for long before a reconciliation",
    nodes: 40,
    talk_ms: 180_000,
    setup: |seed, nodes| {
        let weather = Weather { loss: 200_000, ..Weather::calm() };
        Setup { weather, ..Setup::new(seed, nodes) }
    },
    play: |stage| {
        stage.world.start();
        stage.pass(60_000);
        stage.talk(stage.talk_ms, 1000, |_| {});
        stage.world.setup.weather = Weather::calm();
        stage.pass(super::trouble::TWO_ROUNDS_MS);
    },
    invariants: &[must::EVERYTHING, must::MENDED_SOON],
};

/// As many as one process can hold.
pub(super) const CROWD: Scenario = Scenario {
    name: "crowd",
    shows: "ten thousand nodes that want little memory each",
    nodes: 10_000,
    talk_ms: 20_000,
    setup: |seed, nodes| Setup { config: Config::low_resource(), payload: 200, ..Setup::new(seed, nodes) },
    play: |stage| {
        stage.world.start();
        stage.pass(20_000);
        stage.talk(stage.talk_ms, 2000, |_| {});
        stage.pass(super::trouble::TWO_ROUNDS_MS);
    },
    invariants: &[must::EVERYTHING],
};
