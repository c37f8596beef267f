//! Pair secrets and invitations by their ids (PROTOCOL §4).
//!
//! Must not know: the secrets, only the keeper's sealed tickets.

use std::collections::BTreeMap;

use openred_core::{
    checks::failed,
    hello::{Hello, HelloRefusal},
    ids::{Id16, NodeId},
};

use super::{
    Change, Effect, Effects, Introduction, Invitation, Met, Now, Ticket, answering::Refused,
    bounds::PAIRS_PER_PEER_MAX,
};

#[derive(Debug, Default)]
pub(super) struct Tickets {
    pairs: BTreeMap<Id16, (NodeId, Vec<u8>)>,
    /// Per peer, oldest first.
    of_peer: BTreeMap<NodeId, Vec<Id16>>,
    invitations: BTreeMap<Id16, Invitation>,
}

impl Introduction {
    pub(super) fn on_invitation(&mut self, invitation: Invitation, fx: &mut Effects) {
        fx.store(None, Change::Invited(invitation.clone()));
        self.tickets.invitations.insert(invitation.invite_id, invitation);
    }

    pub(super) fn on_withdrawn(&mut self, invite_id: Id16, fx: &mut Effects) {
        if self.tickets.invitations.remove(&invite_id).is_some() {
            fx.store(None, Change::Withdrawn { invite_id });
        }
    }

    /// The new pair secret of an established session is kept, the last four of a peer.
    pub(super) fn keep_pair(&mut self, met: &Met, fx: &mut Effects) {
        let dropped = self.tickets.keep(met.peer, met.pair_id, met.pair_ticket.clone());
        let (peer, pair_id, ticket) = (met.peer, met.pair_id, met.pair_ticket.clone());
        fx.store(None, Change::Pair { peer, pair_id, ticket, dropped });
    }

    /// Says so to the owner when somebody else comes with a bound invitation.
    pub(super) fn note_second_taker(&self, hello: &Hello, check: &'static str, fx: &mut Effects) {
        if check == "handshake/invitation-bound" {
            fx.push(Effect::InvitationTriedAgain { invite_id: hello.ticket_id, by: hello.id_a });
        }
    }
}

impl Tickets {
    pub(super) fn restore(pairs: Vec<(NodeId, Id16, Vec<u8>)>, invitations: Vec<Invitation>) -> Self {
        let mut tickets = Self::default();
        for (peer, pair_id, ticket) in pairs {
            tickets.keep(peer, pair_id, ticket);
        }
        tickets.invitations = invitations.into_iter().map(|one| (one.invite_id, one)).collect();
        tickets
    }

    fn keep(&mut self, peer: NodeId, pair_id: Id16, ticket: Vec<u8>) -> Vec<Id16> {
        self.pairs.insert(pair_id, (peer, ticket));
        let kept = self.of_peer.entry(peer).or_default();
        kept.retain(|id| *id != pair_id);
        kept.push(pair_id);
        let dropped: Vec<_> = kept.drain(..kept.len().saturating_sub(PAIRS_PER_PEER_MAX)).collect();
        for id in &dropped {
            self.pairs.remove(id);
        }
        dropped
    }

    /// The newest pair secret of `peer` that is not among `tried`.
    pub(super) fn newest(&self, peer: &NodeId, tried: &[Id16]) -> Option<(Id16, Ticket)> {
        let id = self.of_peer.get(peer)?.iter().rev().find(|id| !tried.contains(id))?;
        self.pairs.get(id).map(|(_, ticket)| (*id, Ticket::Sealed(ticket.clone())))
    }

    /// Role B: the ticket of a hello of kind 2.
    pub(super) fn pair(&self, hello: &Hello) -> Result<Ticket, Refused> {
        let Some((peer, ticket)) = self.pairs.get(&hello.ticket_id) else {
            return Err(Refused::by("handshake/ticket-known", HelloRefusal::Unknown));
        };
        if failed("handshake/ticket-names-peer", *peer != hello.id_a) {
            return Err(Refused::by("handshake/ticket-names-peer", HelloRefusal::Unknown));
        }
        Ok(Ticket::Sealed(ticket.clone()))
    }

    /// Role B: the ticket of a hello of kind 3.
    pub(super) fn invitation(&self, now: Now, hello: &Hello) -> Result<Ticket, Refused> {
        let Some(invitation) = self.invitations.get(&hello.ticket_id) else {
            return Err(Refused::by("handshake/ticket-known", HelloRefusal::Unknown));
        };
        if failed("handshake/invitation-expired", now.secs() > invitation.not_after) {
            return Err(Refused::by("handshake/invitation-expired", HelloRefusal::Used));
        }
        if failed("handshake/invitation-bound", invitation.bound.is_some_and(|first| first != hello.id_a)) {
            return Err(Refused::by("handshake/invitation-bound", HelloRefusal::Used));
        }
        Ok(Ticket::Sealed(invitation.ticket.clone()))
    }

    /// Binds an invitation to its first taker; `None` when it is bound already. Durable before message 2 leaves.
    pub(super) fn bind(&mut self, invite_id: Id16, by: NodeId) -> Option<Change> {
        let invitation = self.invitations.get_mut(&invite_id)?;
        if invitation.bound == Some(by) {
            return None;
        }
        invitation.bound = Some(by);
        Some(Change::Bound { invite_id, by })
    }
}
