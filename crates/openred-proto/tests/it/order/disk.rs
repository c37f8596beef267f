//! What a member's node has on disk. A turn changes all of it or nothing.

use std::collections::{BTreeMap, BTreeSet};

use openred_core::ids::{Hash, Id16, NodeId};
use openred_proto::order::Order;

use super::net::Item;
use super::toy::{Cipher, Commit, Epoch, Toy};

/// A commit with its countersignatures.
#[derive(Clone, Debug)]
pub(super) struct Packet {
    pub(super) commit: Commit,
    pub(super) by: BTreeSet<NodeId>,
}

/// An own message.
#[derive(Clone, Debug)]
pub(super) struct Said {
    /// Epoch of the newest encryption; `None`: waits to be encrypted.
    pub(super) epoch: Option<u64>,
    pub(super) acked: BTreeSet<NodeId>,
    /// For whom it is: members when it was said, and when it was encrypted first. Who comes later never gets it.
    pub(super) to: BTreeSet<NodeId>,
}

#[derive(Clone, Debug)]
pub(super) struct Disk {
    pub(super) order: Order,
    pub(super) toy: Toy,
    pub(super) snapshots: BTreeMap<u64, (Toy, u64)>,
    pub(super) commits: BTreeMap<Hash, Commit>,
    /// Who countersigned what.
    pub(super) signed: BTreeMap<Hash, BTreeSet<NodeId>>,
    pub(super) changes: BTreeMap<u64, (Vec<NodeId>, Vec<NodeId>)>,
    pub(super) held: BTreeMap<Hash, Cipher>,
    pub(super) welcomes: BTreeMap<Hash, Epoch>,
    /// A key package is good for one Welcome.
    pub(super) joined: BTreeSet<Hash>,
    /// Keys used in each epoch: an epoch may be entered twice.
    pub(super) used: BTreeMap<Hash, u64>,
    pub(super) said: BTreeMap<u64, Said>,
    /// By message_id: what it said.
    pub(super) read: BTreeMap<u64, u64>,
    /// By author: the last of what is shown.
    pub(super) last: BTreeMap<NodeId, u64>,
    /// Whose removal this node has seen, and who was not added again on purpose.
    pub(super) gone: BTreeSet<NodeId>,
    pub(super) done: BTreeSet<u64>,
    /// Leaves when the turn is on disk.
    pub(super) outbox: Vec<(NodeId, Item)>,
    pub(super) nonces: u64,
    /// It went back, and has not sent again what it said on the way that it left.
    pub(super) owes: bool,
}

impl Disk {
    pub(super) fn new(group: Id16, me: NodeId, epoch: Epoch) -> Self {
        Self {
            order: Order::new(group, me, epoch.view()),
            snapshots: BTreeMap::new(),
            commits: BTreeMap::new(),
            signed: BTreeMap::new(),
            changes: BTreeMap::new(),
            held: BTreeMap::new(),
            welcomes: BTreeMap::new(),
            joined: BTreeSet::from([epoch.secret]),
            used: BTreeMap::new(),
            said: BTreeMap::new(),
            read: BTreeMap::new(),
            last: BTreeMap::new(),
            gone: BTreeSet::new(),
            done: BTreeSet::new(),
            toy: Toy::new(me, epoch),
            outbox: Vec::new(),
            nonces: 0,
            owes: false,
        }
    }
}
