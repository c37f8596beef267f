//! Newest descriptors of others, found by node id without a directory. Bounded.
//!
//! Must not know: who asks for them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use openred_core::{
    descriptor::Descriptor,
    ids::{Hash, NodeId},
};

#[derive(Debug)]
struct Held {
    order: (u32, u64),
    hash: Hash,
    bytes: Arc<[u8]>,
    heard_ms: u64,
}

#[derive(Debug, Default)]
pub(super) struct Descriptors(BTreeMap<NodeId, Held>);

impl Descriptors {
    pub(super) fn get(&self, node_id: &NodeId) -> Option<&[u8]> {
        self.0.get(node_id).map(|held| &*held.bytes)
    }

    /// Whether exactly this one is held: it need not be verified again.
    pub(super) fn has(&mut self, node_id: &NodeId, hash: &Hash, now_ms: u64) -> bool {
        let held = self.0.get_mut(node_id).filter(|held| held.hash == *hash);
        held.map(|held| held.heard_ms = now_ms).is_some()
    }

    /// Takes a verified descriptor if it is newer than the one held, by (log_seq, seq).
    pub(super) fn take(
        &mut self,
        descriptor: &Descriptor,
        cared: &BTreeSet<NodeId>,
        max: usize,
        now_ms: u64,
    ) -> bool {
        let node_id = descriptor.node_id();
        let newer = self.0.get(&node_id).is_none_or(|held| held.order < descriptor.order());
        if !newer {
            return false;
        }
        if !self.0.contains_key(&node_id) && self.0.len() >= max {
            let order = |(node_id, held): &(&NodeId, &Held)| (cared.contains(*node_id), held.heard_ms);
            let gone = self.0.iter().min_by_key(order).map(|(node_id, _)| *node_id);
            gone.and_then(|gone| self.0.remove(&gone));
        }
        let held = Held {
            order: descriptor.order(),
            hash: descriptor.hash(),
            bytes: descriptor.bytes().into(),
            heard_ms: now_ms,
        };
        self.0.insert(node_id, held);
        true
    }
}
