//! Nodes held in memory, bounded: two generations, the older one is dropped when the younger is full.
//!
//! An id that was looked up and is not registered is remembered as such, so that asking for it again costs no
//! query. Must not know: SQL, HTTP.

use std::collections::HashMap;
use std::sync::Arc;

use openred_core::ids::NodeId;

use super::Node;

/// What memory knows of one id: registered, or known not to be.
pub(crate) type Known = Option<Arc<Node>>;

/// Registered nodes by id, least recently used ones dropped (by generation, so every step is O(1)).
#[derive(Debug)]
pub(crate) struct Memory {
    young: HashMap<NodeId, Known>,
    old: HashMap<NodeId, Known>,
    generation_max: usize,
}

impl Memory {
    /// Holds at most `nodes_max` ids.
    pub(crate) fn new(nodes_max: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), generation_max: (nodes_max / 2).max(1) }
    }

    /// What is known of `id`; `None` when the database has to be asked.
    pub(crate) fn get(&mut self, id: &NodeId) -> Option<Known> {
        if let Some(known) = self.young.get(id) {
            return Some(known.clone());
        }
        let known = self.old.remove(id)?;
        self.insert_young(*id, known.clone());
        Some(known)
    }

    /// A registration was committed: replaces what was known, unless that is newer.
    pub(crate) fn put(&mut self, id: NodeId, known: Known) {
        let held = self.get(&id).flatten();
        let newer_held = match (&held, &known) {
            (Some(held), Some(new)) => held.age() > new.age(),
            _ => false,
        };
        if !newer_held {
            self.old.remove(&id);
            self.insert_young(id, known);
        }
    }

    /// The database was asked: fills the gap, if nothing newer has come meanwhile.
    pub(crate) fn fill(&mut self, id: NodeId, known: Known) -> Known {
        if let Some(held) = self.get(&id) {
            return held;
        }
        self.insert_young(id, known.clone());
        known
    }

    /// Ids held now.
    pub(crate) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }

    fn insert_young(&mut self, id: NodeId, known: Known) {
        if self.young.len() >= self.generation_max && !self.young.contains_key(&id) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(id, known);
    }
}
