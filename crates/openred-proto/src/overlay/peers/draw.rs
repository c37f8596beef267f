//! Chance for choices among peers: one generator, seeded once, so that a run can be repeated.
//!
//! Must not know: what is drawn.

use chacha20::{
    ChaCha8Rng,
    rand_core::{Rng as _, SeedableRng as _},
};

/// See the module. The generator's state is secret: who could foresee draws could steer them.
pub(super) struct Draw(ChaCha8Rng);

impl std::fmt::Debug for Draw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Draw(…)")
    }
}

impl Draw {
    pub(super) fn new(seed: [u8; 32]) -> Self {
        Self(ChaCha8Rng::from_seed(seed))
    }

    /// A number below `n`; 0 for `n` = 0.
    pub(super) fn below(&mut self, n: usize) -> usize {
        let wide = u128::from(self.0.next_u64()) * n as u128;
        (wide >> 64) as usize
    }

    /// Between half of `ms` and all of it, so that nodes do not march in step.
    pub(super) fn jitter(&mut self, ms: u64) -> u64 {
        let half = usize::try_from(ms / 2).unwrap_or(usize::MAX);
        ms / 2 + self.below(half + 1) as u64
    }

    /// Takes one out.
    pub(super) fn take<T>(&mut self, from: &mut Vec<T>) -> Option<T> {
        let at = self.below(from.len());
        (!from.is_empty()).then(|| from.swap_remove(at))
    }

    /// Takes up to `n` out.
    pub(super) fn take_some<T>(&mut self, from: &mut Vec<T>, n: usize) -> Vec<T> {
        let mut taken = Vec::with_capacity(n.min(from.len()));
        while taken.len() < n
            && let Some(one) = self.take(from)
        {
            taken.push(one);
        }
        taken
    }
}
