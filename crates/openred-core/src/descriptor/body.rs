//! The fields of a descriptor and their bounds (PROTOCOL Annex A.1). Must not know how they are encoded.

use std::fmt;
use std::net::SocketAddr;

use super::{DescriptorError, MAX_LIFE_S};
use crate::boxes::BoxPublic;
use crate::identity::IdentityLog;
use crate::ids::{DepositId, Id8, NodeId};

/// Most public addresses.
pub const MAX_ADDRESSES: usize = 8;
/// Most capabilities.
pub const MAX_CAPABILITIES: usize = 32;
/// Most protocol versions.
pub const MAX_VERSIONS: usize = 8;
/// Longest display name in characters.
pub const MAX_DISPLAY_NAME: usize = 64;
/// Longest URL in bytes.
pub const MAX_URL: usize = 255;
/// The version of the wire protocol that every descriptor of this format names.
pub const VERSION: u64 = 3;

/// Where strangers may leave requests while the node is away: a deposit at a relay.
#[derive(Clone, PartialEq, Eq)]
pub struct Lane {
    /// URL of the relay, at most 255 bytes.
    pub relay_url: String,
    /// Node id of the relay.
    pub relay_id: NodeId,
    /// The deposit address.
    pub deposit_id: DepositId,
    /// Deposit capability, 32 bytes: everybody who reads the descriptor may deposit requests.
    pub cap: [u8; 32],
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lane({:?} at {})", self.deposit_id, self.relay_url)
    }
}

/// What a descriptor says, unsigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescriptorBody {
    /// The log's node id.
    pub node_id: NodeId,
    /// The whole identity log.
    pub log: IdentityLog,
    /// seq of the log's newest entry.
    pub log_seq: u32,
    /// [`super::next_seq`]; within one `log_seq` the greater one is newer.
    pub seq: u64,
    /// Random per installation of the identity.
    pub incarnation: Id8,
    /// Unix seconds.
    pub issued: u64,
    /// Unix seconds, from `issued` to 30 days later.
    pub expires: u64,
    /// `[a-z0-9_]{1,32}`.
    pub username: String,
    /// At most 64 characters.
    pub display_name: String,
    /// X25519 public key of the Noise handshake, 32 bytes.
    pub noise_key: [u8; 32],
    /// Grants are sealed to it.
    pub grant_key: BoxPublic,
    /// Mail is sealed to it.
    pub mail_key: BoxPublic,
    /// QUIC endpoint id, 32 bytes.
    pub transport_key: Option<[u8; 32]>,
    /// Base URL of the node's HTTPS interface, at most 255 bytes.
    pub api_url: Option<String>,
    /// At most 8 public addresses.
    pub addresses: Vec<SocketAddr>,
    /// URL of the QUIC relay, at most 255 bytes.
    pub quic_relay: Option<String>,
    /// Deposit address for requests of strangers.
    pub lane: Option<Lane>,
    /// At most 32, each `[a-z0-9_]{1,32}`.
    pub capabilities: Vec<String>,
    /// Protocol versions, 1 to 8 of them, 3 among them.
    pub versions: Vec<u64>,
}

impl DescriptorBody {
    pub(super) fn check(&self) -> Result<(), DescriptorError> {
        let url = |url: &Option<String>| url.as_ref().is_none_or(|url| is_url(url));
        let life = self.expires.checked_sub(self.issued);
        let bounds = [
            ("expires", life.is_some_and(|life| life <= MAX_LIFE_S)),
            ("username", is_name(&self.username)),
            ("display_name", self.display_name.chars().count() <= MAX_DISPLAY_NAME),
            ("api_url", url(&self.api_url)),
            ("addresses", self.addresses.len() <= MAX_ADDRESSES),
            ("quic_relay", url(&self.quic_relay)),
            ("lane", self.lane.as_ref().is_none_or(|lane| is_url(&lane.relay_url))),
            ("capabilities", self.capabilities.len() <= MAX_CAPABILITIES),
            ("capabilities", self.capabilities.iter().all(|capability| is_name(capability))),
            ("versions", self.versions.len() <= MAX_VERSIONS && self.versions.contains(&VERSION)),
        ];
        match bounds.iter().find(|(_, holds)| !holds) {
            Some((field, _)) => Err(DescriptorError::Field(field)),
            None => Ok(()),
        }
    }
}

/// `[a-z0-9_]{1,32}`.
pub(crate) fn is_name(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

/// At least one byte and at most [`MAX_URL`]; whether it can be dialled is the dialler's question.
pub(crate) fn is_url(text: &str) -> bool {
    (1..=MAX_URL).contains(&text.len())
}
