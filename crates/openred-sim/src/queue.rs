//! What will happen, in order: by virtual time, then by the order in which it was said. Must not know: what it does.

use std::collections::{BTreeMap, VecDeque};
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
    /// Where.
    pub node: At,
    /// For which life of the node; what was meant for an earlier one is lost.
    pub life: u32,
    /// What.
    pub what: What,
}

/// Milliseconds ahead that have a list each: frames take less.
const NEAR_MS: usize = 2048;

/// The one queue of a run: a wheel with a list for each millisecond of the near future, and lists by time for what lies
/// beyond it.
#[derive(Debug)]
pub struct Queue {
    near: Vec<VecDeque<Event>>,
    near_count: usize,
    later: BTreeMap<u64, Vec<Event>>,
    /// The wheel begins here; everything before has been taken.
    from_ms: u64,
}

impl Default for Queue {
    fn default() -> Self {
        let near = (0..NEAR_MS).map(|_| VecDeque::new()).collect();
        Self { near, near_count: 0, later: BTreeMap::new(), from_ms: 0 }
    }
}

impl Queue {
    /// Adds something; what lies in the past happens next.
    pub fn push(&mut self, at_ms: u64, node: At, life: u32, what: What) {
        let at_ms = at_ms.max(self.from_ms);
        let event = Event { at_ms, node, life, what };
        if at_ms - self.from_ms < NEAR_MS as u64 {
            self.near_count += 1;
            self.slot(at_ms).push_back(event);
        } else {
            self.later.entry(at_ms).or_default().push(event);
        }
    }

    /// Takes the next thing that happens at `until_ms` or before; `until_ms` never goes back.
    pub fn pop(&mut self, until_ms: u64) -> Option<Event> {
        loop {
            if let Some(event) = self.slot(self.from_ms).pop_front() {
                self.near_count -= 1;
                return Some(event);
            }
            let next_ms = match self.near_count {
                0 => self.later.first_key_value().map(|(at_ms, _)| *at_ms)?,
                _ => self.from_ms + 1,
            };
            if next_ms > until_ms {
                return None;
            }
            self.turn_to(next_ms);
        }
    }

    /// Turns the wheel. What was said long before comes before what will be said of the same millisecond.
    fn turn_to(&mut self, from_ms: u64) {
        self.from_ms = from_ms;
        while let Some(entry) =
            self.later.first_entry().filter(|entry| *entry.key() < from_ms + NEAR_MS as u64)
        {
            let (at_ms, events) = entry.remove_entry();
            self.near_count += events.len();
            self.slot(at_ms).extend(events);
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "a remainder below 2048")]
    fn slot(&mut self, at_ms: u64) -> &mut VecDeque<Event> {
        &mut self.near[(at_ms % NEAR_MS as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_happen_by_time_and_then_in_the_order_in_which_they_were_said() {
        let mut queue = Queue::default();
        for (at_ms, node) in [(5, 0), (90_000, 1), (2047, 2), (2048, 3), (5, 4), (90_000, 5)] {
            queue.push(at_ms, node, 0, What::Wake);
        }
        let mut taken = Vec::new();
        for until_ms in [4, 1000, 89_999, 90_000, 500_000] {
            while let Some(event) = queue.pop(until_ms) {
                assert!(event.at_ms <= until_ms);
                if event.node == 4 {
                    queue.push(5, 6, 0, What::Wake);
                    queue.push(88_000, 7, 0, What::Wake);
                }
                if event.node == 7 {
                    queue.push(90_000, 8, 0, What::Wake);
                }
                taken.push(event.node);
            }
        }
        assert_eq!(taken, [0, 4, 6, 2, 3, 7, 1, 5, 8]);
        assert!(queue.pop(u64::MAX).is_none());
    }
}
