//! The few links to return to after a restart, so that an attacker who waits for one gains nothing.
//!
//! Only links that this node drew or that the owner pinned become anchors; one gives way only while it is away.
//! Must not know: how they are dialled.

use std::collections::VecDeque;

use openred_core::ids::NodeId;

use super::bounds::ANCHORS_MAX;

/// See the module.
#[derive(Debug)]
pub(super) struct Anchors {
    nodes: Vec<NodeId>,
    /// Still to be dialled after the start.
    to_dial: VecDeque<NodeId>,
}

impl Anchors {
    pub(super) fn restore(mut nodes: Vec<NodeId>) -> Self {
        nodes.truncate(ANCHORS_MAX);
        Self { to_dial: nodes.iter().copied().collect(), nodes }
    }

    pub(super) fn nodes(&self) -> &[NodeId] {
        &self.nodes
    }

    pub(super) fn contains(&self, node: &NodeId) -> bool {
        self.nodes.contains(node)
    }

    pub(super) fn next_to_dial(&mut self) -> Option<NodeId> {
        self.to_dial.pop_front()
    }

    /// A link that could be an anchor is up; `is_up` tells which of the others are. Whether the list changed.
    pub(super) fn linked(&mut self, node: NodeId, is_up: impl Fn(&NodeId) -> bool) -> bool {
        if self.nodes.contains(&node) {
            return false;
        }
        if self.nodes.len() >= ANCHORS_MAX {
            let waits = |id: &NodeId| self.to_dial.contains(id);
            let Some(gone) = self.nodes.iter().position(|id| !is_up(id) && !waits(id)) else { return false };
            self.nodes.remove(gone);
        }
        self.nodes.push(node);
        true
    }
}
