//! Keys of private conversations (PROTOCOL §8): a leaf key per installation, certified by the identity.

use openred_core::ids::Id16;
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
