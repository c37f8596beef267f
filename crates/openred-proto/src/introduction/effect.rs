//! What the introduction tables ask the driver to do: verbs, nothing else.
//!
//! Must not know: how it is done.

use openred_core::{
    hello::{Hello, HelloRefusal, HelloReply, TicketKind, WorkChallenge},
    ids::{Hash, Id16, NodeId},
};

use super::{AnswerId, ConnId, Invitation, StartId, StoreId, Ticket};

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Role B: let the keeper check the presentation and open an attached descriptor; hold that against the
    /// pins; answer with `Input::Checked`.
    Check {
        /// Names the answer.
        answer: AnswerId,
        /// As it came.
        hello: Box<Hello>,
        /// What it presents.
        ticket: Ticket,
    },
    /// Role B: let the keeper open message 1 and make message 2; answer with `Input::Accepted`.
    Accept {
        /// Names the answer.
        answer: AnswerId,
        /// As it came.
        hello: Box<Hello>,
        /// What it presents.
        ticket: Ticket,
    },
    /// Role B: let the keeper forget the handshake of this answer; its message 2 must not leave.
    Forget {
        /// Which.
        answer: AnswerId,
    },
    /// Role B: answer a connection.
    Answer(Answer),
    /// Write durably, then `Input::Stored` (or `StoreFailed`).
    Store {
        /// Names the change; `None`: nobody waits for it.
        store: Option<StoreId>,
        /// What to write.
        change: Change,
    },
    /// Role A: let the keeper begin a handshake with `peer` and send its hello; answer with `Input::Answered`.
    Start {
        /// Names the handshake.
        start: StartId,
        /// With whom.
        peer: NodeId,
        /// Kind of the ticket.
        kind: TicketKind,
        /// The secret.
        ticket: Ticket,
        /// Kind 1: the descriptors that the core names (own, peer's). Else the newest of each.
        descriptors: Option<(Hash, Hash)>,
        /// Sign `openred/rejoin` in the first frame.
        rejoin: bool,
    },
    /// Role A: send the same hello bytes once more.
    SendAgain {
        /// Which.
        start: StartId,
    },
    /// Role A: send the same hello with the own descriptor attached.
    AttachDescriptor {
        /// Which.
        start: StartId,
    },
    /// Role A: solve the work (off the main path), send the same hello with it.
    Solve {
        /// Which.
        start: StartId,
        /// What B asks.
        challenge: WorkChallenge,
    },
    /// Role A: hold this signed descriptor of `peer` against the pins, pin it, answer with `Input::Learnt`.
    Learn {
        /// Which.
        start: StartId,
        /// Of whom.
        peer: NodeId,
        /// Signed bytes.
        signed: Vec<u8>,
    },
    /// Role A: no session comes of it.
    Failed {
        /// Which.
        start: StartId,
        /// With whom.
        peer: NodeId,
        /// Why.
        why: Failure,
    },
    /// A grant was dropped by the check `name`: evidence about its directory.
    GrantDropped {
        /// Which directory.
        dir_id: NodeId,
        /// Which grant.
        grant_id: Id16,
        /// Name in `openred_core::checks::ALL`.
        name: &'static str,
    },
    /// A second person tried an invitation that is bound: shown to the owner.
    InvitationTriedAgain {
        /// Which.
        invite_id: Id16,
        /// By whom.
        by: NodeId,
    },
    /// Close a session with this code of `openred_core::frame::close`.
    Close {
        /// Which.
        session_id: Id16,
        /// Why.
        code: &'static str,
    },
    /// Send nothing new over this session: another one with the same peer stays. A `Close` follows.
    Drain {
        /// Which.
        session_id: Id16,
    },
}

/// An answer to a hello.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// To whom.
    pub conn: ConnId,
    /// Message 2 or a refusal.
    pub outcome: Result<HelloReply, HelloRefusal>,
    /// What the log should say besides.
    pub note: HelloNote,
}

/// Why a hello was answered so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HelloNote {
    /// Message 2 leaves for the first time.
    Accepted,
    /// The stored reply of an equal attempt.
    Again,
    /// Refused by the check of this name in `openred_core::checks::ALL`.
    Check(&'static str),
    /// Told what is missing, or refused by keeper or disk.
    Other,
}

/// Why role A gets no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No route led to the peer.
    NoRoute,
    /// The peer refused; status of the last answer.
    Refused(u16),
    /// The grant lapsed before the peer knew it: ask again.
    GrantLapsed,
    /// The peer's descriptor did not verify, or it was called stale twice.
    Stale,
    /// The own burn could not be stored: nothing was sent.
    NotStored,
}

/// What must outlive the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// This grant id is used.
    Used {
        /// Which.
        grant_id: Id16,
        /// Unix seconds; may be forgotten afterwards.
        until: u64,
    },
    /// This invitation belongs to its first taker.
    Bound {
        /// Which.
        invite_id: Id16,
        /// To whom.
        by: NodeId,
    },
    /// A new invitation.
    Invited(Invitation),
    /// An invitation is gone.
    Withdrawn {
        /// Which.
        invite_id: Id16,
    },
    /// A new pair secret; `dropped` are the ones beyond the last four of this peer.
    Pair {
        /// With whom.
        peer: NodeId,
        /// Its name.
        pair_id: Id16,
        /// Sealed by the keeper.
        ticket: Vec<u8>,
        /// No longer kept.
        dropped: Vec<Id16>,
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

    pub(super) fn answer(
        &mut self,
        conn: ConnId,
        outcome: Result<HelloReply, HelloRefusal>,
        note: HelloNote,
    ) {
        self.push(Effect::Answer(Answer { conn, outcome, note }));
    }

    pub(super) fn store(&mut self, store: Option<StoreId>, change: Change) {
        self.push(Effect::Store { store, change });
    }

    pub(super) fn fail(&mut self, start: StartId, peer: NodeId, why: Failure) {
        self.push(Effect::Failed { start, peer, why });
    }
}
