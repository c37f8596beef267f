//! What the node may say about itself in a descriptor. Keys, log, seq, times and versions are the
//! keeper's.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::blob::Blob;

/// The public fields of a descriptor that the node chooses (Annex A.1 has the bounds).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DescriptorDraft {
    /// `[a-z0-9_]{1,32}`.
    pub username: String,
    /// At most 64 characters.
    pub display_name: String,
    /// Endpoint id of QUIC, 32 bytes.
    pub transport_key: Option<[u8; 32]>,
    /// Base URL of the HTTPS API, at most 255 bytes.
    pub api_url: Option<String>,
    /// Public addresses, at most 8.
    pub addresses: Vec<SocketAddr>,
    /// QUIC relay URL.
    pub quic_relay: Option<String>,
    /// Request-lane deposit address.
    pub lane: Option<LaneDraft>,
    /// `[a-z0-9_]{1,32}`, at most 32.
    pub capabilities: Vec<String>,
    /// The newest descriptor of this identity that was seen elsewhere (after a restore): the new one is
    /// made newer than it.
    pub seen: Option<Blob>,
    /// Seconds until it expires, 1 … [`MAX_DESCRIPTOR_S`](super::MAX_DESCRIPTOR_S).
    pub lifetime_s: u64,
}

/// Lane of a descriptor: where strangers may leave requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneDraft {
    /// URL of the relay.
    pub relay_url: String,
    /// Node id of the relay.
    pub relay_id: [u8; 32],
    /// Deposit address, 16 bytes.
    pub deposit_id: [u8; 16],
    /// Capability, 32 bytes.
    pub cap: [u8; 32],
}

/// A signed descriptor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedDescriptor {
    /// The signed object, verbatim.
    pub descriptor: Blob,
    /// Sealed key state (it may hold new keys): store durably before the descriptor leaves.
    pub state: Blob,
}
