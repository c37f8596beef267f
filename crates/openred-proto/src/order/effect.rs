//! What is to be done: verbs, nothing else. Must not know: how it is done.

use openred_core::ids::{Hash, Id8, Id16, NodeId};
use serde::{Deserialize, Serialize};

/// A change of the group that this node makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// One of the owner's, by the driver's number.
    Own(u64),
    /// These were removed on a branch that lost: they are removed again.
    Remove(Vec<NodeId>),
    /// These are on a branch that lost and cannot come back by themselves: they are removed and added in one commit.
    Readd(Vec<NodeId>),
}

/// One thing to do. All effects of a turn, their answers and the state are one transaction; what goes to others
/// leaves after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask a sequencer to countersign; answer with `Input::Ordered` or `Input::Unanswered`. After a restart it may be
    /// asked again: equal questions get equal answers.
    Ask {
        /// Which.
        of: NodeId,
        /// The epoch in which the commit was made.
        epoch: u64,
        /// The commit.
        hash: Hash,
    },
    /// Stage a commit in the present epoch, keep its bytes; answer at once with `Input::Made` or `Input::NotMade`.
    Make {
        /// What it changes.
        change: Change,
    },
    /// Keep the bytes of a commit that just came.
    Keep {
        /// Which.
        hash: Hash,
    },
    /// The bytes of a commit are not needed any more.
    Forget {
        /// Which.
        hash: Hash,
    },
    /// Keep the MLS state of the present epoch sealed, with the commit that is staged in it.
    Snapshot {
        /// The present epoch.
        epoch: u64,
    },
    /// Put the snapshot of this epoch in place of the MLS state and delete it; answer at once with `Input::Restored`.
    Restore {
        /// Which.
        epoch: u64,
    },
    /// Delete the snapshot of this epoch.
    Shred {
        /// Which.
        epoch: u64,
    },
    /// Apply a kept commit to the MLS state, or merge the own staged one; answer at once with `Input::Applied` or
    /// `Input::NotApplied`. A staged commit that is not the one to apply is dropped. An epoch that is entered a second
    /// time (after going back) is entered with the own ratchets beyond all that was used there the first time: otherwise
    /// two messages would get one key, and who was there all the time could not open the second.
    Apply {
        /// Which.
        hash: Hash,
    },
    /// Put a kept commit with its countersignatures into the outbox, and its Welcome for whom it adds.
    Send {
        /// Which.
        hash: Hash,
        /// To whom, besides those whom it adds.
        to: Vec<NodeId>,
    },
    /// Put a kept commit with its countersignatures into the outbox for one member, who asked for it.
    Give {
        /// Which.
        hash: Hash,
        /// To whom.
        to: NodeId,
    },
    /// An own change is in the group for good.
    Done {
        /// The driver's number.
        change: u64,
    },
    /// Open a message now: its epoch is at hand.
    Open {
        /// SHA-256 of the MLSMessage.
        message: Hash,
    },
    /// Keep a message: its epoch is not at hand yet.
    Hold {
        /// SHA-256 of the MLSMessage.
        message: Hash,
    },
    /// Drop a message, held or just come, and tell `from` that it cannot be opened; there it is `Input::Refused`.
    Refuse {
        /// SHA-256 of the MLSMessage.
        message: Hash,
        /// Whose.
        from: NodeId,
        /// Its epoch.
        epoch: u64,
    },
    /// Drop a message, held or just come: its author is no member.
    Drop {
        /// SHA-256 of the MLSMessage.
        message: Hash,
    },
    /// Encrypt again in the present epoch, under its old message_id, every own message that was encrypted in an epoch
    /// from `since` on, on whatever branch, and that a present member has not acknowledged.
    Resend {
        /// From this epoch on.
        since: u64,
    },
    /// Tell a member where this node is; there it is `Input::Position`. May get lost.
    Compare {
        /// Whom.
        with: NodeId,
        /// The own epoch.
        epoch: u64,
        /// Its tag; zeros when this node cannot go on from there by itself.
        tag: Id8,
        /// Ask for its position and its commits from this epoch on.
        since: Option<u64>,
    },
    /// Join by a kept Welcome in place of the present state; answer at once with `Input::Joined` or `Input::NotJoined`.
    Join {
        /// Which.
        welcome: Hash,
    },
    /// Nobody added this node again: make a new group with the same members that names this one.
    Reboot,
    /// This group is over. Own messages of it that somebody has not acknowledged are sent in that group, under their
    /// message_ids.
    Move {
        /// Where to.
        to: Id16,
    },
    /// A sequencer signed two commits for one epoch: shown to the owner. Both signatures are kept and prove it.
    Liar {
        /// Which.
        sequencer: NodeId,
        /// For which epoch.
        epoch: u64,
    },
}

/// What is to be done, in order.
#[derive(Debug, Default)]
pub struct Effects(Vec<Effect>);

impl Effects {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes all effects out, in order.
    pub fn take(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.0)
    }

    pub(super) fn push(&mut self, effect: Effect) {
        self.0.push(effect);
    }
}
