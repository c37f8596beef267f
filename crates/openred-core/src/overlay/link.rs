//! Messages between two neighbours: unsigned, proven by their session, one hop (PROTOCOL §6, Annex A.8).
//!
//! Must not know: when which message is due.

mod peer;
mod range;
mod read;
mod write;

pub use peer::{Greeting, PeerEntry};
pub use range::{Range, RangeData};

use super::{FRAME_MAX, Kind, PEERS_MAX};
use crate::ids::{Id16, NodeId};

/// Which tree a payload travels along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tree {
    /// The tree of one origin that talks.
    Origin(NodeId),
    /// One of the 16 trees that all others share: the last byte of the origin's id mod 16.
    Shared(u8),
}

impl Tree {
    /// Shared trees.
    pub const SHARED: u8 = 16;

    /// The shared tree of an origin.
    #[must_use]
    pub const fn shared(origin: &NodeId) -> Self {
        Self::Shared(origin.0[31] % Self::SHARED)
    }
}

/// A link message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// Who begins says what it speaks and whom it knows.
    Handshake(Greeting),
    /// The answer.
    HandshakeAck(Greeting),
    /// The sender leaves this neighbour.
    Disconnect {
        /// ≤ 32 bytes.
        code: String,
        /// For the log, ≤ 255 bytes.
        text: String,
    },
    /// Asks for peers.
    Discovery {
        /// How many at most, ≤ 32.
        max: u8,
        /// Only this node, or any.
        node_id: Option<NodeId>,
    },
    /// The answer to a discovery, ≤ 32. On the wire it is the unsigned form of PEER_ANNOUNCEMENT.
    Peers(Vec<PeerEntry>),
    /// Still here.
    Heartbeat {
        /// Counts up from any number.
        counter: u64,
        /// Unix seconds.
        now: u64,
        /// `counter` of the heartbeat that this one answers; an answer is not answered.
        echo: Option<u64>,
    },
    /// Asks for TRUST_UPDATEs.
    TrustedPeersRequest {
        /// How many at most, ≤ 32.
        max: u8,
    },
    /// Frames of TRUST_UPDATEs, each as it came, ≤ 32; see [`Link::trusted`].
    TrustedPeersResponse(Vec<Vec<u8>>),
    /// Messages that the sender holds.
    Ihave {
        /// The tree that they travel along.
        tree: Tree,
        /// Send me no payload of this tree.
        prune: bool,
        /// First 16 bytes of the id, and timestamp in unix seconds; ≤ 256.
        ids: Vec<(Id16, u64)>,
    },
    /// Messages that the sender wants.
    Iwant {
        /// The tree to mend, or none after a reconciliation.
        tree: Option<Tree>,
        /// From now on send me payloads of this tree at once.
        graft: bool,
        /// First 16 bytes of the ids, ≤ 256.
        ids: Vec<Id16>,
    },
    /// One step of a reconciliation.
    Reconcile {
        /// Chosen by who began it.
        session: u32,
        /// See [`Range::check`].
        ranges: Vec<Range>,
    },
}

impl Link {
    /// The type on the wire.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Handshake(_) => Kind::Handshake,
            Self::HandshakeAck(_) => Kind::HandshakeAck,
            Self::Disconnect { .. } => Kind::Disconnect,
            Self::Discovery { .. } => Kind::PeerDiscovery,
            Self::Peers(_) => Kind::PeerAnnouncement,
            Self::Heartbeat { .. } => Kind::Heartbeat,
            Self::TrustedPeersRequest { .. } => Kind::TrustedPeersRequest,
            Self::TrustedPeersResponse(_) => Kind::TrustedPeersResponse,
            Self::Ihave { .. } => Kind::Ihave,
            Self::Iwant { .. } => Kind::Iwant,
            Self::Reconcile { .. } => Kind::Reconcile,
        }
    }

    /// A TRUSTED_PEERS_RESPONSE of the first frames that fit one frame; the others are left out.
    #[must_use]
    pub fn trusted(frames: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let mut room = FRAME_MAX - 16;
        let fits = |frame: &Vec<u8>| {
            let size = frame.len() + 6;
            let fits = size <= room;
            room = room.saturating_sub(size);
            fits
        };
        Self::TrustedPeersResponse(frames.into_iter().take(PEERS_MAX).take_while(fits).collect())
    }

    /// The whole wire frame of [`Link::Ihave`], of ids that somebody else keeps; ≤ 256.
    #[must_use]
    pub fn ihave(tree: &Tree, prune: bool, ids: &[(Id16, u64)]) -> Vec<u8> {
        write::ihave_frame(tree, prune, ids)
    }

    /// The whole wire frame `[1, type, payload]`. Who builds a message keeps the bounds that the fields name.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let frame = write::frame(self);
        debug_assert!(frame.len() <= FRAME_MAX, "{} of {} bytes", self.kind().name(), frame.len());
        frame
    }
}
