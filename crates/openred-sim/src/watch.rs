//! What must hold at every single step, noted where it does not. Must not know: how a run is made.

use openred_core::overlay::{Frame, Message, TTL_MAX};

use crate::{model::Model, queue::At};

/// Broken promises that are kept with their details.
const KEPT_MAX: usize = 16;
/// Delays above this many milliseconds are counted together.
const DELAYS_MS: usize = 120_000;

/// A promise that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which: a sentence.
    pub promise: &'static str,
    /// When, virtual milliseconds.
    pub at_ms: u64,
    /// What was seen.
    pub seen: String,
}

/// See the module.
#[derive(Debug)]
pub struct Watch {
    /// The first ones, in order.
    pub broken: Vec<Broken>,
    /// All of them.
    pub count: u64,
    /// Deliveries to honest nodes by milliseconds after publication.
    delays: Vec<u32>,
    /// Frames of honest nodes that were looked at.
    pub looked_at: u64,
    /// Frames may be told to travel further than their origin said.
    pub ttl_is_raised: bool,
    /// The weather changes bytes, so honest nodes can be blamed.
    pub bytes_change: bool,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            broken: Vec::new(),
            count: 0,
            delays: vec![0; DELAYS_MS + 1],
            looked_at: 0,
            ttl_is_raised: false,
            bytes_change: false,
        }
    }
}

impl Watch {
    /// Notes a broken promise.
    pub fn broke(&mut self, promise: &'static str, at_ms: u64, seen: String) {
        self.count += 1;
        let alike = self.broken.iter().filter(|broken| broken.promise == promise).count();
        if self.broken.len() < KEPT_MAX && alike < 3 {
            self.broken.push(Broken { promise, at_ms, seen });
        }
    }

    /// An honest node delivers a message of somebody else. `at`: (virtual ms, the node's own unix seconds). How long it
    /// took is noted if the node has run since before.
    pub fn delivered(
        &mut self,
        model: &mut Model,
        node: At,
        message: &Message,
        at: (u64, u64),
        since_ms: u64,
    ) {
        let (at_ms, wall_s) = at;
        let Some(number) = model.number(&message.id()) else {
            return self.broke(
                "nothing is delivered that nobody made",
                at_ms,
                format!("{node}: {}", message.id()),
            );
        };
        if !model.get(node, number) {
            self.broke("nothing is delivered twice", at_ms, format!("{node}: message {number}"));
        }
        let Some(made) = model.made(number) else { return };
        if made.digest != crate::trace::digest(message.signed_bytes()) {
            self.broke("an id names the same bytes everywhere", at_ms, format!("{node}: message {number}"));
        }
        if message.head().expired(wall_s) || message.head().ahead(wall_s) {
            self.broke("nothing is delivered before or after its time", at_ms, format!("{node}: {number}"));
        }
        if made.due {
            let delay = usize::try_from(at_ms - made.at_ms).unwrap_or(DELAYS_MS).min(DELAYS_MS);
            self.delays[delay] += u32::from(since_ms <= made.at_ms);
            model.arrived += 1;
        }
    }

    /// An honest node sends a frame: a whole message says how far it may still go.
    pub fn sent(&mut self, node: At, frame: &[u8], at_ms: u64) {
        let Some((ttl, hops)) = Frame::reach(frame) else { return };
        self.looked_at += 1;
        // The origin says hops 1 and its ttl; with ttl 0 it goes no further.
        let far = if self.ttl_is_raised || ttl == 0 { ttl } else { ttl + hops.saturating_sub(1) };
        if far > TTL_MAX {
            self.broke(
                "no honest node lets a message go further than ten hops",
                at_ms,
                format!("{node}: {ttl} + {hops}"),
            );
        }
    }

    /// An honest node has evidence against another.
    pub fn accused(&mut self, node: At, peer: At, what: &str, at_ms: u64) {
        if !self.bytes_change {
            self.broke("no honest node is accused by another", at_ms, format!("{node} of {peer}: {what}"));
        }
    }

    /// Milliseconds within which so many of a thousand deliveries came; 0 when there were none.
    #[must_use]
    pub fn within_ms(&self, thousandth: u64) -> usize {
        let all: u64 = self.delays.iter().map(|count| u64::from(*count)).sum();
        let mut left = (all * thousandth).div_ceil(1000);
        for (ms, count) in self.delays.iter().enumerate() {
            left = left.saturating_sub(u64::from(*count));
            if left == 0 {
                return ms;
            }
        }
        DELAYS_MS
    }

    /// Forgets delays so far: a warm-up is over.
    pub fn measure_from_here(&mut self) {
        self.delays.fill(0);
    }
}
