//! What happened: one thing per turn. Must not know: how it came.

use std::collections::BTreeSet;

use openred_core::ids::{Hash, Id8, Id16, NodeId};
use serde::{Deserialize, Serialize};

/// The group as MLS has it in one epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Number of the epoch.
    pub epoch: u64,
    /// SHA-256(epoch authenticator)[..8]: two epochs of one number are the same epoch when their tags are equal. Zeros
    /// where this node is no member.
    pub tag: Id8,
    /// Members.
    pub members: BTreeSet<NodeId>,
    /// Who orders commits made in this epoch, first to be asked first; at most three count.
    pub sequencers: Vec<NodeId>,
}

/// A commit as it came. The bytes stay with the driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The epoch in which it was made; it leads to the next.
    pub epoch: u64,
    /// Tag of that epoch (its authenticated data).
    pub tag: Id8,
    /// SHA-256 of the MLSMessage.
    pub hash: Hash,
    /// Whose countersignatures came with it. The driver has verified them, and keeps them beside the bytes.
    pub by: Vec<NodeId>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The owner wants a change of the group.
    Want {
        /// The driver's own number of it, never used twice.
        change: u64,
        /// It removes somebody: it may go unsequenced.
        urgent: bool,
    },
    /// Answers `Effect::Make`: the commit is staged and its bytes are kept.
    Made {
        /// SHA-256 of the MLSMessage.
        hash: Hash,
    },
    /// Answers `Effect::Make`: there is nothing to change any more. An own change is forgotten.
    NotMade,
    /// A commit arrived, from its maker or from whoever passes it on.
    Commit {
        /// Who brought it.
        from: NodeId,
        /// What came.
        commit: Commit,
    },
    /// A sequencer said whose commit is the one of this epoch; its signature is verified and kept.
    Ordered {
        /// Which sequencer.
        by: NodeId,
        /// Which epoch.
        epoch: u64,
        /// The commit that won.
        winner: Hash,
    },
    /// A sequencer cannot be reached, or will not answer.
    Unanswered {
        /// Which.
        by: NodeId,
    },
    /// Answers `Effect::Apply`.
    Applied {
        /// The new epoch.
        view: View,
        /// Whom the commit added, also who was a member before and was removed by the same commit.
        added: Vec<NodeId>,
    },
    /// Answers `Effect::Apply`: MLS refuses this commit. Nothing was changed.
    NotApplied,
    /// Answers `Effect::Restore`.
    Restored {
        /// The epoch of the snapshot.
        view: View,
    },
    /// An encrypted message arrived.
    Message {
        /// Who brought it.
        from: NodeId,
        /// SHA-256 of the MLSMessage.
        message: Hash,
        /// Its epoch.
        epoch: u64,
        /// The tag in its authenticated data.
        tag: Id8,
    },
    /// A member refused a message of this node: it cannot open it (its own `Effect::Refuse`).
    Refused {
        /// Who.
        by: NodeId,
        /// Epoch of the message.
        epoch: u64,
    },
    /// A member says where it is (its own `Effect::Compare`).
    Position {
        /// Who.
        from: NodeId,
        /// Its epoch.
        epoch: u64,
        /// Its tag.
        tag: Id8,
        /// It asks for the position and the commits of this node from this epoch on.
        since: Option<u64>,
    },
    /// A Welcome into this very group arrived, at a node that has it already.
    Welcome {
        /// SHA-256 of the MLSMessage; the driver keeps it.
        welcome: Hash,
        /// The epoch into which it leads, as the opened Welcome says.
        epoch: u64,
    },
    /// Answers `Effect::Join`.
    Joined {
        /// The epoch.
        view: View,
    },
    /// Answers `Effect::Join`: it cannot be used.
    NotJoined,
    /// There is another group in place of this one.
    Twin {
        /// Which.
        group: Id16,
        /// True: a member made it anew because the group was torn. False: both were made at once.
        reboot: bool,
    },
    /// `next_wake` came, or the process started again.
    Tick,
}
