//! Who went silent together: a network that was cut is looked for across the cut.
//!
//! One peer that goes is replaced by another draw. When a third of the drawn links go within three minutes, the network
//! may have fallen apart, and everybody who is drawn instead is on this side. So those who went are tried again, one
//! after another, without counting it against their addresses; who answers takes the place of a link that was drawn
//! since. Must not know: links, the book, sockets.

use std::collections::VecDeque;

use openred_core::ids::NodeId;

use super::bounds::{LOST_EVERY_MS, LOST_MAX, LOST_SELDOM_MS, LOST_TRIES_MAX, LOST_TRIES_OFTEN, TOGETHER_MS};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Lost {
    /// Drawn links that went of late: (when, who).
    recent: VecDeque<(u64, NodeId)>,
    tried: Vec<Tried>,
    /// When the first of them went.
    since_ms: u64,
    /// Who goes until then belongs to them.
    together_until_ms: u64,
}

#[derive(Debug)]
struct Tried {
    node: NodeId,
    tries: u32,
    next_ms: u64,
}

impl Lost {
    /// A drawn link went without a word; `together`: so many are no accident.
    pub(super) fn went(&mut self, node: NodeId, together: usize, now_ms: u64) {
        self.recent.retain(|(at, id)| at + TOGETHER_MS > now_ms && *id != node);
        self.recent.push_back((now_ms, node));
        if self.recent.len() >= together {
            self.together_until_ms = now_ms + TOGETHER_MS;
        }
        if now_ms >= self.together_until_ms {
            return;
        }
        if let (true, Some((first_ms, _))) = (self.tried.is_empty(), self.recent.front()) {
            self.since_ms = *first_ms;
        }
        for (_, node) in std::mem::take(&mut self.recent) {
            if self.tried.len() < LOST_MAX && !self.contains(&node) {
                self.tried.push(Tried { node, tries: 0, next_ms: now_ms + LOST_EVERY_MS });
            }
        }
    }

    /// Whom to try now.
    pub(super) fn due(&mut self, now_ms: u64) -> Option<NodeId> {
        let one = self.tried.iter_mut().find(|one| one.next_ms <= now_ms)?;
        one.tries += 1;
        one.next_ms = now_ms + if one.tries < LOST_TRIES_OFTEN { LOST_EVERY_MS } else { LOST_SELDOM_MS };
        let node = one.node;
        self.tried.retain(|one| one.tries <= LOST_TRIES_MAX);
        Some(node)
    }

    /// It is there again, or nowhere. When the first of those went it came back to, if it was one of them.
    pub(super) fn is_back(&mut self, node: &NodeId) -> Option<u64> {
        let at = self.tried.iter().position(|one| one.node == *node)?;
        self.tried.remove(at);
        Some(self.since_ms)
    }

    pub(super) fn contains(&self, node: &NodeId) -> bool {
        self.tried.iter().any(|one| one.node == *node)
    }

    pub(super) fn next_wake(&self) -> Option<u64> {
        self.tried.iter().map(|one| one.next_ms).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn node(n: u8) -> NodeId {
        NodeId([n; 32])
    }

    #[test]
    fn one_who_goes_is_not_looked_for_and_three_at_once_are() {
        let mut lost = Lost::default();
        for n in 0..10 {
            lost.went(node(n), 3, u64::from(n) * TOGETHER_MS);
        }
        assert_eq!(lost.next_wake(), None, "each by itself");
        lost.went(node(20), 3, 9 * TOGETHER_MS + 1);
        lost.went(node(21), 3, 9 * TOGETHER_MS + 2);
        lost.went(node(22), 3, 9 * TOGETHER_MS + 3);
        assert!([9, 20, 21, 22].iter().all(|n| lost.contains(&node(*n))) && !lost.contains(&node(8)));
        assert_eq!(lost.is_back(&node(20)), Some(9 * TOGETHER_MS), "since the first of them went");
        assert_eq!(lost.is_back(&node(20)), None);
    }

    #[test]
    fn tries_are_often_at_first_then_seldom_and_end() {
        let mut lost = Lost::default();
        lost.went(node(1), 1, 0);
        let mut at = Vec::new();
        while let Some(next) = lost.next_wake() {
            assert_eq!(lost.due(next - 1), None);
            assert_eq!(lost.due(next), Some(node(1)));
            at.push(next);
        }
        assert_eq!(at.len() as u32, LOST_TRIES_MAX + 1);
        assert_eq!((at[0], at[1]), (LOST_EVERY_MS, 2 * LOST_EVERY_MS));
        assert!(at.last() > Some(&(12 * 3_600_000)), "half a day");
    }
}
