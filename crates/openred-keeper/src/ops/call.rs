//! Calls signed by the node's key (PROTOCOL Annex A.3, §4): typed, so that no raw bytes are signed.

use openred_core::ids::{Id16, NodeId};
use openred_core::sign::Signature;
use serde::{Deserialize, Serialize};

use crate::blob::Blob;

/// What to sign. The own node id and the time are the keeper's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Call {
    /// `POST /api/v3/nodes/register`.
    Register {
        /// The directory.
        dir_id: NodeId,
        /// The own signed descriptor.
        descriptor: Blob,
        /// 1 name, 2 text search, 4 recently seen, 8 push, 128 remove.
        flags: u8,
    },
    /// `POST /api/v3/tokens/request-connection`.
    Request {
        /// The directory.
        dir_id: NodeId,
        /// Whom to meet.
        target: NodeId,
        /// Drawn by the node.
        grant_id: Id16,
    },
    /// `POST /api/v3/tokens/poll`.
    Poll {
        /// The directory.
        dir_id: NodeId,
        /// Drawn by the node, 16 bytes.
        nonce: Id16,
        /// Seconds to wait, at most 25.
        wait: u8,
    },
    /// Answer to `/p2p/auth/challenge`, after the owner agreed.
    Challenge {
        /// The session it came in.
        session_id: Id16,
        /// 32 bytes.
        challenge: [u8; 32],
        /// 1 confirm, 2 totp, 3 passkey.
        method: u8,
    },
}

/// The signature, and the time that it covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedCall {
    /// Unix seconds.
    pub time: u64,
    /// Ed25519.
    pub sig: Signature,
}
