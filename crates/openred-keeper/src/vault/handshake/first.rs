//! First frames: what each side proves under the Noise keys before anything else is believed (PROTOCOL
//! §3.4, §4). It must not know the frames that follow.

use openred_core::hello::{First, check_established, open_first, rejoin_proven, sign_rejoin};
use openred_core::ids::NodeId;
use openred_core::session_keys::SessionKeys;
use openred_core::token::Role;
use zeroize::Zeroizing;

use super::Facts;
use crate::ops::Refusal;
use crate::vault::grant::check;
use crate::vault::malformed;
use crate::vault::opened::Opened;

impl Opened {
    /// Own first frame: token for kind 1, signature where contacts meet again.
    pub(super) fn seal_first(
        &self,
        facts: &Facts,
        keys: &SessionKeys,
        h: &[u8; 32],
        r: Zeroizing<[u8; 32]>,
        capabilities: Vec<String>,
    ) -> Result<Vec<u8>, Refusal> {
        let (id_a, id_b) = facts.ids();
        let first = First {
            r,
            token: facts.half.as_ref().map(|half| half.token.clone()),
            established: facts.role == Role::B,
            capabilities,
            rejoin: facts.rejoin.then(|| sign_rejoin(&self.signing, h, &id_a, &id_b, facts.role)),
        };
        let encoded = Zeroizing::new(first.encode());
        First::decode(&encoded).map_err(|_| malformed("capabilities are [a-z0-9_]{1,32}, at most 32"))?;
        first.seal(keys).map_err(|_| Refusal::Noise)
    }
}

impl Facts {
    /// (id_A, id_B).
    pub(super) fn ids(&self) -> (NodeId, NodeId) {
        match self.role {
            Role::A => (self.own_id, self.peer.node_id()),
            Role::B => (self.peer.node_id(), self.own_id),
        }
    }

    /// The peer's first frame, with everything it must prove.
    pub(super) fn open_first(&self, keys: &SessionKeys, ciphertext: &[u8]) -> Result<First, Refusal> {
        let first = open_first(keys, ciphertext).map_err(|refusal| check(refusal.name()))?;
        check_established(&first, self.role.peer()).map_err(|refusal| check(refusal.name()))?;
        if let Some(half) = &self.half
            && !half.matches(first.token.as_deref())
        {
            return Err(check("first/tokens-match"));
        }
        Ok(first)
    }

    /// Whether the peer proved to be the contact that was met before.
    pub(super) fn rejoined(&self, first: &First, h: &[u8; 32]) -> bool {
        let (id_a, id_b) = self.ids();
        self.rejoin && rejoin_proven(first, self.peer.signing_key(), h, (&id_a, &id_b), self.role.peer())
    }
}
