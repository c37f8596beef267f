//! What can happen to the overlay.
//!
//! Must not know: what follows from it.

use std::sync::Arc;

use openred_core::{
    identity::IdentityLog,
    ids::NodeId,
    overlay::{Body, PeerEntry},
    sign::Signature,
};

pub use super::peers::{Acquaintance, Group, Source, Via};

/// Who this node is.
#[derive(Clone, Debug)]
pub struct Me {
    /// Its id.
    pub node_id: NodeId,
    /// Its identity log; a newer one comes by [`Input::Rotated`].
    pub log: Arc<IdentityLog>,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// A session with a peer whose node id is proven carries overlay frames now. A second one for a linked peer
    /// replaces the first.
    Connected {
        /// Who.
        peer: NodeId,
        /// We dialled.
        outbound: bool,
        /// Address group of the other end.
        group: Group,
        /// Through what.
        via: Via,
    },
    /// The answer to [`super::Effect::Connect`] that led nowhere.
    ConnectFailed {
        /// Who.
        peer: NodeId,
    },
    /// No session with this peer carries overlay frames any longer.
    Closed {
        /// Who.
        peer: NodeId,
    },
    /// A frame came in.
    Received {
        /// From whom.
        peer: NodeId,
        /// The frame, as it came; at most 64 KiB or it is refused. A message that is taken keeps it.
        bytes: Arc<[u8]>,
    },
    /// Bytes of frames left the peer's queue towards the network.
    Sent {
        /// To whom.
        peer: NodeId,
        /// How many: the sum of the frames' lengths, nothing added.
        bytes: usize,
    },
    /// Publish something; answered by `Effect::Published` or `Effect::Refused`.
    Publish {
        /// The driver's name for it.
        reference: u64,
        /// What. A body of any type may be published; applications use GOSSIP_MESSAGE and CUSTOM_DATA.
        body: Body,
        /// Seconds that it shall live, clamped to 30 days.
        life_s: u64,
    },
    /// The answer to [`super::Effect::Sign`].
    Signed {
        /// Which.
        batch: u64,
        /// `None`: the keeper is locked or refused.
        signature: Option<Signature>,
    },
    /// The answer to [`super::Effect::FetchLog`]; also welcome unasked, for logs that the driver holds anyway.
    LogFetched {
        /// Whose.
        origin: NodeId,
        /// Verified; `None` when it could not be had there.
        log: Option<Arc<IdentityLog>>,
    },
    /// The owner's people, all of them; replaces the list before.
    People(Vec<Acquaintance>),
    /// A way to a node became known.
    Known {
        /// Who and where.
        entry: PeerEntry,
        /// Who says so.
        source: Source,
    },
    /// A way to this node is wanted: answered by `Effect::Found` as soon as one is known.
    Find {
        /// Whose.
        node_id: NodeId,
    },
    /// The own descriptor, signed, is new: it is announced at once and then daily.
    Descriptor {
        /// Signed object of Annex A.1.
        signed: Vec<u8>,
    },
    /// The own log grew: new messages are signed by its newest key. What was published under the old key and is
    /// alive is announced no longer by others; publish again what should last.
    Rotated {
        /// The own log.
        log: Arc<IdentityLog>,
    },
    /// [`super::Overlay::next_wake`] has come.
    Tick,
}
