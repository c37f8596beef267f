//! Payloads with which nodes keep each other complete: sync, access, receipts (PROTOCOL A.2).

use serde::{Deserialize, Serialize};

use super::people::NOTE_CHARS_MAX;
use super::{Bounded, PayloadError, bound};
use crate::ids::{B64, Hash, Id8, NodeId};

/// Most bytes of base64url text in the items of one `content_sync` together, so that the envelope keeps its size.
pub const SYNC_BYTES_MAX: usize = 56_000;

/// Most message_ids that an asker lists as held.
const HAVE_MAX: usize = 200;

/// Most items asked for at once.
const SYNC_LIMIT_MAX: u64 = 100;

/// Most numbers beyond `upto` in a receipt.
const ALSO_MAX: usize = 64;

/// Longest code in bytes.
const CODE_BYTES_MAX: usize = 32;

/// `content_sync`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum ContentSync {
    /// What is new on this wall?
    Ask {
        /// Whose wall.
        wall: NodeId,
        /// Only later than this, unix seconds.
        after: u64,
        /// What the asker has, at most 200.
        have: Vec<Hash>,
        /// Most items wanted, 1 to 100.
        limit: u64,
    },
    /// This.
    Give {
        /// Envelopes as text, not yet verified; together at most [`SYNC_BYTES_MAX`] characters of base64url.
        items: Vec<B64>,
        /// Whether there is more.
        more: bool,
    },
}

/// `access_request`, answered by a `content_sync` or a rejecting `connection_response`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRequest {
    /// What the asker would like to see.
    pub target: Hash,
    /// A few words, at most 500 characters.
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// How far an item came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Durably with the recipient's node.
    Delivered,
    /// Seen by the recipient.
    Read,
    /// Refused for good; `code` says why.
    Failed,
}

/// `message_status`; never acknowledged itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageStatus {
    /// The stream spoken of.
    pub stream: Id8,
    /// All numbers up to this one.
    pub upto: u64,
    /// And these beyond it, at most 64.
    pub also: Vec<u64>,
    /// How far.
    pub status: Delivery,
    /// Why it failed, a code of A.0.
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

impl Bounded for ContentSync {
    fn check(&self) -> Result<(), PayloadError> {
        match self {
            Self::Ask { after, have, limit, .. } => {
                bound::int("after", *after)?;
                bound::list("have", have, HAVE_MAX)?;
                bound::range("limit", *limit, 1, SYNC_LIMIT_MAX)
            }
            Self::Give { items, .. } => {
                let text_bytes: usize = items.iter().map(|item| (item.0.len() * 4).div_ceil(3)).sum();
                if text_bytes > SYNC_BYTES_MAX { Err(PayloadError::TooLong("items")) } else { Ok(()) }
            }
        }
    }
}

impl Bounded for AccessRequest {
    fn check(&self) -> Result<(), PayloadError> {
        self.note.as_deref().map_or(Ok(()), |note| bound::text("note", note, NOTE_CHARS_MAX))
    }
}

impl Bounded for MessageStatus {
    fn check(&self) -> Result<(), PayloadError> {
        bound::int("upto", self.upto)?;
        bound::list("also", &self.also, ALSO_MAX)?;
        self.also.iter().try_for_each(|n| bound::int("also", *n))?;
        let Some(code) = &self.code else {
            return Ok(());
        };
        bound::bytes("code", code.as_bytes(), CODE_BYTES_MAX)?;
        let good = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if good { Ok(()) } else { Err(PayloadError::Form("code")) }
    }
}
