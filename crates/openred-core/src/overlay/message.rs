//! A signed message: verbatim bytes, its head read once, its id computed once.
//!
//! Must not know: whether the proof holds (see [`Check`]), whether the key is the node's.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::body::{self, Body, BodyView};
use super::proof::{Check, Proof};
use super::{AHEAD_MAX_S, Frame, Invalid, Kind, LIFE_MAX_S, SIGNED_MAX, TTL_MAX, VERSION};
use crate::codec::{Reader, Writer};
use crate::identity::MAX_ENTRIES;
use crate::ids::{Hash, Id16, NodeId};

/// A message as it came from a neighbour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Hops that it may still travel, ≤ [`TTL_MAX`].
    pub ttl: u8,
    /// Hops that it says to have travelled; for metrics only.
    pub hops: u8,
    /// The message, the same on every hop.
    pub message: Arc<Message>,
}

/// What every signed message says besides its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// PEER_ANNOUNCEMENT, GOSSIP_MESSAGE, CUSTOM_DATA or TRUST_UPDATE.
    pub kind: Kind,
    /// The origin.
    pub node_id: NodeId,
    /// Entry of the origin's identity log that names `signing_key`.
    pub log_seq: u32,
    /// Ed25519 public key, 32 bytes. Not yet known to be a key, nor to be the origin's: compare with the log.
    pub signing_key: [u8; 32],
    /// Unix seconds.
    pub timestamp: u64,
    /// Unix seconds, from `timestamp` to [`LIFE_MAX_S`] later.
    pub not_after: u64,
}

impl Head {
    /// Whether the message has ended: drop it without penalty.
    #[must_use]
    pub const fn expired(&self, now_s: u64) -> bool {
        now_s > self.not_after
    }

    /// Whether it is more than 10 minutes ahead: drop it without penalty.
    #[must_use]
    pub const fn ahead(&self, now_s: u64) -> bool {
        self.timestamp > now_s.saturating_add(AHEAD_MAX_S)
    }

    pub(super) fn write(&self, w: &mut Writer) {
        w.array(7).uint(self.kind.number().into()).bin(&self.node_id.0).uint(self.log_seq.into());
        w.bin(&self.signing_key).uint(self.timestamp).uint(self.not_after);
    }

    /// Reads everything before the payload.
    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self, Invalid> {
        r.array_of(7)?;
        let kind = Kind::of(r.uint()?).ok_or(Invalid("type"))?;
        let node_id = NodeId(r.bin_of()?);
        let log_seq = u32::try_from(r.uint()?).ok().filter(|seq| (*seq as usize) < MAX_ENTRIES);
        let log_seq = log_seq.ok_or(Invalid("log_seq"))?;
        let signing_key = r.bin_of()?;
        let (timestamp, not_after) = (r.uint()?, r.uint()?);
        match not_after.checked_sub(timestamp) {
            Some(..=LIFE_MAX_S) => Ok(Self { kind, node_id, log_seq, signing_key, timestamp, not_after }),
            _ => Err(Invalid("not_after")),
        }
    }
}

/// A signed message, parsed and not verified.
pub struct Message {
    /// A frame of it, verbatim: the one that it was read from.
    frame: Arc<[u8]>,
    /// Where the frame's fourth element begins: `signed_bytes` with its length, then the proof.
    tail: usize,
    /// Where `signed_bytes` lies in `frame`.
    signed: Range<usize>,
    /// Where the payload begins in `frame`; it ends with `signed`.
    payload: usize,
    id: Hash,
    head: Head,
    proof: Proof,
}

impl Message {
    /// Reads a frame from its element `signed_bytes`, at `tail`, on. Only what is sound is kept, by `keep`.
    pub(super) fn read(bytes: &[u8], tail: usize, keep: impl FnOnce() -> Arc<[u8]>) -> Result<Self, Invalid> {
        let mut r = Reader::new(bytes.get(tail..).unwrap_or_default());
        let signed_bytes = r.bin()?;
        if signed_bytes.len() > SIGNED_MAX {
            return Err(Invalid("message too large"));
        }
        let end = bytes.len() - r.rest().len();
        let proof = Proof::read(&mut r)?;
        r.end()?;
        let mut inner = Reader::new(signed_bytes);
        let head = Head::read(&mut inner)?;
        let payload = end - inner.rest().len();
        body::view(head.kind, inner.rest())?;
        let signed = end - signed_bytes.len()..end;
        Ok(Self { id: Hash::of(&[signed_bytes]), frame: keep(), tail, signed, payload, head, proof })
    }

    /// The message of `signed_bytes` and its proof, as a neighbour would read it.
    pub(super) fn of(signed_bytes: &[u8], proof: &Proof) -> Result<Arc<Self>, Invalid> {
        let mut w = Writer::with_capacity(signed_bytes.len() + 128);
        w.array(5).uint(VERSION).uint(0).uint(0).bin(signed_bytes);
        proof.write(&mut w);
        match Frame::decode(&w.into_vec())? {
            Frame::Signed(signed) => Ok(signed.message),
            Frame::Link(_) => Err(Invalid("malformed")),
        }
    }

    /// SHA-256 of the signed bytes: the name of the message everywhere.
    #[must_use]
    pub const fn id(&self) -> Hash {
        self.id
    }

    /// The first 16 bytes of the id, as IHAVE, IWANT and RECONCILE carry it.
    #[must_use]
    pub fn short(&self) -> Id16 {
        self.id.short()
    }

    /// What it says about itself.
    #[must_use]
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// The bytes that the origin signed or bundled, verbatim.
    #[must_use]
    pub fn signed_bytes(&self) -> &[u8] {
        &self.frame[self.signed.clone()]
    }

    /// What is said to prove them.
    #[must_use]
    pub const fn proof(&self) -> &Proof {
        &self.proof
    }

    /// The payload, borrowed.
    ///
    /// # Errors
    /// None for a message that was read: its payload was looked at then.
    pub fn view(&self) -> Result<BodyView<'_>, Invalid> {
        body::view(self.head.kind, &self.frame[self.payload..self.signed.end])
    }

    /// The payload, copied.
    ///
    /// # Errors
    /// None for a message that was read: its payload was looked at then.
    pub fn body(&self) -> Result<Body, Invalid> {
        self.view().map(BodyView::to_body)
    }

    /// The whole wire frame; `ttl` is clamped to [`TTL_MAX`].
    #[must_use]
    pub fn frame(&self, ttl: u8, hops: u8) -> Vec<u8> {
        let mut frame = header(ttl, hops);
        frame.extend_from_slice(self.tail());
        frame
    }

    /// As [`Self::frame`], for several owners: the frame that the message was read from where it is the same.
    #[must_use]
    pub fn shared_frame(&self, ttl: u8, hops: u8) -> Arc<[u8]> {
        let header = header(ttl, hops);
        if self.frame[..self.tail] == *header {
            return Arc::clone(&self.frame);
        }
        if header.len() != self.tail {
            return self.frame(ttl, hops).into();
        }
        let mut frame: Arc<[u8]> = Arc::from(&*self.frame);
        if let Some(bytes) = Arc::get_mut(&mut frame) {
            bytes[..header.len()].copy_from_slice(&header);
        }
        frame
    }

    /// `signed_bytes` with its length, and the proof.
    fn tail(&self) -> &[u8] {
        &self.frame[self.tail..]
    }

    /// The one signature check that proves the message, if `signing_key` is the origin's by its log.
    #[must_use]
    pub fn check(&self) -> Check<'_> {
        Check::of(self.head.signing_key, self.signed_bytes(), &self.proof)
    }

    /// Bytes of its frame with fewer than 128 hops.
    #[must_use]
    pub fn size(&self) -> usize {
        4 + self.tail().len()
    }
}

/// The first three elements of a frame.
fn header(ttl: u8, hops: u8) -> Vec<u8> {
    let mut w = Writer::with_capacity(8);
    w.array(5).uint(VERSION).uint(ttl.min(TTL_MAX).into()).uint(hops.into());
    w.into_vec()
}

impl PartialEq for Message {
    fn eq(&self, other: &Self) -> bool {
        self.tail() == other.tail()
    }
}

impl Eq for Message {}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({} {:?} of {:?})", self.head.kind.name(), self.id, self.head.node_id)
    }
}
