//! Where knowledge of a node comes from, and who the owner's people are.
//!
//! Must not know: what follows from it.

use openred_core::ids::NodeId;

/// Who says where a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The owner: contacts, pins, configuration.
    Own,
    /// The bootstrap list.
    Bootstrap,
    /// A directory, by a descriptor that verified.
    Directory(NodeId),
    /// Seen on the local network; anybody there can say anything.
    Lan,
    /// The node itself in its session: its descriptor verified.
    Session,
    /// A verified PEER_ANNOUNCEMENT that this neighbour delivered; None: from the store.
    Announced {
        /// The deliverer.
        from: Option<NodeId>,
    },
    /// A neighbour says so; nothing is proven.
    Peer(NodeId),
}

impl Source {
    /// The node's own signature stands behind it, or the owner.
    pub(super) const fn is_verified(self) -> bool {
        match self {
            Self::Own | Self::Bootstrap | Self::Directory(_) | Self::Session | Self::Announced { .. } => true,
            Self::Lan | Self::Peer(_) => false,
        }
    }

    /// Private addresses from here are taken also where they are not admitted in general.
    pub(super) const fn may_be_private(self) -> bool {
        matches!(self, Self::Own | Self::Bootstrap | Self::Lan)
    }
}

/// One of the owner's people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acquaintance {
    /// Who.
    pub node_id: NodeId,
    /// An accepted friend.
    pub contact: bool,
    /// The owner follows it.
    pub followed: bool,
    /// A link with it is wanted always.
    pub pinned: bool,
}

/// Through what a link runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// QUIC between the two.
    Direct,
    /// QUIC through a relay.
    Relay,
    /// An HTTPS session.
    Https,
}
