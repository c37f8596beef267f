//! Who does not keep the rules: actors around a production machine, changing what goes out and comes in.
//!
//! They speak with core's codecs only. Must not know: the world; what they do by themselves is in `pulse`.

use std::sync::Arc;

use openred_core::overlay::{Frame, Link, Range, RangeData};

/// What a node is up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Keeps the rules.
    Honest,
    /// Shakes hands, beats, announces ids, and never sends a payload or a log.
    Silent,
    /// As silent, and announces ids that nobody has, and says *nothing missing* to every reconciliation.
    Lying,
    /// Sends each message on with the largest ttl that fits a byte.
    TtlRaiser,
    /// Makes a hundred times what an origin may make.
    Flooder,
    /// Recommends its accomplices as much as it can; behaves otherwise.
    Ring,
    /// Tells of its accomplices only, and never sends a payload.
    Eclipse,
    /// Sends messages of others on with a signature that does not hold.
    Forger,
    /// Its identity log has two ends: half of all see the one, half the other.
    Equivocator,
}

/// What becomes of a frame at the edge of an evil node.
#[derive(Debug, PartialEq, Eq)]
pub enum Edge {
    /// It passes.
    Passes,
    /// It vanishes.
    Vanishes,
    /// It becomes this.
    Becomes(Arc<[u8]>),
    /// It vanishes, and this is sent back.
    Answered(Arc<[u8]>),
}

impl Role {
    /// Whether it holds payloads back.
    #[must_use]
    pub const fn is_mute(self) -> bool {
        matches!(self, Self::Silent | Self::Lying | Self::Eclipse)
    }

    /// A frame of its own machine wants to leave.
    #[must_use]
    pub fn leaves(self, frame: &Arc<[u8]>, accomplices: &[openred_core::overlay::PeerEntry]) -> Edge {
        if matches!(self, Self::Honest | Self::Ring | Self::Flooder | Self::Equivocator) {
            return Edge::Passes;
        }
        match (self, Frame::decode_shared(frame)) {
            (Self::TtlRaiser, Ok(Frame::Signed(signed))) => {
                Edge::Becomes(signed.message.shared_frame(u8::MAX, 0))
            }
            (Self::Forger, Ok(Frame::Signed(_))) => Edge::Becomes(forged(frame).into()),
            (Self::TtlRaiser | Self::Forger, _) => Edge::Passes,
            (_, Ok(Frame::Signed(_) | Frame::Link(Link::TrustedPeersResponse(_)))) => Edge::Vanishes,
            (Self::Eclipse, Ok(Frame::Link(link))) => only_accomplices(link, accomplices),
            _ => Edge::Passes,
        }
    }

    /// A frame arrives for its machine.
    #[must_use]
    pub fn enters(self, bytes: &[u8]) -> Edge {
        if self != Self::Lying {
            return Edge::Passes;
        }
        let Ok(Frame::Link(Link::Reconcile { session, ranges })) = Frame::decode(bytes) else {
            return Edge::Passes;
        };
        if ranges.iter().all(|range| range.data == RangeData::Skip) {
            return Edge::Vanishes;
        }
        let all = Range { upper_time: u64::MAX, upper_id: Vec::new(), data: RangeData::Skip };
        Edge::Answered(Link::Reconcile { session, ranges: vec![all] }.encode().into())
    }
}

/// A frame ends with its proof.
fn forged(frame: &[u8]) -> Vec<u8> {
    let mut bytes = frame.to_vec();
    bytes.last_mut().into_iter().for_each(|byte| *byte ^= 1);
    bytes
}

fn only_accomplices(link: Link, accomplices: &[openred_core::overlay::PeerEntry]) -> Edge {
    let named = || accomplices.iter().take(openred_core::overlay::PEERS_MAX).cloned().collect();
    match link {
        Link::Handshake(mut greeting) => {
            greeting.peers = named();
            Edge::Becomes(Link::Handshake(greeting).encode().into())
        }
        Link::HandshakeAck(mut greeting) => {
            greeting.peers = named();
            Edge::Becomes(Link::HandshakeAck(greeting).encode().into())
        }
        Link::Peers(_) => Edge::Becomes(Link::Peers(named()).encode().into()),
        _ => Edge::Passes,
    }
}
