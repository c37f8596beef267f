//! Runs with a name: who is there, what happens, how long; and what must have held in the end.
//!
//! Must not know: how results are shown.

mod attacks;
mod quiet;
mod trouble;

use crate::{
    dice::Dice,
    evil::Role,
    invariants::{self, Invariant},
    queue::At,
    sample::Sample,
    setup::Setup,
    world::World,
};

/// What may be chosen about a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Everything follows from it.
    pub seed: u64,
    /// How many nodes; `None`: as many as the scenario likes.
    pub nodes: Option<usize>,
    /// How many virtual milliseconds people talk; `None`: as long as the scenario likes.
    pub talk_ms: Option<u64>,
    /// Every node checks every signature.
    pub real_crypto: bool,
    /// The run ends with the first promise that breaks at a step.
    pub stops: bool,
}

impl Choice {
    /// This seed, all else as the scenario likes.
    #[must_use]
    pub const fn seed(seed: u64) -> Self {
        Self { seed, nodes: None, talk_ms: None, real_crypto: false, stops: false }
    }
}

/// One scenario.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// As in `--scenario`.
    pub name: &'static str,
    /// What it shows.
    pub shows: &'static str,
    /// Nodes, if nobody says otherwise.
    pub nodes: usize,
    /// Milliseconds of talk, if nobody says otherwise.
    pub talk_ms: u64,
    setup: fn(u64, usize) -> Setup,
    play: fn(&mut Stage),
    /// What must hold in the end, besides what must always hold.
    pub invariants: &'static [Invariant],
}

/// A run while it is played.
#[derive(Debug)]
pub struct Stage {
    /// The world.
    pub world: World,
    /// Milliseconds of talk.
    pub talk_ms: u64,
    /// Chance of the play itself.
    pub dice: Dice,
    /// What was measured on the way.
    pub samples: Vec<Sample>,
    sampled_ms: u64,
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// The world in the end.
    pub world: World,
    /// What was measured on the way.
    pub samples: Vec<Sample>,
    /// Promises of the end that did not hold: (which, what was seen).
    pub failed: Vec<(&'static str, String)>,
}

impl Outcome {
    /// Whether everything held, at every step and in the end.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.failed.is_empty() && self.world.watch.count == 0
    }

    /// Everything that did not hold.
    #[must_use]
    pub fn broken(&self) -> Vec<String> {
        let steps = self.world.watch.broken.iter();
        let steps =
            steps.map(|broken| format!("{} (at {} ms, {})", broken.promise, broken.at_ms, broken.seen));
        let end = self.failed.iter().map(|(promise, seen)| format!("{promise} ({seen})"));
        steps.chain(end).collect()
    }
}

/// Every scenario there is.
pub const ALL: &[Scenario] = &[
    quiet::CALM,
    quiet::BUSY,
    quiet::LOSSY,
    quiet::CROWD,
    trouble::THIRD_SILENT,
    trouble::THIRD_LYING,
    trouble::HALF_SILENT,
    trouble::CHURN,
    trouble::PARTITION,
    trouble::CLOCK_JUMPS,
    trouble::STORM,
    attacks::SYBILS_90,
    attacks::ECLIPSE,
    attacks::FLOOD,
    attacks::TTL_RAISERS,
    attacks::FORGERS,
    attacks::EQUIVOCATORS,
];

/// The scenario of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Scenario> {
    ALL.iter().find(|scenario| scenario.name == name)
}

impl Scenario {
    /// What must hold in the end.
    pub fn promises(&self) -> impl Iterator<Item = &'static str> {
        invariants::ALWAYS.iter().chain(self.invariants).map(|(name, _)| *name)
    }

    /// Plays it to the end and looks at what came out.
    #[must_use]
    pub fn run(&self, choice: Choice) -> Outcome {
        let mut setup = (self.setup)(choice.seed, choice.nodes.unwrap_or(self.nodes));
        (setup.real_crypto, setup.stops) = (choice.real_crypto, choice.stops);
        let mut stage = Stage {
            world: World::new(setup),
            talk_ms: choice.talk_ms.unwrap_or(self.talk_ms),
            dice: Dice::new(choice.seed, "play"),
            samples: Vec::new(),
            sampled_ms: 0,
        };
        (self.play)(&mut stage);
        stage.sample();
        let all = invariants::ALWAYS.iter().chain(self.invariants);
        let failed =
            all.filter_map(|(name, holds)| holds(&stage.world).err().map(|seen| (*name, seen))).collect();
        Outcome { world: stage.world, samples: stage.samples, failed }
    }
}

/// Between two samples while people talk: a sixtieth of the talk.
const SAMPLES: u64 = 60;

impl Stage {
    /// Lets time pass, measuring on the way.
    pub fn pass(&mut self, ms: u64) {
        let until_ms = self.world.now_ms + ms;
        let every_ms = (self.talk_ms / SAMPLES).max(1000);
        while self.world.now_ms < until_ms {
            let next_ms = (self.sampled_ms + every_ms).clamp(self.world.now_ms + 1, until_ms);
            self.world.run_until(next_ms);
            if self.world.now_ms >= self.sampled_ms + every_ms {
                self.sample();
            }
        }
    }

    fn sample(&mut self) {
        self.sampled_ms = self.world.now_ms;
        self.samples.push(Sample::of(&self.world));
    }

    /// Honest nodes that run, in order.
    #[must_use]
    pub fn honest_up(&self) -> Vec<At> {
        let nodes = (0..).zip(&self.world.nodes);
        nodes.filter(|(_, node)| node.is_honest() && node.is_up()).map(|(at, _)| at).collect()
    }

    /// One of these publishes.
    pub fn say(&mut self, among: &[At]) {
        if let Some(by) = self.dice.pick(among).copied() {
            self.world.publish(by);
        }
    }

    /// Honest nodes talk for so long, one message each `every_ms`; `meanwhile` happens before each.
    pub fn talk(&mut self, ms: u64, every_ms: u64, mut meanwhile: impl FnMut(&mut Self)) {
        let until_ms = self.world.now_ms + ms;
        while self.world.now_ms < until_ms {
            meanwhile(self);
            let honest = self.honest_up();
            self.say(&honest);
            self.pass(every_ms);
        }
    }

    /// Nodes of this role.
    #[must_use]
    pub fn of_role(&self, role: Role) -> Vec<At> {
        (0..).zip(&self.world.nodes).filter(|(_, node)| node.role == role).map(|(at, _)| at).collect()
    }
}
