//! The node's half of introductions (PROTOCOL §3) and the ticket tables of handshakes (§4).
//!
//! [`Introduction::handle`] takes what happened and answers with verbs; it opens nothing itself. What bytes decide
//! alone is checked in `openred_core` (by the keeper, which holds the keys); what needs memory is decided here:
//! one grant per request, used ids, pending limits, replays, bound invitations, equal retries, stale descriptors,
//! work of strangers, simultaneous sessions.
//! Must not know: sockets, the keeper's process, storage. A change that must outlive the process is a
//! [`Effect::Store`], and what may only follow it waits for [`Input::Stored`].

mod answering;
mod beginning;
pub mod bounds;
mod effect;
mod grants;
mod input;
mod own;
mod rate;
mod replay;
mod sessions;
mod tickets;

#[cfg(test)]
mod tests;

use openred_core::{
    grant::OwnRequest,
    ids::{Hash, Id16, NodeId},
};

pub use effect::{Answer, Change, Effect, Effects, Failure, HelloNote};
pub use input::{
    AnswerId, ConnId, GrantIn, HelloIn, Input, Invitation, MeetWith, Met, Now, Restored, StartId, StoreId,
    Ticket,
};

use answering::Answering;
use beginning::Beginning;
use grants::Grants;
use own::OwnDescriptors;
use rate::OpenRate;
use replay::{Replays, Replies};
use sessions::Sessions;
use tickets::Tickets;

/// The tables. One per identity.
#[derive(Debug)]
pub struct Introduction {
    own_id: NodeId,
    own: OwnDescriptors,
    grants: Grants,
    tickets: Tickets,
    rate: OpenRate,
    replays: Replays,
    replies: Replies,
    answering: Answering,
    beginning: Beginning,
    sessions: Sessions,
    next_id: u64,
}

impl Introduction {
    /// Tables of `own_id` with what was stored before. Pending grants are not: they drop at start. `seed`: 32
    /// random bytes, fresh per process, from which work challenges are made.
    #[must_use]
    pub fn new(own_id: NodeId, seed: [u8; 32], restored: Restored) -> Self {
        Self {
            own_id,
            own: OwnDescriptors::restore(restored.replaced),
            grants: Grants::restore(restored.used),
            tickets: Tickets::restore(restored.pairs, restored.invitations),
            rate: OpenRate::new(seed),
            replays: Replays::default(),
            replies: Replies::default(),
            answering: Answering::default(),
            beginning: Beginning::default(),
            sessions: Sessions::default(),
            next_id: 0,
        }
    }

    /// Takes one input and appends what is to be done.
    pub fn handle(&mut self, now: Now, input: Input, fx: &mut Effects) {
        self.forget_old(now);
        match input {
            Input::OwnDescriptor { signed, hash } => self.own.replace(now, signed, hash),
            Input::Asked(request) => self.grants.asked(now, request),
            Input::Grant(grant) => self.on_grant(now, grant, fx),
            Input::Hello(hello) => self.on_hello(now, hello, fx),
            Input::Checked { answer, outcome } => self.on_checked(now, answer, outcome, fx),
            Input::Accepted { answer, outcome } => self.on_accepted(now, answer, outcome, fx),
            Input::Stored { store } => self.on_stored(now, store, true, fx),
            Input::StoreFailed { store } => self.on_stored(now, store, false, fx),
            Input::Meet { peer, with } => self.on_meet(now, peer, with, fx),
            Input::Answered { start, outcome } => self.on_answered(now, start, outcome, fx),
            Input::Learnt { start, good } => self.on_learnt(start, good, fx),
            Input::Established(met) => self.on_established(now, met, fx),
            Input::Ended { session_id } => self.sessions.ended(&session_id),
            Input::Invitation(invitation) => self.on_invitation(invitation, fx),
            Input::Withdrawn { invite_id } => self.on_withdrawn(invite_id, fx),
            Input::Tick => {}
        }
        self.wake(now, fx);
    }

    /// When to call again with [`Input::Tick`] at the latest (monotonic ms).
    #[must_use]
    pub fn next_wake(&self) -> Option<u64> {
        [self.beginning.next_wake(), self.sessions.next_wake()].into_iter().flatten().min()
    }

    /// The own request that waits under `grant_id`: a fact for `openred_core::grant::open_grant`.
    #[must_use]
    pub fn own_request(&self, grant_id: &Id16) -> Option<&OwnRequest> {
        self.grants.waiting(grant_id)
    }

    /// Hashes of the own descriptor and of those replaced ≤ 24 h ago: a fact for `open_grant`.
    #[must_use]
    pub fn own_descriptors(&self, now: Now) -> Vec<Hash> {
        self.own.counting(now)
    }

    fn draw_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    fn forget_old(&mut self, now: Now) {
        self.grants.forget_old(now);
        self.replays.forget_old(now);
        self.own.forget_old(now);
    }

    fn wake(&mut self, now: Now, fx: &mut Effects) {
        self.beginning.wake(now, fx);
        self.sessions.wake(now, fx);
    }
}
