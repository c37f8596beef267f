//! Which friends are in the local network, and where. Must not know: how they were found.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, PoisonError, RwLock},
};

use openred_core::ids::NodeId;
use tokio::sync::Notify;

/// Addresses by node.
type Ways = BTreeMap<NodeId, Vec<SocketAddr>>;

/// The friends that are near. Clones share them.
#[derive(Clone, Debug, Default)]
pub(in crate::net) struct Near(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    ways: RwLock<Ways>,
    look: Notify,
}

impl Near {
    /// Where this node is in the local network; nowhere for most.
    pub(in crate::net) fn of(&self, node: &NodeId) -> Vec<SocketAddr> {
        self.0.ways.read().unwrap_or_else(PoisonError::into_inner).get(node).cloned().unwrap_or_default()
    }

    /// Whether secrets can be read has changed.
    pub(in crate::net) fn look(&self) {
        self.0.look.notify_one();
    }

    pub(super) async fn looked_for(&self) {
        self.0.look.notified().await;
    }

    /// All that are near now. Returns those who have come, or come to another address.
    pub(super) fn set(&self, ways: Ways) -> Vec<NodeId> {
        let mut held = self.0.ways.write().unwrap_or_else(PoisonError::into_inner);
        let came = ways.iter().filter(|(node, at)| held.get(*node) != Some(*at)).map(|(node, _)| *node);
        let came = came.collect();
        *held = ways;
        came
    }
}
