//! What will happen, in order: by virtual time, then by the order in which it was said. Must not know: what it does.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::Arc;

use openred_proto::overlay::Input;

/// Number of a node.
pub type At = u32;

/// Something that will happen at one node.
#[derive(Clone, Debug)]
pub enum What {
    /// The machine asked to be woken.
    Wake,
    /// A frame arrives.
    Frame {
        /// From whom.
        from: At,
        /// Over which session.
        session: u64,
        /// As it left, or not quite.
        bytes: Arc<[u8]>,
    },
    /// Somebody dials.
    Dialled {
        /// Who.
        by: At,
    },
    /// A session stands.
    Up {
        /// With whom.
        with: At,
        /// Which.
        session: u64,
    },
    /// A session has ended.
    Down {
        /// With whom.
        with: At,
        /// Which.
        session: u64,
    },
    /// Bytes left towards a node.
    Left {
        /// To whom.
        to: At,
        /// Over which session.
        session: u64,
        /// How many.
        bytes: usize,
    },
    /// Something else for the machine.
    Input(Box<Input>),
    /// An evil actor acts by itself.
    Pulse,
}

/// One entry of the queue.
#[derive(Clone, Debug)]
pub struct Event {
    /// Virtual milliseconds.
    pub at_ms: u64,
    order: u64,
    /// Where.
    pub node: At,
    /// For which life of the node; what was meant for an earlier one is lost.
    pub life: u32,
    /// What.
    pub what: What,
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        (self.at_ms, self.order) == (other.at_ms, other.order)
    }
}

impl Eq for Event {}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Event {
    /// The earliest is the greatest: a heap gives the greatest first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at_ms, other.order).cmp(&(self.at_ms, self.order))
    }
}

/// The one queue of a run.
#[derive(Debug, Default)]
pub struct Queue {
    heap: BinaryHeap<Event>,
    order: u64,
}

impl Queue {
    /// Adds something.
    pub fn push(&mut self, at_ms: u64, node: At, life: u32, what: What) {
        self.order += 1;
        self.heap.push(Event { at_ms, order: self.order, node, life, what });
    }

    /// Takes the next thing that happens at `until_ms` or before.
    pub fn pop(&mut self, until_ms: u64) -> Option<Event> {
        let due = self.heap.peek().is_some_and(|next| next.at_ms <= until_ms);
        if due { self.heap.pop() } else { None }
    }

    /// How much is to come.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether nothing is to come.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }
}
