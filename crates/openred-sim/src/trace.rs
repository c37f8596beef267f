//! One SHA-256 over everything that happened: equal for equal seeds. Must not know: what happened.

use openred_core::ids::Hash;

/// Bytes gathered before they are hashed.
const GATHER: usize = 1 << 16;

/// The trace of a run.
#[derive(Debug)]
pub struct Trace {
    hash: Hash,
    gathered: Vec<u8>,
    /// Things that happened.
    pub events: u64,
}

impl Default for Trace {
    fn default() -> Self {
        Self { hash: Hash([0; 32]), gathered: Vec::with_capacity(GATHER + 64), events: 0 }
    }
}

impl Trace {
    /// Notes one thing.
    pub fn note(&mut self, at_ms: u64, node: u32, what: u8, detail: [u64; 2]) {
        self.events += 1;
        self.gathered.extend_from_slice(&at_ms.to_be_bytes());
        self.gathered.extend_from_slice(&node.to_be_bytes());
        self.gathered.push(what);
        detail.iter().for_each(|number| self.gathered.extend_from_slice(&number.to_be_bytes()));
        if self.gathered.len() >= GATHER {
            self.hash = self.hash();
            self.gathered.clear();
        }
    }

    /// The hash so far.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of(&[&self.hash.0, &self.gathered])
    }
}

/// A cheap digest of a frame: what differs by chance differs here.
#[must_use]
pub fn digest(bytes: &[u8]) -> u64 {
    let add =
        |sum: u64, word| (sum ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23);
    let (words, rest) = bytes.as_chunks();
    let sum = words.iter().fold(bytes.len() as u64, |sum, word| add(sum, *word));
    if rest.is_empty() {
        return sum;
    }
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    add(sum, last)
}
