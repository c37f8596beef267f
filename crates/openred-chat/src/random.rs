//! Where randomness comes from: the operating system, or a seed in simulations and tests. Must not know what it is
//! drawn for.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

/// A source of randomness. Clones draw from the same source.
#[derive(Clone)]
pub struct Randomness(Source);

#[derive(Clone)]
enum Source {
    System,
    Seeded(Arc<Seeded>),
}

struct Seeded {
    seed: [u8; 32],
    stream: Mutex<ChaCha20Rng>,
}

/// The operating system gives no randomness; nothing may be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gives no randomness")]
pub(crate) struct NoRandomness;

impl Randomness {
    /// The operating system's: for every real node.
    #[must_use]
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// From 32 bytes: equal calls in equal order give equal bytes. For simulations and tests only.
    #[must_use]
    pub fn seeded(seed: [u8; 32]) -> Self {
        let stream = Mutex::new(ChaCha20Rng::from_seed(seed));
        Self(Source::Seeded(Arc::new(Seeded { seed, stream })))
    }

    /// Fills `bytes`.
    pub(crate) fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        match &self.0 {
            Source::System => getrandom::fill(bytes).map_err(|_| NoRandomness),
            Source::Seeded(seeded) => {
                seeded.stream.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes);
                Ok(())
            }
        }
    }

    /// A generator for one use, bound to what it is used on: an operating system that repeats itself does not repeat
    /// a key on other inputs. OpenMLS seals to many members on several threads; from a seed this depends on the
    /// inputs alone, never on which thread was first.
    pub(crate) fn bound_to(&self, inputs: &[&[u8]]) -> Result<ChaCha20Rng, NoRandomness> {
        let mut fresh = Zeroizing::new([0; 32]);
        match &self.0 {
            Source::System => self.fill(fresh.as_mut())?,
            Source::Seeded(seeded) => fresh.copy_from_slice(&seeded.seed),
        }
        let mut hash = Sha256::new_with_prefix(fresh.as_slice());
        for input in inputs {
            hash.update((input.len() as u64).to_be_bytes());
            hash.update(input);
        }
        let seed = Zeroizing::new(<[u8; 32]>::from(hash.finalize()));
        Ok(ChaCha20Rng::from_seed(*seed))
    }
}

impl Drop for Seeded {
    fn drop(&mut self) {
        self.seed.zeroize();
    }
}

impl fmt::Debug for Randomness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Source::System => "Randomness(system)",
            Source::Seeded(_) => "Randomness(seeded)",
        })
    }
}
