//! Tickets: the secrets of handshakes to come, sealed for the node to keep. It must not know the
//! handshake.

use hmac::{Hmac, KeyInit, Mac};
use openred_core::grant::GrantHalf;
use openred_core::hello::{OPEN_SECRET, TicketKind};
use openred_core::ids::{Id16, NodeId};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::opened::Opened;
use super::{malformed, random};
use crate::blob::Blob;
use crate::ops::{Invited, Refusal, Ticket};
use crate::seal;
use crate::secret::Secret;

const PURPOSE: &str = "ticket";
/// Most tickets asked for hints at once (PROTOCOL §4).
const MAX_HINTS: usize = 32;

/// What a ticket holds.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(super) struct Opener {
    kind: u8,
    id: [u8; 16],
    pub(super) secret: [u8; 32],
    /// Who must be on the other side, where that is known.
    peer: Option<[u8; 32]>,
    /// Signing keys under which a pair secret was made; a newer one makes it void.
    log_seqs: Option<(u32, u32)>,
    /// Own half of a grant, 381 bytes.
    half: Option<Vec<u8>>,
}

impl Opener {
    pub(super) fn grant(half: &GrantHalf, peer: NodeId, secret: &[u8; 32]) -> Self {
        let half_bytes = Some(half.encode().to_vec());
        let id = half.core.grant_id.0;
        let kind = TicketKind::Grant.byte();
        Self { kind, id, secret: *secret, peer: Some(peer.0), log_seqs: None, half: half_bytes }
    }

    pub(super) fn pair(id: Id16, secret: &[u8; 32], peer: NodeId, own_seq: u32, peer_seq: u32) -> Self {
        let log_seqs = Some((own_seq, peer_seq));
        Self {
            kind: TicketKind::Pair.byte(),
            id: id.0,
            secret: *secret,
            peer: Some(peer.0),
            log_seqs,
            half: None,
        }
    }

    fn invitation(id: Id16, secret: &[u8; 32], peer: Option<NodeId>) -> Self {
        let kind = TicketKind::Invitation.byte();
        Self { kind, id: id.0, secret: *secret, peer: peer.map(|id| id.0), log_seqs: None, half: None }
    }

    fn open_door() -> Self {
        let kind = TicketKind::Open.byte();
        Self { kind, id: [0; 16], secret: OPEN_SECRET, peer: None, log_seqs: None, half: None }
    }

    pub(super) fn kind(&self) -> Result<TicketKind, Refusal> {
        TicketKind::from_byte(self.kind).ok_or(Refusal::Ticket)
    }

    pub(super) const fn id(&self) -> Id16 {
        Id16(self.id)
    }

    pub(super) fn half(&self) -> Result<Option<GrantHalf>, Refusal> {
        let half = self.half.as_ref().map(|bytes| GrantHalf::decode(bytes).ok_or(Refusal::Ticket));
        half.transpose()
    }

    /// Whether the ticket may be used between these two logs with this peer.
    pub(super) fn check(&self, peer: &NodeId, own_seq: u32, peer_seq: u32) -> Result<(), Refusal> {
        let other = self.peer.is_some_and(|id| id != peer.0);
        if openred_core::checks::failed("handshake/ticket-names-peer", other) {
            return Err(Refusal::Check("handshake/ticket-names-peer".to_owned()));
        }
        match self.log_seqs {
            Some(seqs) if seqs != (own_seq, peer_seq) => Err(Refusal::TicketVoid),
            _ => Ok(()),
        }
    }
}

impl Opened {
    pub(super) fn seal_ticket(&self, opener: &Opener) -> Result<Blob, Refusal> {
        let plain = Zeroizing::new(postcard::to_allocvec(opener).map_err(|_| Refusal::Resources)?);
        seal::seal(&self.master, PURPOSE, &[], &plain).map(Blob).ok_or(Refusal::Resources)
    }

    pub(super) fn open_ticket(&self, ticket: &Ticket) -> Result<Opener, Refusal> {
        match ticket {
            Ticket::Open => Ok(Opener::open_door()),
            Ticket::Sealed(blob) => self.open_sealed(blob).ok_or(Refusal::Ticket),
        }
    }

    fn open_sealed(&self, blob: &[u8]) -> Option<Opener> {
        let plain = seal::open(&self.master, PURPOSE, &[], blob)?;
        match postcard::take_from_bytes(&plain) {
            Ok((opener, [])) => Some(opener),
            _ => None,
        }
    }

    pub(super) fn draw_invitation(&self) -> Result<Invited, Refusal> {
        let (id, secret) = (Id16(*random::<16>()?), random::<32>()?);
        self.invited(id, &secret, None)
    }

    pub(super) fn take_invitation(
        &self,
        id: Id16,
        inviter: NodeId,
        secret: &Secret,
    ) -> Result<Invited, Refusal> {
        let secret = secret.expose_key().ok_or_else(|| malformed("the secret of a link has 32 bytes"))?;
        self.invited(id, &secret, Some(inviter))
    }

    fn invited(&self, id: Id16, secret: &[u8; 32], peer: Option<NodeId>) -> Result<Invited, Refusal> {
        let ticket = self.seal_ticket(&Opener::invitation(id, secret, peer))?;
        Ok(Invited { invite_id: id, secret: Secret::bytes(secret), ticket })
    }

    /// What mDNS announces to each contact: `HMAC(pair, day)[..8]`.
    pub(super) fn pair_hints(&self, tickets: &[Blob], day: u64) -> Result<Vec<Option<[u8; 8]>>, Refusal> {
        if tickets.len() > MAX_HINTS {
            return Err(malformed("at most 32 hints at once"));
        }
        Ok(tickets.iter().map(|blob| self.pair_hint(blob, day)).collect())
    }

    fn pair_hint(&self, blob: &[u8], day: u64) -> Option<[u8; 8]> {
        let opener = self.open_sealed(blob).filter(|opener| opener.kind == TicketKind::Pair.byte())?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&opener.secret).ok()?;
        mac.update(&day.to_be_bytes());
        mac.finalize().into_bytes().first_chunk::<8>().copied()
    }
}
