//! The directory's side: both halves of one introduction (PROTOCOL §3).
//!
//! Must not know: who waits for the halves and how they get out. The directory wipes `Terms` and halves ≤ 30 s later.

use std::fmt;

use zeroize::Zeroizing;

use super::{Core, GrantHalf, commit_secret};
use crate::{
    descriptor::Descriptor,
    ids::{Id16, NodeId},
    sign::SigningKey,
    token::Role,
};

/// What the directory decides for one introduction.
#[derive(Clone)]
pub struct Terms<'a> {
    /// Of A's request.
    pub grant_id: Id16,
    /// The directory itself.
    pub dir_id: NodeId,
    /// Registered descriptor of who asked.
    pub a: &'a Descriptor,
    /// Registered descriptor of who was asked for.
    pub b: &'a Descriptor,
    /// [`crate::token::select_crypto_method`] for `not_before`.
    pub method: u8,
    /// Unix seconds, now.
    pub not_before: u64,
    /// Seconds, 120 by default.
    pub ttl: u16,
    /// S: 32 random bytes, fresh for every request.
    pub secret: Zeroizing<[u8; 32]>,
    /// Public salts of A and of B, random.
    pub salts: [[u8; 32]; 2],
}

impl fmt::Debug for Terms<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Terms({:?}, …)", self.grant_id)
    }
}

/// Makes A's and B's half, in this order, signed by the directory's current key. `None` when `method` names none.
#[must_use]
pub fn issue(directory: &SigningKey, terms: &Terms<'_>) -> Option<(GrantHalf, GrantHalf)> {
    let core = Core {
        grant_id: terms.grant_id,
        dir_id: terms.dir_id,
        id_a: terms.a.node_id(),
        id_b: terms.b.node_id(),
        desc_a: terms.a.hash(),
        desc_b: terms.b.hash(),
        method: terms.method,
        salt_a: terms.salts[0],
        salt_b: terms.salts[1],
        commit: commit_secret(&terms.grant_id, &terms.secret),
        not_before: terms.not_before,
        ttl: terms.ttl,
    };
    let half = |role| GrantHalf::make(&core, role, &terms.secret, directory);
    Some((half(Role::A)?, half(Role::B)?))
}
