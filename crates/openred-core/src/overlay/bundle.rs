//! Several messages of one origin under one signature (PROTOCOL §6). Must not know keys.

use std::sync::Arc;

use super::draft::read;
use super::proof::{bundle_bytes, leaf, node, sides};
use super::{BUNDLE_MAX, Invalid, Message, Proof};
use crate::sign::{Label, Signature};

/// 1 to 256 messages that wait for one signature. A message alone is signed as itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    messages: Vec<Vec<u8>>,
    /// Hashes by level, leaves first; the last level is the root.
    levels: Vec<Vec<[u8; 32]>>,
}

impl Bundle {
    /// Builds the tree over signed bytes ([`super::Draft::signed_bytes`]) of one origin and key.
    ///
    /// # Errors
    /// [`Invalid`] for none or too many, for bytes that are no message, and for different origins or keys.
    pub fn of(messages: Vec<Vec<u8>>) -> Result<Self, Invalid> {
        if messages.is_empty() || messages.len() > BUNDLE_MAX {
            return Err(Invalid("bundle size"));
        }
        let mut origin = None;
        for bytes in &messages {
            let head = read(bytes)?;
            let this = (head.node_id, head.log_seq, head.signing_key);
            if *origin.get_or_insert(this) != this {
                return Err(Invalid("bundle of several origins"));
            }
        }
        let levels = levels(messages.iter().map(|bytes| leaf(bytes)).collect());
        Ok(Self { messages, levels })
    }

    /// What the origin's key signs, and under which label.
    #[must_use]
    pub fn to_sign(&self) -> (Label, Vec<u8>) {
        match self.messages.as_slice() {
            [alone] => (Label::Overlay, alone.clone()),
            _ => (Label::Bundle, bundle_bytes(&self.root(), self.messages.len())),
        }
    }

    /// The messages with their proofs, in the order given. The signature is taken as it is.
    #[must_use]
    #[expect(clippy::expect_used, reason = "`of` has read the same bytes by the same rules")]
    pub fn sign(self, signature: Signature) -> Vec<Arc<Message>> {
        let message = |(index, bytes): (usize, &Vec<u8>)| {
            let message = Message::of(bytes, &self.proof(index, signature));
            message.expect("checked when the bundle was made")
        };
        self.messages.iter().enumerate().map(message).collect()
    }

    fn root(&self) -> [u8; 32] {
        self.levels.last().and_then(|level| level.first()).copied().unwrap_or_default()
    }

    fn proof(&self, index: usize, signature: Signature) -> Proof {
        let count = self.messages.len();
        if count == 1 {
            return Proof::Single(signature);
        }
        let siblings = self.levels.iter().enumerate().map(|(up, level)| level.get((index >> up) ^ 1));
        let path: Vec<_> = siblings.flatten().copied().collect();
        debug_assert_eq!(path.len(), sides(index, count).count());
        Proof::Bundle { signature, index: index as u16, count: count as u16, path }
    }
}

fn levels(leaves: Vec<[u8; 32]>) -> Vec<Vec<[u8; 32]>> {
    let mut levels = vec![leaves];
    while let Some(last) = levels.last().filter(|level| level.len() > 1) {
        let join = |pair: &[[u8; 32]]| match pair {
            [left, right] => node(left, right),
            odd => odd[0],
        };
        levels.push(last.chunks(2).map(join).collect());
    }
    levels
}
