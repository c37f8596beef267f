//! Nodes held in memory, bounded by bytes: two generations, the older one is dropped when the younger is full.
//!
//! An id that was looked up and is not registered is remembered as such, so that asking for it again costs no
//! query. Must not know: SQL, HTTP.

use std::collections::HashMap;
use std::sync::Arc;

use openred_core::ids::NodeId;

use super::Node;

/// What memory knows of one id: registered, or known not to be.
pub(crate) type Known = Option<Arc<Node>>;

/// Bytes of an id in the tables, and of a node besides its descriptor, about.
const ENTRY_BYTES: usize = 128;
const NODE_BYTES: usize = 640;

/// What is known, and since when.
#[derive(Debug)]
struct Entry {
    known: Known,
    /// Monotonic time when it was read or written, ms.
    at_ms: u64,
}

/// Registered nodes by id, least recently used ones dropped (by generation, so every step is O(1)).
#[derive(Debug)]
pub(crate) struct Memory {
    young: HashMap<NodeId, Entry>,
    young_bytes: usize,
    old: HashMap<NodeId, Entry>,
    generation_bytes_max: usize,
    doubts: u64,
}

/// When a look into the database began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Began {
    at_ms: u64,
    doubts: u64,
}

impl Memory {
    /// Holds about `bytes_max` bytes at most.
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self {
            young: HashMap::new(),
            young_bytes: 0,
            old: HashMap::new(),
            generation_bytes_max: (bytes_max / 2).max(1),
            doubts: 0,
        }
    }

    /// What is known of `id` since `since_ms` or later; `None` when the database has to be asked.
    pub(crate) fn get(&mut self, id: &NodeId, since_ms: u64) -> Option<Known> {
        self.touch(id)?;
        self.young.get(id).filter(|entry| entry.at_ms >= since_ms).map(|entry| entry.known.clone())
    }

    /// A registration was committed at `now_ms`: replaces what was known, unless that is newer.
    pub(crate) fn put(&mut self, id: NodeId, known: Known, now_ms: u64) {
        let newer_held = match (self.get(&id, 0).flatten(), &known) {
            (Some(held), Some(new)) => held.age() > new.age(),
            _ => false,
        };
        if !newer_held {
            self.insert(id, Entry { known, at_ms: now_ms });
        }
    }

    /// The database is about to be asked, at `now_ms`.
    pub(crate) fn begin(&self, now_ms: u64) -> Began {
        Began { at_ms: now_ms, doubts: self.doubts }
    }

    /// The database was asked: takes its answer, unless something has come here meanwhile. A node that is registered as
    /// before stays the same value, with when it was seen. When anything was doubted meanwhile, the answer may be what was
    /// there before: it is given, and asked for again the next time.
    pub(crate) fn fill(&mut self, id: NodeId, known: Known, began: Began) -> Known {
        let began_ms = if began.doubts == self.doubts { began.at_ms } else { 0 };
        self.touch(&id);
        if let Some(entry) = self.young.get_mut(&id) {
            let same = match (&entry.known, &known) {
                (Some(held), Some(read)) => {
                    held.age() == read.age() && held.descriptor.hash() == read.descriptor.hash()
                }
                _ => false,
            };
            if same || entry.at_ms > began.at_ms {
                entry.at_ms = entry.at_ms.max(began_ms);
                return entry.known.clone();
            }
        }
        self.insert(id, Entry { known: known.clone(), at_ms: began_ms });
        known
    }

    /// It may be another one now. What was known stays for [`fill`](Self::fill) to compare with.
    pub(crate) fn doubt(&mut self, id: &NodeId) {
        self.doubts += 1;
        for generation in [&mut self.young, &mut self.old] {
            if let Some(entry) = generation.get_mut(id) {
                entry.at_ms = 0;
            }
        }
    }

    /// Any may be another one now.
    pub(crate) fn doubt_all(&mut self) {
        self.doubts += 1;
        for generation in [&mut self.young, &mut self.old] {
            generation.values_mut().for_each(|entry| entry.at_ms = 0);
        }
    }

    /// Ids held now.
    pub(crate) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }

    /// Moves what is used into the young generation.
    fn touch(&mut self, id: &NodeId) -> Option<()> {
        if !self.young.contains_key(id) {
            let entry = self.old.remove(id)?;
            self.insert(*id, entry);
        }
        Some(())
    }

    fn insert(&mut self, id: NodeId, entry: Entry) {
        self.old.remove(&id);
        let bytes = weight(&entry);
        let before = self.young.get(&id).map_or(0, weight);
        if self.young_bytes - before + bytes > self.generation_bytes_max {
            self.old = std::mem::take(&mut self.young);
            self.old.remove(&id);
            self.young_bytes = bytes;
        } else {
            self.young_bytes = self.young_bytes - before + bytes;
        }
        self.young.insert(id, entry);
    }
}

/// A descriptor is held as its bytes, and once more taken apart.
fn weight(entry: &Entry) -> usize {
    let node = entry.known.as_ref().map_or(0, |node| NODE_BYTES + 2 * node.descriptor.bytes().len());
    ENTRY_BYTES + node
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::tests::somebody;

    fn node(time: u64) -> Arc<Node> {
        Arc::new(Node::of(somebody("ana", 1_900_000_000), 0, time))
    }

    #[test]
    fn memory_is_bounded_by_bytes_and_what_is_used_stays() {
        let each = weight(&Entry { known: Some(node(1)), at_ms: 0 });
        let mut memory = Memory::new(20 * each);
        let ana = node(1);
        memory.put(ana.id(), Some(Arc::clone(&ana)), 1);
        for _ in 0..100 {
            let other = node(1);
            memory.put(other.id(), Some(other), 1);
            assert!(memory.len() <= 21);
            assert!(memory.get(&ana.id(), 0).flatten().is_some(), "ana is asked for all the time");
        }
        for n in 0..10_000_u32 {
            let mut id = [0; 32];
            id[..4].copy_from_slice(&n.to_be_bytes());
            let began = memory.begin(1);
            memory.fill(NodeId(id), None, began);
        }
        assert!(memory.len() <= 20 * each / ENTRY_BYTES + 2, "who is not registered has a weight too");
    }

    #[test]
    fn what_is_doubted_is_asked_for_and_the_same_node_stays() {
        let (mut memory, ana) = (Memory::new(1 << 20), node(7));
        let id = ana.id();
        memory.put(id, Some(Arc::clone(&ana)), 100);
        assert!(memory.get(&id, 100).is_some() && memory.get(&id, 101).is_none(), "too old");
        memory.doubt(&id);
        assert!(memory.get(&id, 1).is_none());
        let read = Arc::new(Node::of(ana.descriptor.clone(), 0, 7));
        let began = memory.begin(200);
        let filled = memory.fill(id, Some(read), began).unwrap();
        assert!(Arc::ptr_eq(&filled, &ana), "with when it was seen");
        assert!(memory.get(&id, 200).is_some());
        let (before, after) = (memory.begin(150), memory.begin(300));
        assert!(memory.fill(id, None, before).is_some(), "a read that began before");
        assert!(memory.fill(id, None, after).is_none(), "removed at another process");
        let crossed = memory.begin(400);
        memory.doubt(&id);
        memory.fill(id, None, crossed);
        assert!(memory.get(&id, 1).is_none(), "it may have changed after it was read");
    }
}
