//! From the peer's first frame to the session. It must not know what the session carries.

use openred_core::hello::{First, derive_pair};
use openred_core::ids::Hash;
use openred_core::session_keys::{SessionKeys, session_id};
use openred_core::token::Role;
use zeroize::Zeroizing;

use super::{Facts, Stage};
use crate::ops::{AuditKind, Confirm, Confirmed, Refusal, Session};
use crate::secret::Secret;
use crate::vault::opened::Opened;
use crate::vault::ticket::Opener;

/// The stage in which the first frames are exchanged.
struct Split {
    facts: Facts,
    keys: SessionKeys,
    h: [u8; 32],
    r: Zeroizing<[u8; 32]>,
}

impl Opened {
    /// Role B: A's first frame in, B's out, the session stands.
    pub(in crate::vault) fn confirm(&mut self, now_ms: u64, confirm: Confirm) -> Result<Confirmed, Refusal> {
        let split = self.split_of(now_ms, confirm.handle, Role::B)?;
        let theirs = self.heard(now_ms, &split, &confirm.first)?;
        let (facts, keys) = (&split.facts, &split.keys);
        let first = self.seal_first(facts, keys, &split.h, split.r.clone(), confirm.capabilities)?.into();
        let session = self.establish(now_ms, &split, theirs)?;
        Ok(Confirmed { first, session })
    }

    /// Role A: B's first frame in, the session stands.
    pub(in crate::vault) fn complete(
        &mut self,
        now_ms: u64,
        handle: u64,
        first: &[u8],
    ) -> Result<Session, Refusal> {
        let split = self.split_of(now_ms, handle, Role::A)?;
        let theirs = self.heard(now_ms, &split, first)?;
        self.establish(now_ms, &split, theirs)
    }

    fn split_of(&mut self, now_ms: u64, handle: u64, role: Role) -> Result<Split, Refusal> {
        match self.handshakes.take(now_ms, handle)? {
            (facts, Stage::Split { keys, h, r }) if facts.role == role => Ok(Split { facts, keys, h, r }),
            _ => Err(Refusal::NoHandshake),
        }
    }

    /// Opens the peer's first frame; tokens that do not match are written to the audit log.
    fn heard(&mut self, now_ms: u64, split: &Split, first: &[u8]) -> Result<First, Refusal> {
        let heard = split.facts.open_first(&split.keys, first);
        if let Err(Refusal::Check(name)) = &heard
            && split.facts.half.is_some()
        {
            let text = format!("introduction refused by {name}");
            self.note(now_ms, AuditKind::Token, Some(split.facts.peer.node_id()), &text)?;
        }
        heard
    }

    fn establish(&mut self, now_ms: u64, split: &Split, theirs: First) -> Result<Session, Refusal> {
        let facts = &split.facts;
        let (r_a, r_b) = match facts.role {
            Role::A => (&split.r, &theirs.r),
            Role::B => (&theirs.r, &split.r),
        };
        let pair = derive_pair(r_a, r_b, &split.h);
        let peer = facts.peer.node_id();
        let ticket = Opener::pair(pair.id, &pair.secret, peer, facts.own_seq, facts.peer.body().log_seq);
        let text =
            if facts.half.is_some() { "met by introduction, tokens match" } else { "session established" };
        let kind = if facts.half.is_some() { AuditKind::Token } else { AuditKind::Session };
        self.note(now_ms, kind, Some(peer), text)?;
        Ok(Session {
            peer,
            session_id: session_id(&split.h),
            h: Hash(split.h),
            keys: Secret::bytes(split.keys.to_bytes().as_slice()),
            pair_id: pair.id,
            pair_ticket: self.seal_ticket(&ticket)?,
            capabilities: theirs.capabilities.clone(),
            rejoined: facts.rejoined(&theirs, &split.h),
        })
    }
}
