//! The reference model: which messages there are, and who got which. Too simple to be wrong.
//!
//! Must not know: how messages travel.

use std::collections::BTreeMap;

use openred_core::ids::Hash;

use crate::queue::At;

/// One message that somebody made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Its id.
    pub id: Hash,
    /// Digest of its signed bytes.
    pub digest: u64,
    /// By whom.
    pub by: At,
    /// Virtual milliseconds.
    pub at_ms: u64,
    /// Virtual milliseconds, by a clock that is right.
    pub ends_ms: u64,
    /// Everybody honest must get it.
    pub due: bool,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Model {
    index: BTreeMap<Hash, u32>,
    /// All messages, in the order in which they were made.
    pub all: Vec<Made>,
    got: Vec<Vec<u64>>,
    /// Messages that everybody must get.
    pub due: u64,
    /// Deliveries of such messages to honest nodes, the author's own included.
    pub arrived: u64,
}

impl Model {
    /// Nobody got anything yet.
    #[must_use]
    pub fn new(nodes: usize) -> Self {
        Self { got: vec![Vec::new(); nodes], ..Self::default() }
    }

    /// A message was made. Its number.
    pub fn make(&mut self, made: Made) -> u32 {
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.due += u64::from(made.due);
        self.index.insert(made.id, number);
        self.all.push(made);
        number
    }

    /// The number of a message; `None`: nobody made it.
    #[must_use]
    pub fn number(&self, id: &Hash) -> Option<u32> {
        self.index.get(id).copied()
    }

    /// A message by its number.
    #[must_use]
    pub fn made(&self, number: u32) -> Option<&Made> {
        self.all.get(number as usize)
    }

    /// A node got a message. `false`: it had got it before.
    pub fn get(&mut self, node: At, number: u32) -> bool {
        let Some(bits) = self.got.get_mut(node as usize) else { return false };
        let (word, bit) = (number as usize / 64, 1 << (number % 64));
        if bits.len() <= word {
            bits.resize(word + 1, 0);
        }
        let new = bits[word] & bit == 0;
        bits[word] |= bit;
        new
    }

    /// Whether a node got a message.
    #[must_use]
    pub fn has(&self, node: At, number: u32) -> bool {
        let word = self.got.get(node as usize).and_then(|bits| bits.get(number as usize / 64));
        word.is_some_and(|word| word & (1 << (number % 64)) != 0)
    }
}
