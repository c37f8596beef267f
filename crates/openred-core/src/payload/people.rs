//! Payloads with which people meet: requests, answers, descriptors, presence (PROTOCOL A.2).

use serde::{Deserialize, Serialize};

use super::{Bounded, PayloadError, Routes, bound};
use crate::ids::{B64, Hash, Id16, NodeId};

/// Longest note in characters.
pub(super) const NOTE_CHARS_MAX: usize = 500;

/// Largest signed descriptor in bytes (PROTOCOL §1).
const DESCRIPTOR_BYTES_MAX: usize = 16 * 1024;

/// Most descriptors asked for or given.
const DISCOVERY_MAX: usize = 32;

/// Longest name to look for, in characters.
const NAME_CHARS_MAX: usize = 64;

/// What somebody wants to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relationship {
    /// Both see each other's posts for friends.
    Friend,
    /// One reads the other's public posts.
    Follower,
}

/// `friend_request`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FriendRequest {
    /// Friend or follower.
    pub relationship: Relationship,
    /// A few words, at most 500 characters, may be empty.
    pub note: String,
    /// The invitation that is redeemed by this.
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    pub invite_id: Option<Id16>,
    /// Ways back.
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    pub routes: Option<Routes>,
}

/// The answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Yes.
    Accepted,
    /// No.
    Rejected,
}

/// `connection_response`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionResponse {
    /// message_id of the `friend_request` or `access_request`.
    pub request: Hash,
    /// Yes or no.
    pub status: Answer,
    /// Ways to the one who answers.
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    pub routes: Option<Routes>,
}

/// `descriptor_update`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DescriptorUpdate {
    /// The sender's newest signed descriptor, at most 16 KiB; not yet verified.
    pub descriptor: B64,
    /// Ways to the sender.
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    pub routes: Option<Routes>,
}

/// `node_discovery`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum NodeDiscovery {
    /// Who is this? By id or by name, not by both.
    Ask {
        /// The identity looked for.
        #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
        node_id: Option<NodeId>,
        /// The name looked for, at most 64 characters.
        #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Most answers wanted, 1 to 32.
        limit: u64,
    },
    /// These.
    Give {
        /// Signed descriptors, at most 32, each at most 16 KiB; not yet verified.
        descriptors: Vec<B64>,
        /// A few words of the one who introduces, at most 500 characters.
        #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// They are members of this private conversation, and nobody introduces them.
        #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
        group: Option<Id16>,
    },
}

/// `heartbeat`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// Whether the person is there now.
    pub active: bool,
    /// Until when the node expects to be there, unix seconds.
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
}

impl Bounded for FriendRequest {
    fn check(&self) -> Result<(), PayloadError> {
        bound::text("note", &self.note, NOTE_CHARS_MAX)?;
        Routes::check_option(self.routes.as_ref())
    }
}

impl Bounded for ConnectionResponse {
    fn check(&self) -> Result<(), PayloadError> {
        Routes::check_option(self.routes.as_ref())
    }
}

impl Bounded for DescriptorUpdate {
    fn check(&self) -> Result<(), PayloadError> {
        bound::bytes("descriptor", &self.descriptor.0, DESCRIPTOR_BYTES_MAX)?;
        Routes::check_option(self.routes.as_ref())
    }
}

impl Bounded for NodeDiscovery {
    fn check(&self) -> Result<(), PayloadError> {
        match self {
            Self::Ask { node_id: Some(_), name: Some(_), .. } => {
                Err(PayloadError::Conflict("node_id and name exclude each other"))
            }
            Self::Ask { name, limit, .. } => {
                bound::range("limit", *limit, 1, DISCOVERY_MAX as u64)?;
                name.as_deref().map_or(Ok(()), |name| bound::line("name", name, NAME_CHARS_MAX))
            }
            Self::Give { descriptors, note, .. } => {
                note.as_deref().map_or(Ok(()), |note| bound::text("note", note, NOTE_CHARS_MAX))?;
                bound::list("descriptors", descriptors, DISCOVERY_MAX)?;
                let check = |one: &B64| bound::bytes("descriptors", &one.0, DESCRIPTOR_BYTES_MAX);
                descriptors.iter().try_for_each(check)
            }
        }
    }
}

impl Bounded for Heartbeat {
    fn check(&self) -> Result<(), PayloadError> {
        self.until.map_or(Ok(()), |until| bound::int("until", until))
    }
}
