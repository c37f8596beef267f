//! Opening what a directory sent (PROTOCOL §3.2). The caller looks first ([`PeekGrant`]) to learn of whom it
//! must bring what it holds, then opens.

use openred_core::ids::{Hash, Id16, NodeId};
use serde::{Deserialize, Serialize};

use crate::blob::Blob;

/// Whom a sealed grant claims to introduce.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeekGrant {
    /// The directory that sent it.
    pub dir_id: NodeId,
    /// `grant_id ‖ role ‖ Box` as it came.
    pub sealed: Blob,
}

/// What a sealed grant claims; nothing of it is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantPeeked {
    /// Its id.
    pub grant_id: Id16,
    /// The other node.
    pub peer: NodeId,
    /// Whether this node asked (role A).
    pub asked: bool,
}

/// Opens a grant with all checks that bytes and facts decide. The tables (pending, used, limits) are the
/// caller's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenGrant {
    /// The pinned directory that sent it.
    pub dir_id: NodeId,
    /// Newest identity log known of that directory, entry by entry.
    pub dir_log: Vec<Blob>,
    /// Published seed of a directory in mode 2.
    pub token_seed: Option<[u8; 32]>,
    /// `grant_id ‖ role ‖ Box` as it came.
    pub sealed: Blob,
    /// Hashes of the own descriptor and of those replaced at most 24 h ago.
    pub own_descriptors: Vec<Hash>,
    /// The target of the own request that waits under this grant id, for role A.
    pub own_request: Option<NodeId>,
    /// Newest identity log held of the peer; empty for none.
    pub peer_log: Vec<Blob>,
    /// The pinned descriptor of the peer.
    pub peer_pinned: Option<PeerPinned>,
}

/// What matters of a pinned descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerPinned {
    /// (log_seq, seq).
    pub order: (u32, u64),
    /// desc_hash.
    pub hash: Hash,
}

/// A good grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantOpened {
    /// The 284 bytes of the core: ids, descriptor hashes, method, salts, times. No secret.
    pub core: Blob,
    /// Whether this node asked (role A).
    pub asked: bool,
    /// The other node.
    pub peer: NodeId,
    /// Its signed descriptor, verified.
    pub peer_descriptor: Blob,
    /// S and the own half, sealed: the ticket of the handshake.
    pub ticket: Blob,
}
