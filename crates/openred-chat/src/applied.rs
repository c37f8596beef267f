//! What a message of a group was, once it is applied. Must not know how.

use std::fmt;

use openred_core::ids::{Hash, Id16, NodeId};
use zeroize::Zeroizing;

use crate::chat::Open;
use crate::rules::Change;
use crate::settings::Settings;

/// What a message of a group was. Everything is proven by the sender's leaf; compare the person with the one whose
/// envelope brought it.
#[derive(Debug)]
pub enum Applied {
    /// Somebody says something.
    Message(Message),
    /// The group has changed.
    Commit(Changed),
    /// This person asks to be removed: who may remove makes that commit.
    Leaves(NodeId),
}

/// What somebody says.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Who.
    pub from: NodeId,
    /// On which installation.
    pub device: Id16,
    /// In which epoch.
    pub epoch: u64,
    /// The application data of PROTOCOL A.9, not yet read.
    pub content: Vec<u8>,
    /// The sender says that this epoch began otherwise: exchange commits.
    pub forked: bool,
}

/// How a group has changed.
#[derive(Debug, PartialEq, Eq)]
pub struct Changed {
    /// The group.
    pub group: Id16,
    /// Who changed it.
    pub by: NodeId,
    /// The epoch it is in now.
    pub epoch: u64,
    /// SHA-256 of the commit.
    pub hash: Hash,
    /// Whose installations were added; a person whose installation was replaced stands in both lists.
    pub added: Vec<NodeId>,
    /// Whose installations were removed.
    pub removed: Vec<NodeId>,
    /// New settings, where they changed.
    pub settings: Option<Settings>,
    /// This installation was removed: the group is forgotten here.
    pub out: bool,
    /// An own commit waited and has lost: make it again.
    pub lost_pending: bool,
    /// The way back, until this commit is countersigned or a day is over.
    pub before: Snapshot,
}

/// All rows of a group as they were, as bytes: secrets. Seal it at rest and delete it in time: it opens what was sent in
/// that epoch.
#[derive(Clone, PartialEq, Eq)]
pub struct Snapshot(Zeroizing<Vec<u8>>);

impl Snapshot {
    /// From what [`Snapshot::as_bytes`] gave.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes to seal.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Changed {
    pub(crate) fn new(open: &Open, change: Change, hash: Hash, before: Snapshot) -> Self {
        let names = |leaves: &[crate::leaf::Leaf]| leaves.iter().map(|leaf| leaf.node_id).collect();
        Self {
            group: open.id,
            by: change.by,
            epoch: open.group.epoch().as_u64(),
            hash,
            added: names(&change.added),
            removed: names(&change.removed),
            settings: change.settings,
            out: false,
            lost_pending: false,
            before,
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.content.len();
        f.debug_struct("Message").field("epoch", &self.epoch).field("bytes", &bytes).finish_non_exhaustive()
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Snapshot({} bytes)", self.0.len())
    }
}
