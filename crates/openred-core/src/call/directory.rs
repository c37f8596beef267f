//! What a directory answers without a signature: discovery, health, who it is (Annex A.1, A.3).
//!
//! Must not know: how it finds them.

use serde::{Deserialize, Serialize};

use crate::ids::{B64, Hash, NodeId};

/// Query of `GET /api/v3/nodes/discover`: exactly one of the first four.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiscoverQuery {
    /// Username, exact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Node id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<NodeId>,
    /// Text in username or display name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// 1: recently seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recent: Option<u8>,
    /// ≤ 50.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Most entries of a page.
pub const DISCOVER_LIMIT_MAX: u32 = 50;

/// A page of found nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscoverAnswer {
    /// ≤ 50.
    pub nodes: Vec<Listed>,
    /// There is more: pass it as `after`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A found node. Names are the directory's word until confirmed; the descriptor proves the id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Proven by the descriptor.
    pub node_id: NodeId,
    /// With its owner's consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// With its owner's consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// From the descriptor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_url: Option<String>,
    /// Unix seconds, whole hours.
    pub last_seen: u64,
    /// Whether it polls or answers now.
    pub status: ListedStatus,
    /// Which descriptor `…/descriptor` would give.
    pub desc_hash: Hash,
}

/// Whether a node can be introduced now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ListedStatus {
    /// Seen within the directory's patience.
    Active,
    /// Not so.
    Away,
}

/// `GET /api/v3/health`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthAnswer {
    /// `ok`.
    pub status: String,
    /// The directory.
    pub node_id: NodeId,
    /// Unix seconds of its clock.
    pub time: u64,
    /// Of the program.
    pub version: String,
}

/// What answers at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServerRole {
    /// A person's node.
    Node,
    /// A directory.
    Directory,
    /// A relay.
    Relay,
}

impl ServerRole {
    /// The word of it, as on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Directory => "directory",
            Self::Relay => "relay",
        }
    }
}

/// `GET /.well-known/openred` (Annex A.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WellKnown {
    /// Who answers; proven by `descriptor`.
    pub node_id: NodeId,
    /// As what.
    pub role: ServerRole,
    /// Protocol versions: `[3]`.
    pub versions: Vec<u64>,
    /// Its signed descriptor.
    pub descriptor: B64,
    /// Directory: mode of [`crate::token::select_crypto_method`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_mode: Option<u8>,
    /// Directory in mode 2: 32 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_seed: Option<B64>,
}

impl WellKnown {
    /// The published seed, when it has its 32 bytes.
    #[must_use]
    pub fn seed(&self) -> Option<[u8; 32]> {
        self.token_seed.as_ref()?.0.as_slice().try_into().ok()
    }
}
