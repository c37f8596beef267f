//! The people of a run: keys, identity logs and addresses that follow from the seed.
//!
//! Must not know: machines, links.

use std::net::SocketAddr;
use std::sync::Arc;

use openred_core::{
    identity::IdentityLog,
    ids::{Hash, NodeId},
    overlay::PeerEntry,
    sign::SigningKey,
};

use crate::dice::bytes;

/// Virtual time begins here: 2026-11-21, noon, unix seconds.
pub const NOON_S: u64 = 1_795_262_400;
/// Address groups that there can be.
pub const GROUPS_MAX: u16 = 20_000;

/// Somebody with keys and an address.
#[derive(Clone, Debug)]
pub struct Person {
    pub(crate) id: NodeId,
    /// The current signing key.
    pub key: Arc<SigningKey>,
    /// Its log.
    pub log: Arc<IdentityLog>,
    /// Two logs that both continue `log`, with their keys; only an equivocator uses them.
    pub ends: Vec<(Arc<SigningKey>, Arc<IdentityLog>)>,
    /// Where it listens: a global address.
    pub address: SocketAddr,
}

impl Person {
    /// The `n`th one of this seed, living in address group `group` < [`GROUPS_MAX`].
    #[must_use]
    pub fn new(seed: u64, n: u32, group: u16) -> Self {
        let key = |what| SigningKey::from_seed(bytes(seed, what, n.into()));
        let signing = key("signing");
        let rotation = key("rotation");
        let next = Hash::of(&[rotation.public().as_bytes()]);
        let log = IdentityLog::inception(&key("root"), &signing, next, NOON_S - 86_400);
        let [_, _, high, low] = n.to_be_bytes();
        let [first, second] = (group % GROUPS_MAX).to_be_bytes();
        // 20.0.0.0 to 98.31.255.255: all global.
        let address = ([20 + first, second, high, low], 4433).into();
        Self { id: log.node_id(), key: Arc::new(signing), log: Arc::new(log), ends: Vec::new(), address }
    }

    /// The same person with a log that it let end in two ways.
    #[must_use]
    pub fn with_two_ends(mut self, seed: u64, n: u32) -> Self {
        let key = |what| SigningKey::from_seed(bytes(seed, what, n.into()));
        for what in ["one end", "another end"] {
            let signing = key(what);
            let end = self.log.rotate(&key("rotation"), &signing, Hash([3; 32]), NOON_S - 3600);
            self.ends.extend(end.ok().map(|log| (Arc::new(signing), Arc::new(log))));
        }
        self
    }

    /// Who it is.
    #[must_use]
    pub const fn id(&self) -> NodeId {
        self.id
    }

    /// How to reach it.
    #[must_use]
    pub fn entry(&self) -> PeerEntry {
        PeerEntry {
            node_id: self.id(),
            log_seq: self.log.head_seq(),
            desc_hash: Hash([0; 32]),
            endpoint_id: None,
            addresses: vec![self.address],
            quic_relay: None,
        }
    }
}
