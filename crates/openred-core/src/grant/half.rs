//! One node's half of a grant: `core ‖ role ‖ token ‖ signature`, 381 bytes (PROTOCOL §3, Annex A.3).
//!
//! Must not know: sealing. A decoded half is not verified yet.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{CORE_LEN, Core, commit_secret, core::take};
use crate::{
    checks,
    sign::{BadSignature, Label, PublicKey, Signature, SigningKey},
    token::{Role, reverse_transform, tokens_match, transform},
};

/// Bytes of a half.
pub const HALF_LEN: usize = 381;
const SIGNED_LEN: usize = CORE_LEN + 33;

/// What the directory gives to the node in `role`. The token is wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct GrantHalf {
    /// Shared by both halves.
    pub core: Core,
    /// Whose half.
    pub role: Role,
    /// That role's linked token.
    pub token: Zeroizing<[u8; 32]>,
    /// By the directory, sign(`openred/grant`, core ‖ role ‖ token).
    pub signature: Signature,
}

impl GrantHalf {
    /// Directory: makes and signs the half of `role`. `None` when the core's method byte names no method.
    #[must_use]
    pub fn make(core: &Core, role: Role, secret: &[u8; 32], directory: &SigningKey) -> Option<Self> {
        let token = transform(&core.side(role, &core.hash())?, secret);
        let signature = directory.sign(Label::Grant, &*signed(core, role, &token));
        Some(Self { core: core.clone(), role, token, signature })
    }

    /// The 381 bytes; wiped on drop.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<[u8; HALF_LEN]> {
        let mut bytes = Zeroizing::new([0; HALF_LEN]);
        bytes[..SIGNED_LEN].copy_from_slice(&*signed(&self.core, self.role, &self.token));
        bytes[SIGNED_LEN..].copy_from_slice(&self.signature.0);
        bytes
    }

    /// Reads 381 bytes; `None` for another version, method or role. Nothing is verified.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let half = Self {
            core: Core::decode(&take(&mut rest)?)?,
            role: Role::from_byte(take::<1>(&mut rest)?[0])?,
            token: Zeroizing::new(take(&mut rest)?),
            signature: Signature(take(&mut rest)?),
        };
        rest.is_empty().then_some(half)
    }

    /// Whether the directory signed exactly this half.
    ///
    /// # Errors
    /// [`BadSignature`]: drop the grant.
    pub fn verify(&self, directory: &PublicKey) -> Result<(), BadSignature> {
        directory.verify(Label::Grant, &*signed(&self.core, self.role, &self.token), &self.signature)
    }

    /// The S that this half's token stands for; only when [`Self::is_committed`] is it the introduction's.
    #[must_use]
    pub fn secret(&self) -> Option<Zeroizing<[u8; 32]>> {
        Some(reverse_transform(&self.core.side(self.role, &self.core.hash())?, &self.token))
    }

    /// Whether `secret` is the one that the core commits to, in constant time.
    #[must_use]
    pub fn is_committed(&self, secret: &[u8; 32]) -> bool {
        commit_secret(&self.core.grant_id, secret).0.ct_eq(&self.core.commit.0).into()
    }

    /// Check `first/tokens-match`: the token that came inside the peer's first frame is the other half of this
    /// grant. It proves that, and neither identity nor consent (PROTOCOL §3.4).
    #[must_use]
    pub fn matches(&self, peer_token: Option<&[u8; 32]>) -> bool {
        !checks::failed("first/tokens-match", !self.token_matches(peer_token).unwrap_or(false))
    }

    fn token_matches(&self, peer_token: Option<&[u8; 32]>) -> Option<bool> {
        let hash = self.core.hash();
        let own = self.core.side(self.role, &hash)?;
        let peer = self.core.side(self.role.peer(), &hash)?;
        Some(tokens_match((&own, &self.token), (&peer, peer_token?)))
    }
}

impl fmt::Debug for GrantHalf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GrantHalf({:?}, {:?}, …)", self.core.grant_id, self.role)
    }
}

/// core ‖ role ‖ token.
fn signed(core: &Core, role: Role, token: &[u8; 32]) -> Zeroizing<[u8; SIGNED_LEN]> {
    let mut bytes = Zeroizing::new([0; SIGNED_LEN]);
    bytes[..CORE_LEN].copy_from_slice(&core.encode());
    bytes[CORE_LEN] = role.byte();
    bytes[CORE_LEN + 1..].copy_from_slice(token);
    bytes
}
