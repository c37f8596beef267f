//! Keys of private conversations (PROTOCOL §8): a leaf key per installation, certified by the identity. The order of commits
//! is countersigned by the identity.

use openred_core::ids::{Hash, Id16};
use openred_core::sign::Signature;
use serde::{Deserialize, Serialize};

/// The leaf key of this installation and its certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MlsLeaf {
    /// Ed25519 public key, 32 bytes; a new one with every incarnation and rotation.
    pub key: [u8; 32],
    /// Name of the installation.
    pub device: Id16,
    /// Unix seconds until which the certificate is good.
    pub not_after: u64,
    /// Number of the log entry whose key certifies.
    pub log_seq: u32,
    /// sign(`openred/mls-leaf`, key ‖ device ‖ not_after:u64).
    pub certificate: Signature,
}

/// What a sequencer countersigns: the first commit of an epoch (docs/protocol.md §18).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitOrder {
    /// The conversation.
    pub group: Id16,
    /// The epoch in which the commit was made.
    pub epoch: u64,
    /// SHA-256 of its MLSMessage.
    pub commit: Hash,
}
