//! The hello of a handshake, its four tickets, and what binds them to the Noise handshake (PROTOCOL §4, Annex A.4).
//!
//! Noise itself runs in the keeper; ticket tables are `openred_proto::introduction`'s. Must not know: either.

mod answer;
mod context;
mod first;
mod peer_descriptor;
mod work;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{
    ids::{B64, Hash, Id16, NodeId, b64_decode, b64_encode},
    json::{JsonError, from_slice_strict},
};

pub use answer::{HelloRefusal, HelloReply, RefusalBody};
pub use context::{Context, NO_BINDING, OPEN_SECRET, presentation, presentation_matches, prologue, psk};
pub use first::{
    First, FirstRefusal, Pair, check_established, derive_pair, open_first, pair_id, rejoin_bytes,
    rejoin_proven, sign_rejoin,
};
pub(crate) use peer_descriptor::accept_grant_peer;
pub use peer_descriptor::{
    DescriptorRefusal, PeerFacts, Pinned, accept_descriptor, accept_held, open_descriptor, seal_descriptor,
    unseal_descriptor,
};
pub use work::{BITS_MAX, Work, WorkChallenge, solve, work_done};

/// Most bytes of a hello's JSON text.
pub const HELLO_MAX: usize = 64 * 1024;
/// Bytes of Noise message 1 and of message 2 with empty payloads.
pub const NOISE_LEN: usize = 48;

/// Which secret a hello presents. On the wire the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum TicketKind {
    /// 1: introduced by a directory, secret S; ticket_id is the grant_id.
    Grant = 1,
    /// 2: met before, the pair secret; ticket_id is the pair_id.
    Pair = 2,
    /// 3: link or QR, the link's secret; ticket_id is the invite_id.
    Invitation = 3,
    /// 4: a stranger, 32 zero bytes; ticket_id is zero. Request lane only.
    Open = 4,
}

impl TicketKind {
    /// The number on the wire.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self as u8
    }

    /// The kind of a number; `None` for others.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Grant),
            2 => Some(Self::Pair),
            3 => Some(Self::Invitation),
            4 => Some(Self::Open),
            _ => None,
        }
    }
}

impl Serialize for TicketKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.byte())
    }
}

impl<'de> Deserialize<'de> for TicketKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_byte(u8::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("no such ticket kind"))
    }
}

/// `POST /p2p/handshake`, and the text of the first frame on QUIC stream 0 (Annex A.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// Which ticket.
    pub kind: TicketKind,
    /// grant_id, pair_id or invite_id; zeros for kind 4.
    pub ticket_id: Id16,
    /// Who begins.
    pub id_a: NodeId,
    /// Who is meant; any other node answers 421.
    pub id_b: NodeId,
    /// Hash of A's descriptor; its Noise key is A's static key.
    pub desc_a: Hash,
    /// Hash of the descriptor of B that A holds.
    pub desc_b: Hash,
    /// Random; zeros for kind 1.
    pub nonce: Id16,
    /// Unix seconds of A's clock; 0 for kind 1.
    pub time: u64,
    /// Noise message 1, 48 bytes.
    #[serde(with = "noise_text")]
    pub noise: [u8; NOISE_LEN],
    /// [`presentation`] of the secret, 16 bytes.
    pub token: Id16,
    /// A's signed descriptor sealed to B's mail key ([`seal_descriptor`]); always for kinds 3 and 4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub descriptor: Option<B64>,
    /// Proof of work, when B asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<Work>,
}

/// What makes two hellos the same attempt: a repetition gets the stored reply, anything else under a used
/// ticket is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt {
    /// Of the hello.
    pub kind: TicketKind,
    /// Of the hello.
    pub ticket_id: Id16,
    /// Of the hello.
    pub noise: [u8; NOISE_LEN],
    /// Of the hello.
    pub token: Id16,
}

impl Hello {
    /// Reads the JSON text strictly: unknown and doubled names refused, ≤ 64 KiB.
    ///
    /// # Errors
    /// Answer 400 `malformed`, or 413 `too_large` for [`JsonError::TooLarge`].
    pub fn parse(text: &[u8]) -> Result<Self, JsonError> {
        from_slice_strict(text, HELLO_MAX)
    }

    /// The JSON text.
    #[must_use]
    #[expect(clippy::expect_used, reason = "no map, no float: serialization of these fields cannot fail")]
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("plain fields")
    }

    /// (kind, ticket_id, noise, token): equality of attempts (PROTOCOL §4).
    #[must_use]
    pub const fn attempt(&self) -> Attempt {
        Attempt { kind: self.kind, ticket_id: self.ticket_id, noise: self.noise, token: self.token }
    }
}

/// serde form of Noise messages: base64url of exactly 48 bytes.
pub(crate) mod noise_text {
    use super::{Deserialize, Deserializer, NOISE_LEN, Serializer, b64_decode, b64_encode};
    use serde::de::Error as _;

    pub(crate) fn serialize<S: Serializer>(
        noise: &[u8; NOISE_LEN],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&b64_encode(noise))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<[u8; NOISE_LEN], D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = b64_decode(&text).map_err(D::Error::custom)?;
        bytes.try_into().map_err(|_| D::Error::custom("not 48 bytes"))
    }
}
