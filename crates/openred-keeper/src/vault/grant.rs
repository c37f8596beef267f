//! Opening grants (PROTOCOL §3.2): S and the token stay here, the node gets a sealed ticket. It must not
//! know pending and used grants.

use openred_core::grant::{
    GrantFacts, GrantHalf, OwnRequest, SealedGrant, Terms, Unsealed, issue, open_grant, unseal,
};
use openred_core::hello::{PeerFacts, Pinned};
use openred_core::identity::IdentityLog;
use openred_core::ids::NodeId;
use openred_core::token::Role;

use super::opened::Opened;
use super::ticket::Opener;
use super::{Vault, malformed};
use crate::blob::Blob;
use crate::ops::{AuditKind, GrantOpened, GrantPeeked, OpenGrant, PeekGrant, Refusal};

impl Opened {
    /// Whom it is about, so that the caller can bring what it holds of that node.
    pub(super) fn peek_grant(&self, now_ms: u64, peek: &PeekGrant) -> Result<GrantPeeked, Refusal> {
        let sealed = SealedGrant::decode(&peek.sealed).ok_or_else(|| malformed("no sealed grant"))?;
        let unsealed = self.unseal_grant(now_ms, &peek.dir_id, &sealed)?;
        let asked = unsealed.role() == Role::A;
        Ok(GrantPeeked { grant_id: sealed.grant_id, peer: unsealed.peer_id(), asked })
    }

    /// All checks of §3.2 that bytes and facts decide.
    pub(super) fn open_grant(&mut self, now_ms: u64, ask: &OpenGrant) -> Result<GrantOpened, Refusal> {
        let sealed = SealedGrant::decode(&ask.sealed).ok_or_else(|| malformed("no sealed grant"))?;
        let unsealed = self.unseal_grant(now_ms, &ask.dir_id, &sealed)?;
        let directory = log_of(&ask.dir_log)?.ok_or_else(|| malformed("no log of the directory"))?;
        if directory.node_id() != ask.dir_id {
            return Err(malformed("the log is not the directory's"));
        }
        let peer_log = log_of(&ask.peer_log)?;
        let own_request =
            ask.own_request.map(|id_b| OwnRequest { grant_id: sealed.grant_id, dir_id: ask.dir_id, id_b });
        let pinned = ask.peer_pinned.map(|held| Pinned { order: held.order, hash: held.hash });
        let facts = GrantFacts {
            dir_id: &ask.dir_id,
            dir_key: directory.current_key(),
            token_seed: ask.token_seed.as_ref(),
            own_id: &self.node_id(),
            own_descriptors: &ask.own_descriptors,
            own_request: own_request.as_ref(),
            peer: PeerFacts { log: peer_log.as_ref(), pinned },
            now: now_ms / 1000,
        };
        let grant = open_grant(unsealed, &facts).map_err(|refusal| check(refusal.name()))?;
        let peer = grant.peer.node_id();
        self.note(now_ms, AuditKind::Grant, Some(peer), "grant opened")?;
        Ok(GrantOpened {
            core: grant.half.core.encode().to_vec().into(),
            asked: grant.half.role == Role::A,
            peer,
            peer_descriptor: grant.peer.bytes().into(),
            ticket: self.seal_ticket(&Opener::grant(&grant.half, peer, &grant.secret))?,
        })
    }

    fn unseal_grant(&self, now_ms: u64, dir_id: &NodeId, sealed: &SealedGrant) -> Result<Unsealed, Refusal> {
        let key = self.keys.grant(now_ms, &sealed.boxed)?;
        unseal(&key, dir_id, &self.node_id(), sealed).map_err(|refusal| check(refusal.name()))
    }
}

impl Vault {
    /// For a directory that holds its vault in process: both halves of an introduction, signed by its
    /// current key (PROTOCOL §3). Not offered over the socket: a node never issues grants.
    pub fn issue_grant(&mut self, terms: &Terms<'_>) -> Result<(GrantHalf, GrantHalf), Refusal> {
        let opened = self.opened()?;
        if terms.dir_id != opened.node_id() {
            return Err(Refusal::NotOwn);
        }
        issue(&opened.signing, terms).ok_or_else(|| malformed("no such method"))
    }
}

/// A log from the node's store; none for no entries.
fn log_of(entries: &[Blob]) -> Result<Option<IdentityLog>, Refusal> {
    if entries.is_empty() {
        return Ok(None);
    }
    let entries: Vec<Vec<u8>> = entries.iter().map(|entry| entry.to_vec()).collect();
    IdentityLog::parse(&entries).map(Some).map_err(malformed)
}

pub(super) fn check(name: &str) -> Refusal {
    Refusal::Check(name.to_owned())
}
