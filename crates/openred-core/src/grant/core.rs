//! The 284 bytes that both halves of a grant share and that bind everything else (PROTOCOL §3).
//!
//! Must not know: signatures, sealing, the secret (only its commitment).

use crate::{
    ids::{Hash, Id16, NodeId},
    token::{Method, Role, Side, kdf::sha256},
};

/// Bytes of a core.
pub const CORE_LEN: usize = 284;
const VERSION: u8 = 1;

/// `0x01 ‖ grant_id ‖ dir_id ‖ id_A ‖ id_B ‖ desc_A ‖ desc_B ‖ method ‖ salt_A ‖ salt_B ‖ commit_S ‖ not_before ‖ ttl`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Core {
    /// Drawn by A; the directory uses that one.
    pub grant_id: Id16,
    /// Node id of the directory.
    pub dir_id: NodeId,
    /// Who asked.
    pub id_a: NodeId,
    /// Who was asked for.
    pub id_b: NodeId,
    /// Hash of the descriptor of A that the directory gave to B.
    pub desc_a: Hash,
    /// Hash of the descriptor of B that the directory gave to A.
    pub desc_b: Hash,
    /// Mode in the high nibble, method in the low one ([`crate::token::select_crypto_method`]).
    pub method: u8,
    /// Public salt of A's token, 32 bytes.
    pub salt_a: [u8; 32],
    /// Public salt of B's token, 32 bytes.
    pub salt_b: [u8; 32],
    /// [`commit_secret`] of S.
    pub commit: Hash,
    /// Unix seconds of the directory's clock when it issued the grant.
    pub not_before: u64,
    /// Seconds during which A may come again after 425.
    pub ttl: u16,
}

impl Core {
    /// The 284 bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; CORE_LEN] {
        let parts: [&[u8]; 13] = [
            &[VERSION],
            &self.grant_id.0,
            &self.dir_id.0,
            &self.id_a.0,
            &self.id_b.0,
            &self.desc_a.0,
            &self.desc_b.0,
            &[self.method],
            &self.salt_a,
            &self.salt_b,
            &self.commit.0,
            &self.not_before.to_be_bytes(),
            &self.ttl.to_be_bytes(),
        ];
        let mut bytes = [0; CORE_LEN];
        let mut at = 0;
        for part in parts {
            bytes[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        debug_assert_eq!(at, CORE_LEN);
        bytes
    }

    /// Reads 284 bytes; `None` for another version or an unknown method.
    #[must_use]
    pub fn decode(bytes: &[u8; CORE_LEN]) -> Option<Self> {
        let mut rest = bytes.as_slice();
        if take::<1>(&mut rest)? != [VERSION] {
            return None;
        }
        let core = Self {
            grant_id: Id16(take(&mut rest)?),
            dir_id: NodeId(take(&mut rest)?),
            id_a: NodeId(take(&mut rest)?),
            id_b: NodeId(take(&mut rest)?),
            desc_a: Hash(take(&mut rest)?),
            desc_b: Hash(take(&mut rest)?),
            method: take::<1>(&mut rest)?[0],
            salt_a: take(&mut rest)?,
            salt_b: take(&mut rest)?,
            commit: Hash(take(&mut rest)?),
            not_before: u64::from_be_bytes(take(&mut rest)?),
            ttl: u16::from_be_bytes(take(&mut rest)?),
        };
        Method::of_byte(core.method)?;
        Some(core)
    }

    /// SHA256(core).
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        sha256(&[&self.encode()])
    }

    /// Who stands in `role`.
    #[must_use]
    pub const fn id(&self, role: Role) -> &NodeId {
        match role {
            Role::A => &self.id_a,
            Role::B => &self.id_b,
        }
    }

    /// Hash of the descriptor of who stands in `role`.
    #[must_use]
    pub const fn descriptor_hash(&self, role: Role) -> &Hash {
        match role {
            Role::A => &self.desc_a,
            Role::B => &self.desc_b,
        }
    }

    /// What the token of `role` is bound to; `hash` is [`Self::hash`]. `None` for an unknown method, which
    /// [`Self::decode`] refuses.
    #[must_use]
    pub fn side<'a>(&'a self, role: Role, hash: &'a [u8; 32]) -> Option<Side<'a>> {
        let salt = match role {
            Role::A => &self.salt_a,
            Role::B => &self.salt_b,
        };
        Some(Side { method: Method::of_byte(self.method)?, role, salt, core_hash: hash })
    }
}

/// commit_S = `SHA-256("OpenRed/3 commit" ‖ grant_id ‖ S)`.
#[must_use]
pub fn commit_secret(grant_id: &Id16, secret: &[u8; 32]) -> Hash {
    Hash(sha256(&[b"OpenRed/3 commit", &grant_id.0, secret]))
}

/// The next `N` bytes.
pub(super) fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*taken)
}
