//! One simulated node: a production machine, what it stored, its links, its clock.
//!
//! Must not know: other nodes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use openred_core::ids::NodeId;
use openred_proto::overlay::{Acquaintance, Group, Overlay, store::MapStore};

use crate::{cast::Person, evil::Role, queue::At, weather::LinkEnd};

/// See the module.
pub struct Node {
    /// Whose it is.
    pub person: Person,
    /// What it is up to.
    pub role: Role,
    /// The machine; `None` while it is away.
    pub overlay: Option<Overlay>,
    /// What survives a restart.
    pub store: MapStore,
    /// Its sessions.
    pub links: BTreeMap<At, LinkEnd>,
    /// Address groups that it dialled, its owner's people apart.
    pub drawn: BTreeSet<Group>,
    /// Sessions that it began and that are not up yet.
    pub dialled: BTreeSet<u64>,
    /// Its owner's people.
    pub people: Vec<Acquaintance>,
    /// When the queue wakes it.
    pub woken_ms: Option<u64>,
    /// Its wall clock minus the right time.
    pub skew_ms: i64,
    /// Its wall clock was wrong at some time.
    pub jumped: bool,
    /// When its last life began.
    pub since_ms: u64,
    /// Side of a partition.
    pub side: u8,
    /// After a return: whom it should dial first, and whether it has.
    pub anchors: Vec<NodeId>,
    /// It dialled one of `anchors`.
    pub anchored: bool,
    /// Most bytes that ever waited for one peer.
    pub queue_max: u64,
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({:?}, {} links)", self.role, self.links.len())
    }
}

impl Node {
    /// Somebody who has not started yet.
    #[must_use]
    pub fn new(person: Person, role: Role) -> Self {
        Self {
            person,
            role,
            overlay: None,
            store: MapStore::default(),
            links: BTreeMap::new(),
            drawn: BTreeSet::new(),
            dialled: BTreeSet::new(),
            people: Vec::new(),
            woken_ms: None,
            skew_ms: 0,
            jumped: false,
            since_ms: 0,
            side: 0,
            anchors: Vec::new(),
            anchored: false,
            queue_max: 0,
        }
    }

    /// Whether it keeps the rules.
    #[must_use]
    pub fn is_honest(&self) -> bool {
        self.role == Role::Honest
    }

    /// Whether it runs.
    #[must_use]
    pub const fn is_up(&self) -> bool {
        self.overlay.is_some()
    }
}
