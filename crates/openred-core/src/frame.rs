//! Frames of a session: `[u32 length][type:u8 ‖ MessagePack]`, ≤ 1 MiB (PROTOCOL §4, Annex A.5).
//!
//! Must not know: encryption, transports, which frame is allowed when.

mod decode;
mod stream;

use crate::{codec::Writer, hello::First, ids::Id8};

pub use stream::FrameStream;

/// Most bytes of a frame, its type byte included, its length prefix not.
pub const FRAME_MAX: usize = 1 << 20;
/// Most bytes of one DATA frame's piece.
pub const DATA_MAX: usize = 64 * 1024;
/// Most streams that one ACK names; also the most unknown streams accepted per peer.
pub const STREAMS_MAX: usize = 64;
/// Most numbers acknowledged out of order per stream in one ACK.
pub const ALSO_MAX: usize = 64;

/// Codes of CLOSE. A peer may send others: they end the session all the same.
pub mod close {
    /// Nothing happened for 300 s.
    pub const IDLE: &str = "idle";
    /// 2^20 frames, 1 GiB or an hour: meet again by pair ticket.
    pub const RENEW: &str = "renew";
    /// The other of two simultaneous sessions stays.
    pub const REPLACED: &str = "replaced";
    /// The identity log grew: a newer descriptor counts.
    pub const SUPERSEDED: &str = "superseded";
    /// The owner locked the node.
    pub const LOCKED: &str = "locked";
    /// A frame below type 128 that could not be read.
    pub const MALFORMED: &str = "malformed";
}

/// What an ITEM carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ItemKind {
    /// Canonical text of a signed envelope.
    Envelope = 1,
    /// Nothing: the item with this number failed or was withdrawn. Its body is empty.
    Tombstone = 2,
}

impl ItemKind {
    /// The kind of a number; `None` for one that this version does not know.
    #[must_use]
    pub const fn from_number(number: u64) -> Option<Self> {
        match number {
            1 => Some(Self::Envelope),
            2 => Some(Self::Tombstone),
            _ => None,
        }
    }
}

/// One item of a stream (PROTOCOL §5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Random per (pair, incarnation, lane).
    pub stream: Id8,
    /// Number in the stream, from 1.
    pub n: u64,
    /// Lowest number not acknowledged, 1 ≤ low ≤ n: a receiver behind it jumps there.
    pub low: u64,
    /// What `body` is.
    pub kind: ItemKind,
    /// Envelope text, or empty.
    pub body: Vec<u8>,
}

/// What has been written durably of one stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ack {
    /// Which stream.
    pub stream: Id8,
    /// Everything up to and including this number; 0 for nothing yet.
    pub upto: u64,
    /// Numbers above `upto` that are there too, ≤ 64.
    pub also: Vec<u64>,
}

/// A frame of Annex A.5.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Type 1, the first of each side, always Noise-encrypted with n = 0.
    First(First),
    /// Type 2.
    Item(Item),
    /// Type 3, after the durable write; ≤ 64 streams.
    Ack(Vec<Ack>),
    /// Type 4: a call with JSON text.
    Request {
        /// Names the answer.
        id: u32,
        /// Path of Annex A.5, ≤ 64 bytes.
        path: String,
        /// JSON text.
        json: String,
    },
    /// Type 5: the answer to the REQUEST of the same id.
    Response {
        /// Of the request.
        id: u32,
        /// As in HTTP, 100…599.
        status: u16,
        /// JSON text; a problem for 4xx and 5xx.
        json: String,
    },
    /// Type 6: bytes that follow a RESPONSE.
    Data {
        /// Of the request.
        id: u32,
        /// Where `bytes` begins in the whole.
        offset: u64,
        /// ≤ 64 KiB.
        bytes: Vec<u8>,
        /// No more follow.
        last: bool,
    },
    /// Type 7: an overlay frame of Annex A.8, verbatim.
    Overlay(Vec<u8>),
    /// Type 8: the session ends.
    Close {
        /// One of [`close`], or a later one; ≤ 32 bytes.
        code: String,
        /// For the log, ≤ 255 bytes.
        text: String,
    },
}

/// The peer broke the format: CLOSE `malformed` and end the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A length of 0 or beyond [`FRAME_MAX`].
    #[error("frame length {0} outside 1…1,048,576")]
    Length(u32),
    /// A type below 128 that does not exist.
    #[error("no frame type {0}")]
    Type(u8),
    /// The body is not what its type says.
    #[error("malformed body of frame type {0}")]
    Body(u8),
}

impl Frame {
    /// The type byte.
    #[must_use]
    pub const fn type_byte(&self) -> u8 {
        match self {
            Self::First(_) => 1,
            Self::Item(_) => 2,
            Self::Ack(_) => 3,
            Self::Request { .. } => 4,
            Self::Response { .. } => 5,
            Self::Data { .. } => 6,
            Self::Overlay(_) => 7,
            Self::Close { .. } => 8,
        }
    }

    /// `[u32 length][type ‖ MessagePack]`. Who builds a frame keeps the bounds that the fields name.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let body = self.body();
        debug_assert!(body.len() < FRAME_MAX, "frame of {} bytes", body.len());
        let mut out = Vec::with_capacity(5 + body.len());
        out.extend_from_slice(&(body.len() as u32 + 1).to_be_bytes());
        out.push(self.type_byte());
        out.extend_from_slice(&body);
        out
    }

    /// Reads `type ‖ MessagePack`, without the length. `None`: a type ≥ 128, to be ignored.
    ///
    /// # Errors
    /// [`FrameError`]: close the session as `malformed`.
    pub fn decode(frame: &[u8]) -> Result<Option<Self>, FrameError> {
        decode::frame(frame)
    }

    fn body(&self) -> Vec<u8> {
        let mut w = Writer::new();
        match self {
            Self::First(first) => return first.encode(),
            Self::Overlay(bytes) => return bytes.clone(),
            Self::Item(item) => w
                .array(5)
                .bin(&item.stream.0)
                .uint(item.n)
                .uint(item.low)
                .uint(item.kind as u64)
                .bin(&item.body),
            Self::Ack(acks) => acks.iter().fold(w.array(acks.len()), |w, ack| {
                w.array(3).bin(&ack.stream.0).uint(ack.upto).array(ack.also.len());
                ack.also.iter().fold(w, |w, n| w.uint(*n))
            }),
            Self::Request { id, path, json } => w.array(3).uint((*id).into()).str(path).str(json),
            Self::Response { id, status, json } => {
                w.array(3).uint((*id).into()).uint((*status).into()).str(json)
            }
            Self::Data { id, offset, bytes, last } => {
                w.array(4).uint((*id).into()).uint(*offset).bin(bytes).bool(*last)
            }
            Self::Close { code, text } => w.array(2).str(code).str(text),
        };
        w.into_vec()
    }
}
