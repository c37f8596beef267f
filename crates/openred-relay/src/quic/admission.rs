//! Who may use this relay for QUIC: the owner names node ids, and a node's descriptor says which endpoint is its own.
//!
//! A descriptor needs no further proof: the node has signed which endpoint id is its own, and who connects proves by the
//! relay protocol that it holds that endpoint's key. Must not know: connections, HTTP, any clock (`now_ms` is unix ms).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use openred_core::descriptor::Descriptor;
use openred_core::ids::NodeId;
use serde::{Deserialize, Deserializer, de::Error as _};
use tokio::sync::watch;

use crate::bounds::MAX_QUIC_NODES;

/// Whom the owner lets in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Allow {
    /// Whoever proves an endpoint id. No descriptor is asked for: the relay learns no node id.
    #[default]
    Everybody,
    /// The endpoints of these nodes.
    Nodes(BTreeSet<NodeId>),
}

/// Why a descriptor admits nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAdmitted {
    /// The owner has not named this node. Ask the owner.
    #[error("the owner of this relay has not named this node")]
    Node,
    /// It names no endpoint id. Present one that does.
    #[error("the descriptor names no endpoint id")]
    NoEndpoint,
    /// It has run out, or is more than a day ahead of this relay's clock. Present a new one.
    #[error("the descriptor is not valid at this relay's time")]
    Time,
    /// A newer descriptor of this node is known. Present the newest.
    #[error("a newer descriptor of this node is known")]
    Older,
}

/// The list and what it admits. Forgotten with the process: who is refused presents its descriptor again.
#[derive(Debug)]
pub(crate) struct Admission {
    inner: Mutex<Inner>,
    /// Changes whenever somebody may no longer be admitted.
    changes: watch::Sender<()>,
}

#[derive(Debug)]
struct Inner {
    allow: Allow,
    /// The newest descriptor presented of each node that is named: no more than are named.
    newest: BTreeMap<NodeId, Certified>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Certified {
    endpoint_id: [u8; 32],
    order: (u32, u64),
    expires_ms: u64,
}

impl Admission {
    pub(crate) fn new(allow: Allow) -> Self {
        let inner = Mutex::new(Inner { allow, newest: BTreeMap::new() });
        Self { inner, changes: watch::Sender::new(()) }
    }

    /// Whether the holder of this endpoint's key may connect, or go on.
    pub(crate) fn admits(&self, endpoint_id: &[u8; 32], now_ms: u64) -> bool {
        let inner = self.lock();
        match &inner.allow {
            Allow::Everybody => true,
            Allow::Nodes(_) => inner
                .newest
                .values()
                .any(|certified| certified.endpoint_id == *endpoint_id && now_ms < certified.expires_ms),
        }
    }

    /// Takes a node's word for which endpoint is its own, in the place of what it said before. Where everybody is admitted
    /// nothing is kept.
    pub(crate) fn present(&self, descriptor: &Descriptor, now_ms: u64) -> Result<(), NotAdmitted> {
        let mut inner = self.lock();
        match &inner.allow {
            Allow::Everybody => return Ok(()),
            Allow::Nodes(named) if !named.contains(&descriptor.node_id()) => return Err(NotAdmitted::Node),
            Allow::Nodes(_) => {}
        }
        let endpoint_id = descriptor.body().transport_key.ok_or(NotAdmitted::NoEndpoint)?;
        if descriptor.is_expired(now_ms) || descriptor.check_time(now_ms).is_err() {
            return Err(NotAdmitted::Time);
        }
        let (order, expires_ms) = (descriptor.order(), descriptor.body().expires.saturating_mul(1_000));
        let certified = Certified { endpoint_id, order, expires_ms };
        let known = inner.newest.get(&descriptor.node_id());
        // Of two with equal order the one seen first stays.
        if known.is_some_and(|known| order < known.order || order == known.order && certified != *known) {
            return Err(NotAdmitted::Older);
        }
        inner.newest.insert(descriptor.node_id(), certified);
        drop(inner);
        self.changes.send_replace(());
        Ok(())
    }

    /// Another list from now on.
    pub(crate) fn set(&self, allow: Allow) {
        let mut inner = self.lock();
        if let Allow::Nodes(named) = &allow {
            inner.newest.retain(|node, _| named.contains(node));
        }
        inner.allow = allow;
        drop(inner);
        self.changes.send_replace(());
    }

    /// Tells when it is worth asking again.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `"everybody"`, or a list of node ids in hex.
impl<'de> Deserialize<'de> for Allow {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Word(String),
            List(Vec<String>),
        }
        let said = "expected \"everybody\" or a list of node ids";
        match Written::deserialize(from).map_err(|_| D::Error::custom(said))? {
            Written::Word(word) if word == "everybody" => Ok(Self::Everybody),
            Written::Word(_) => Err(D::Error::custom(said)),
            Written::List(ids) if ids.len() > MAX_QUIC_NODES => {
                Err(D::Error::custom(format!("at most {MAX_QUIC_NODES} node ids")))
            }
            Written::List(ids) => {
                let ids: Result<_, _> = ids.iter().map(|id| id.parse()).collect();
                ids.map(Self::Nodes).map_err(|_| D::Error::custom(said))
            }
        }
    }
}

#[cfg(test)]
mod tests;
