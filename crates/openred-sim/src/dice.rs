//! All chance of a run, from one seed. Must not know: what is drawn for.

use chacha20::{
    ChaCha8Rng,
    rand_core::{Rng as _, SeedableRng as _},
};
use openred_core::ids::Hash;

/// Parts in a million.
pub type Ppm = u32;

/// 32 bytes that follow from the seed, a purpose and a number.
#[must_use]
pub fn bytes(seed: u64, what: &str, n: u64) -> [u8; 32] {
    Hash::of(&[b"openred-sim", what.as_bytes(), &seed.to_be_bytes(), &n.to_be_bytes()]).0
}

/// A stream of chance.
#[derive(Debug)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of this seed for this purpose.
    #[must_use]
    pub fn new(seed: u64, what: &str) -> Self {
        Self(ChaCha8Rng::from_seed(bytes(seed, what, 0)))
    }

    /// Evenly below `end`; 0 for 0.
    pub fn below(&mut self, end: u64) -> u64 {
        let wide = u128::from(self.0.next_u64()) * u128::from(end);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// An index of a list of `len` elements; 0 for an empty one.
    pub fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }

    /// Evenly from `from` to `to`, both included.
    pub fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to.saturating_sub(from).saturating_add(1))
    }

    /// True so many times in a million. Draws nothing for 0.
    pub fn hits(&mut self, ppm: Ppm) -> bool {
        ppm > 0 && self.below(1_000_000) < u64::from(ppm)
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.index(of.len()))
    }

    /// `count` different numbers below `end`, in drawn order.
    pub fn some(&mut self, end: usize, count: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..end).collect();
        let count = count.min(end);
        for at in 0..count {
            let other = at + self.index(end - at);
            all.swap(at, other);
        }
        all.truncate(count);
        all
    }

    /// Fills `bytes`.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
}
