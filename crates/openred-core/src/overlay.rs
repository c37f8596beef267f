//! Frames of the overlay: signed messages that travel from hop to hop, and link messages between two neighbours
//! (PROTOCOL §6, Annex A.8).
//!
//! A signed message is kept as the bytes that its origin wrote, so that one message has one id wherever it is; only
//! `ttl` and `hops` around it change. A link message is proven by the session that it came in. Reading is strict and
//! bounded: what it refuses, no honest neighbour sends ([`Invalid`]). Must not know: who is a neighbour, what
//! was seen before, whether a key belongs to a node (the identity log says so), time.

mod body;
mod bundle;
mod draft;
mod kind;
mod link;
mod message;
mod proof;

pub use body::{Body, BodyView, Statements, Topics};
pub use bundle::Bundle;
pub use draft::Draft;
pub use kind::Kind;
pub use link::{Greeting, Link, PeerEntry, Range, RangeData, Tree};
pub use message::{Head, Message, Signed};
pub use proof::{Check, Proof};

use std::sync::Arc;

use crate::codec::{CodecError, Reader};

/// Version of the frame format, first element of every frame.
pub const VERSION: u64 = 1;
/// Most bytes of a frame.
pub const FRAME_MAX: usize = 65_536;
/// Most bytes of `signed_bytes`: a frame of it stays within [`FRAME_MAX`] with any proof, ttl and hops.
pub const SIGNED_MAX: usize = 65_000;
/// Most hops that a message travels; a larger ttl is read as this.
pub const TTL_MAX: u8 = 10;
/// Most messages under one signature.
pub const BUNDLE_MAX: usize = 256;
/// How far a timestamp may be ahead of one's own clock, in seconds: 10 minutes.
pub const AHEAD_MAX_S: u64 = 600;
/// Longest time from `timestamp` to `not_after`, in seconds: 30 days.
pub const LIFE_MAX_S: u64 = 30 * 86_400;
/// Most peers in one greeting or answer; most frames in a TRUSTED_PEERS_RESPONSE.
pub const PEERS_MAX: usize = 32;
/// Most ids of one IHAVE or IWANT.
pub const IDS_MAX: usize = 256;
/// Most topics of a message.
pub const TOPICS_MAX: usize = 8;
/// Longest topic in bytes.
pub const TOPIC_MAX: usize = 64;
/// Most bytes of a CUSTOM_DATA.
pub const CUSTOM_MAX: usize = 16 * 1024;
/// Most statements of one TRUST_UPDATE.
pub const STATEMENTS_MAX: usize = 256;
/// Most ranges of one RECONCILE.
pub const RANGES_MAX: usize = 4096;

/// What the bytes of a frame alone prove to be wrong: the deliverer pays. The name is evidence, for log and view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("invalid overlay frame: {0}")]
pub struct Invalid(pub &'static str);

impl From<CodecError> for Invalid {
    fn from(_: CodecError) -> Self {
        Self("malformed")
    }
}

/// A frame as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// `[1, ttl, hops, signed_bytes, proof]`, its proof not yet checked.
    Signed(Signed),
    /// `[1, type, payload]`.
    Link(Link),
}

impl Frame {
    /// Reads one frame of at most [`FRAME_MAX`] bytes; checks no signature.
    ///
    /// # Errors
    /// [`Invalid`]: the deliverer broke the format.
    pub fn decode(bytes: &[u8]) -> Result<Self, Invalid> {
        Self::decode_with(bytes, || bytes.into())
    }

    /// As [`Self::decode`]; a signed message keeps these bytes and copies nothing.
    ///
    /// # Errors
    /// [`Invalid`]: the deliverer broke the format.
    pub fn decode_shared(bytes: &Arc<[u8]>) -> Result<Self, Invalid> {
        Self::decode_with(bytes, || Arc::clone(bytes))
    }

    fn decode_with(bytes: &[u8], keep: impl FnOnce() -> Arc<[u8]>) -> Result<Self, Invalid> {
        if bytes.len() > FRAME_MAX {
            return Err(Invalid("frame too large"));
        }
        let mut r = Reader::new(bytes);
        let fields = r.array()?;
        if r.uint()? != VERSION {
            return Err(Invalid("version"));
        }
        match fields {
            3 => Link::read(r).map(Self::Link),
            5 => {
                let (ttl, hops) = (byte(&mut r)?, byte(&mut r)?);
                let tail = bytes.len() - r.rest().len();
                let message = Arc::new(Message::read(bytes, tail, keep)?);
                Ok(Self::Signed(Signed { ttl: ttl.min(TTL_MAX), hops, message }))
            }
            _ => Err(Invalid("malformed")),
        }
    }

    /// (ttl, hops) of a signed frame as they stand in it, the ttl not clamped, nothing else read; `None` for others.
    #[must_use]
    pub fn reach(bytes: &[u8]) -> Option<(u8, u8)> {
        let mut r = Reader::new(bytes);
        (r.array() == Ok(5) && r.uint() == Ok(VERSION)).then_some(())?;
        Some((byte(&mut r).ok()?, byte(&mut r).ok()?))
    }
}

fn byte(r: &mut Reader<'_>) -> Result<u8, Invalid> {
    u8::try_from(r.uint()?).map_err(|_| Invalid("malformed"))
}

fn text<'a>(r: &mut Reader<'a>, max: usize) -> Result<&'a str, Invalid> {
    let text = r.str()?;
    if text.len() > max { Err(Invalid("text too long")) } else { Ok(text) }
}

/// A list of at most `max` elements, each read by `read`.
fn list<'a, T>(
    r: &mut Reader<'a>,
    max: usize,
    read: impl Fn(&mut Reader<'a>) -> Result<T, Invalid>,
) -> Result<Vec<T>, Invalid> {
    let len = r.array()?;
    if len > max {
        return Err(Invalid("too many elements"));
    }
    // Exactly the room that is needed, and no more than a frame that lies about it has bytes.
    let mut all = Vec::with_capacity(len.min(r.rest().len()));
    for _ in 0..len {
        all.push(read(r)?);
    }
    Ok(all)
}
