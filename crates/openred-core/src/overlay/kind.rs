//! The types of overlay messages (PROTOCOL §6). Must not know their payloads.

/// Type of a message, numbered as on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Link: the first message of each session's overlay, by its initiator.
    Handshake = 1,
    /// Link: the answer to a HANDSHAKE.
    HandshakeAck,
    /// Link: the sender leaves this neighbour.
    Disconnect,
    /// Link: asks for peers, or for one node.
    PeerDiscovery,
    /// Signed: the origin's descriptor. Link: peers, the answer to PEER_DISCOVERY.
    PeerAnnouncement,
    /// Link: still here.
    Heartbeat,
    /// Signed: content of an application.
    GossipMessage,
    /// Signed: data of an application that has a handler for it.
    CustomData,
    /// Signed: recommendations.
    TrustUpdate,
    /// Link: asks for the recommendations that the neighbour holds.
    TrustedPeersRequest,
    /// Link: the answer to TRUSTED_PEERS_REQUEST.
    TrustedPeersResponse,
    /// Link: ids of messages that the sender holds.
    Ihave,
    /// Link: ids of messages that the sender wants.
    Iwant,
    /// Link: one step of set reconciliation.
    Reconcile,
}

impl Kind {
    /// All, in the order of the wire.
    pub const ALL: [Self; 14] = [
        Self::Handshake,
        Self::HandshakeAck,
        Self::Disconnect,
        Self::PeerDiscovery,
        Self::PeerAnnouncement,
        Self::Heartbeat,
        Self::GossipMessage,
        Self::CustomData,
        Self::TrustUpdate,
        Self::TrustedPeersRequest,
        Self::TrustedPeersResponse,
        Self::Ihave,
        Self::Iwant,
        Self::Reconcile,
    ];

    /// The type of this number; `None` for a number that is no type.
    #[must_use]
    pub fn of(number: u64) -> Option<Self> {
        usize::try_from(number.checked_sub(1)?).ok().and_then(|at| Self::ALL.get(at)).copied()
    }

    /// The number on the wire, 1…14.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The name in PROTOCOL §6, for metrics and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Handshake => "HANDSHAKE",
            Self::HandshakeAck => "HANDSHAKE_ACK",
            Self::Disconnect => "DISCONNECT",
            Self::PeerDiscovery => "PEER_DISCOVERY",
            Self::PeerAnnouncement => "PEER_ANNOUNCEMENT",
            Self::Heartbeat => "HEARTBEAT",
            Self::GossipMessage => "GOSSIP_MESSAGE",
            Self::CustomData => "CUSTOM_DATA",
            Self::TrustUpdate => "TRUST_UPDATE",
            Self::TrustedPeersRequest => "TRUSTED_PEERS_REQUEST",
            Self::TrustedPeersResponse => "TRUSTED_PEERS_RESPONSE",
            Self::Ihave => "IHAVE",
            Self::Iwant => "IWANT",
            Self::Reconcile => "RECONCILE",
        }
    }
}
