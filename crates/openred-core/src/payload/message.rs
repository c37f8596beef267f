//! `direct_message`: one MLS message of a private conversation, or a part of a large one (PROTOCOL §8, A.9).

use serde::{Deserialize, Serialize};

use super::{Bounded, PayloadError, bound};
use crate::ids::{B64, Hash, Id16};

/// Most bytes of MLS message in one envelope.
pub const MLS_BYTES_MAX: usize = 44_000;

/// Most parts of one MLS message.
const PARTS_MAX: u64 = 64;

/// `direct_message`. What it says is known to the conversation alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub enum DirectMessage {
    /// A whole MLSMessage of at most 44,000 bytes.
    Whole {
        /// The conversation.
        group: Id16,
        /// The MLSMessage (RFC 9420 §6).
        mls: B64,
    },
    /// A part of a larger one.
    Part {
        /// The conversation.
        group: Id16,
        /// The part.
        part: MlsPart,
    },
}

/// A piece of an MLSMessage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MlsPart {
    /// SHA-256 of the whole.
    pub hash: Hash,
    /// Which part, from 0.
    pub i: u64,
    /// How many, 1 to 64.
    pub of: u64,
    /// The piece, at most 44,000 bytes.
    pub bytes: B64,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    group: Id16,
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    mls: Option<B64>,
    #[serde(default, deserialize_with = "bound::present", skip_serializing_if = "Option::is_none")]
    part: Option<MlsPart>,
}

impl TryFrom<Wire> for DirectMessage {
    type Error = PayloadError;

    fn try_from(wire: Wire) -> Result<Self, PayloadError> {
        match (wire.mls, wire.part) {
            (Some(mls), None) => Ok(Self::Whole { group: wire.group, mls }),
            (None, Some(part)) => Ok(Self::Part { group: wire.group, part }),
            _ => Err(PayloadError::Conflict("mls or part, exactly one")),
        }
    }
}

impl From<DirectMessage> for Wire {
    fn from(message: DirectMessage) -> Self {
        match message {
            DirectMessage::Whole { group, mls } => Self { group, mls: Some(mls), part: None },
            DirectMessage::Part { group, part } => Self { group, mls: None, part: Some(part) },
        }
    }
}

impl Bounded for DirectMessage {
    fn check(&self) -> Result<(), PayloadError> {
        match self {
            Self::Whole { mls, .. } => bound::bytes("mls", &mls.0, MLS_BYTES_MAX),
            Self::Part { part, .. } => {
                bound::range("of", part.of, 1, PARTS_MAX)?;
                bound::range("i", part.i, 0, part.of - 1)?;
                bound::bytes("bytes", &part.bytes.0, MLS_BYTES_MAX)
            }
        }
    }
}
