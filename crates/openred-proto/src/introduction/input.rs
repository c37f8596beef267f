//! What can happen to the introduction tables.
//!
//! Must not know: what follows from it.

use openred_core::{
    grant::{Core, OwnRequest},
    hello::{Hello, HelloRefusal, HelloReply},
    ids::{Hash, Id16, NodeId},
    token::Role,
};

pub use crate::now::Now;

/// A connection that waits for an answer to its hello. The driver's name for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConnId(pub u64);
/// A hello that is being answered (role B).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AnswerId(pub u64);
/// A handshake that is being begun (role A).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StartId(pub u64);
/// A change on its way to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoreId(pub u64);

/// The secret of a handshake as the keeper sealed it, or kind 4, which has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ticket {
    /// Opaque bytes; only the keeper opens them.
    Sealed(Vec<u8>),
    /// Kind 4.
    Open,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// The own descriptor was replaced, or is set for the first time.
    OwnDescriptor {
        /// Signed bytes.
        signed: Vec<u8>,
        /// desc_hash.
        hash: Hash,
    },
    /// An own request is about to leave to a directory.
    Asked(OwnRequest),
    /// A grant passed `open_grant` in the keeper.
    Grant(GrantIn),
    /// A hello came in.
    Hello(HelloIn),
    /// The keeper checked the presentation.
    Checked {
        /// Of [`super::Effect::Check`].
        answer: AnswerId,
        /// Whether A's descriptor is there now: attached and accepted, or held under its hash. A refusal is
        /// answered as it is.
        outcome: Result<bool, HelloRefusal>,
    },
    /// The keeper opened message 1 and made message 2.
    Accepted {
        /// Of [`super::Effect::Accept`].
        answer: AnswerId,
        /// Message 2, or why not.
        outcome: Result<HelloReply, HelloRefusal>,
    },
    /// A change is durable.
    Stored {
        /// Of [`super::Effect::Store`].
        store: StoreId,
    },
    /// A change could not be stored (disk full): nothing may follow from it.
    StoreFailed {
        /// Of [`super::Effect::Store`].
        store: StoreId,
    },
    /// The outbox wants a session.
    Meet {
        /// With whom.
        peer: NodeId,
        /// By which ticket.
        with: MeetWith,
    },
    /// A begun handshake was answered.
    Answered {
        /// Of [`super::Effect::Start`].
        start: StartId,
        /// B's answer; `None` when no route led to B.
        outcome: Option<Result<HelloReply, HelloRefusal>>,
    },
    /// The descriptor of a stale answer was held against the pins (`openred_core::hello::accept_descriptor`).
    Learnt {
        /// Of [`super::Effect::Learn`].
        start: StartId,
        /// It verified and is pinned now.
        good: bool,
    },
    /// A session stands: both first frames opened.
    Established(Met),
    /// A session is gone.
    Ended {
        /// Its name.
        session_id: Id16,
    },
    /// The owner made an invitation.
    Invitation(Invitation),
    /// The owner took an invitation back.
    Withdrawn {
        /// Which.
        invite_id: Id16,
    },
    /// [`super::Introduction::next_wake`] has come.
    Tick,
}

/// A verified grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantIn {
    /// Public part.
    pub core: Core,
    /// Own role.
    pub role: Role,
    /// Whether the peer is a contact: half of the pending places are theirs.
    pub contact: bool,
    /// S and the own half, sealed by the keeper.
    pub ticket: Vec<u8>,
}

/// A parsed hello.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelloIn {
    /// Who waits for the answer.
    pub conn: ConnId,
    /// As it came.
    pub hello: Hello,
}

/// With what a session is to be begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MeetWith {
    /// Met before: the newest pair secret, then another one, then kind 4 with rejoin.
    Pairs,
    /// A link was taken (kind 3).
    Invitation {
        /// Sealed by the keeper.
        ticket: Vec<u8>,
    },
    /// A stranger's request lane (kind 4).
    Open,
}

/// An established session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Met {
    /// Its name.
    pub session_id: Id16,
    /// Proven id of the other side.
    pub peer: NodeId,
    /// Own role in its handshake.
    pub role: Role,
    /// Id of the new pair secret.
    pub pair_id: Id16,
    /// The pair secret, sealed by the keeper.
    pub pair_ticket: Vec<u8>,
}

/// An own invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Its name in hellos.
    pub invite_id: Id16,
    /// Unix seconds, ≤ 7 days ahead.
    pub not_after: u64,
    /// Sealed by the keeper.
    pub ticket: Vec<u8>,
    /// Who redeemed it first, and is the only one who may come again.
    pub bound: Option<NodeId>,
}

/// What was stored before this start.
#[derive(Clone, Debug, Default)]
pub struct Restored {
    /// Used grant ids, each with the unix second until which it counts.
    pub used: Vec<(Id16, u64)>,
    /// Pair secrets, oldest first: (peer, pair_id, sealed).
    pub pairs: Vec<(NodeId, Id16, Vec<u8>)>,
    /// Own invitations.
    pub invitations: Vec<Invitation>,
    /// Own descriptors that were replaced, each with the unix second until which it counts (24 h).
    pub replaced: Vec<(Hash, u64)>,
}
