//! Measurements on the way, for the report. Must not know: how they are drawn.

use crate::world::World;

/// Honest nodes whose trust is asked for a sample.
const OBSERVERS: usize = 12;

/// The world at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    /// Virtual milliseconds.
    pub at_ms: u64,
    /// Share of (message, honest node that runs) that is there, of all that must be.
    pub coverage: f64,
    /// Whole messages received per delivery, since measuring began.
    pub copies: f64,
    /// Mean effective trust in linked honest nodes.
    pub trust_honest: f64,
    /// Mean effective trust in linked evil nodes; 0 without any.
    pub trust_evil: f64,
}

impl Sample {
    /// Measures now.
    #[must_use]
    pub fn of(world: &World) -> Self {
        let (honest, evil) = trust(world);
        Self {
            at_ms: world.now_ms,
            coverage: coverage(world),
            copies: world.copies(),
            trust_honest: honest,
            trust_evil: evil,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts below 2^52")]
fn coverage(world: &World) -> f64 {
    let honest = world.nodes.iter().filter(|node| node.is_honest()).count() as u64;
    let due = world.model.due * honest;
    if due == 0 { 1.0 } else { world.model.arrived as f64 / due as f64 }
}

#[expect(clippy::cast_precision_loss, reason = "at most a million times some hundred")]
fn trust(world: &World) -> (f64, f64) {
    let mut sums = [(0_i64, 0_i64); 2];
    let observers = (0..).zip(&world.nodes).filter(|(_, node)| node.is_honest()).take(OBSERVERS);
    for (at, overlay) in observers.filter_map(|(at, node)| Some((at, node.overlay.as_ref()?))) {
        let now = world.now_of(at);
        for peer in overlay.active() {
            let Some(other) = world.node(&peer) else { continue };
            let (sum, count) = &mut sums[usize::from(!other.is_honest())];
            *sum += overlay.effective_trust(&peer, now);
            *count += 1;
        }
    }
    let mean = |(sum, count): (i64, i64)| if count == 0 { 0.0 } else { sum as f64 / count as f64 / 1e6 };
    (mean(sums[0]), mean(sums[1]))
}
