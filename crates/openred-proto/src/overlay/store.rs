//! What of the overlay outlives the process: rows, changes, and the contract of whoever keeps them.
//!
//! The machines say [`Change`]; a [`PeerStore`] makes it last and gives everything back as [`Restored`]. Tables and
//! columns bear S3's names (`peers messages_seen trust_events network_state`), ours stand beside them. Two
//! implementations: SQL in the node, [`MapStore`] here for the simulator; both pass [`contract::check`].
//! Must not know: SQL, files, what the rows are good for.

mod bounds;
pub mod contract;
mod map;

use std::{borrow::Cow, sync::Arc};

use openred_core::{
    ids::{Hash, NodeId},
    overlay::PeerEntry,
};

use super::peers::{Group, Introducer};

pub use bounds::{
    LOG_ROWS_MAX, MESSAGE_ROWS_MAX, PEER_AGE_S, PEER_ROWS_MAX, SEEN_AGE_S, SEEN_ROWS_MAX, TRUST_EVENT_AGE_S,
    TRUST_EVENT_ROWS_MAX,
};
pub use map::MapStore;

/// An address book entry: half of a row of `peers`. The other half is [`TrustRow`]; a row goes when both are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerRow {
    /// Whom it is about and how to reach it (column `address` is its first address or its relay).
    pub entry: PeerEntry,
    /// The group under which it is filed: that of the link when there was one, else of what it claims.
    pub group: Group,
    /// The group that told us first: decides its buckets.
    pub introducer: Introducer,
    /// There was a link once.
    pub tried: bool,
    /// Unix seconds of the last sign of life; 0 = never.
    pub last_seen: u64,
}

impl PeerRow {
    /// S3's column `address`: the first address, else the relay, else empty.
    #[must_use]
    pub fn address(&self) -> String {
        match (self.entry.addresses.first(), &self.entry.quic_relay) {
            (Some(address), _) => address.to_string(),
            (None, Some(relay)) => relay.clone(),
            (None, None) => String::new(),
        }
    }
}

/// What one's own experience with a node amounts to: the other half of a row of `peers` (PROTOCOL §7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustRow {
    /// Of whom.
    pub node_id: NodeId,
    /// Direct trust at `decayed_at`, in millionths (column `trust_score`).
    pub direct: i64,
    /// Unix seconds up to which decay is in `direct`.
    pub decayed_at: u64,
    /// Direct trust at the end of each of the seven days before, oldest first, in millionths.
    pub week: [i64; 7],
    /// Valid first deliveries ever.
    pub valid: u64,
    /// Invalid frames ever.
    pub invalid: u64,
    /// Day (unix seconds / 86,400) of the last credit.
    pub credit_day: u64,
    /// Credits of that day, ≤ 20.
    pub credits: u8,
    /// Unix seconds of the last counted timeout; 0 = never.
    pub timeout_at: u64,
    /// Unix seconds of the first link.
    pub first_seen: u64,
    /// Address group of the last link.
    pub group: Option<Group>,
    /// Who brought it to us first; None when there was no link yet.
    pub introducer: Option<Introducer>,
    /// The last link was begun by us.
    pub outbound: bool,
}

/// One line of `trust_events`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustEventRow {
    /// About whom.
    pub node_id: NodeId,
    /// What happened.
    pub event_type: TrustEvent,
    /// What the bytes proved, for [`TrustEvent::Invalid`]; else empty.
    pub detail: Cow<'static, str>,
    /// Change of direct trust in millionths.
    pub trust_delta: i64,
    /// Unix seconds.
    pub timestamp: u64,
}

/// Column `event_type` of `trust_events`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrustEvent {
    /// A credited valid first delivery.
    Valid,
    /// Bytes that prove by themselves that they are wrong.
    Invalid,
    /// An open session fell silent while others answered.
    Timeout,
}

impl TrustEvent {
    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Timeout => "timeout",
        }
    }

    /// From the stored form; None for any other text.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        [Self::Valid, Self::Invalid, Self::Timeout].into_iter().find(|event| event.as_str() == text)
    }
}

/// One line of `messages_seen`: this id came by and is not taken again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenRow {
    /// SHA-256 of the signed bytes.
    pub message_id: Hash,
    /// Unix seconds until which the message lives.
    pub not_after: u64,
    /// The origin's time, unix seconds (column `timestamp`).
    pub timestamp: u64,
    /// The origin.
    pub sender_id: NodeId,
}

/// A message that is still alive, as a whole frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    /// SHA-256 of the signed bytes.
    pub id: Hash,
    /// Unix seconds until which it lives.
    pub not_after: u64,
    /// The wire frame with its proof.
    pub frame: Arc<[u8]>,
}

/// What must outlive the process. Losing the last few changes costs a repetition, never a wrong state: an overlay
/// change needs no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// New or changed address half of a row of `peers`.
    Peer(PeerRow),
    /// The address half goes; the row with it when there is no trust half.
    ForgetPeer {
        /// Of whom.
        node_id: NodeId,
    },
    /// New or changed trust half of a row of `peers`.
    Trust(TrustRow),
    /// The trust half goes; the row with it when there is no address half.
    ForgetTrust {
        /// Of whom.
        node_id: NodeId,
    },
    /// A line for `trust_events`.
    TrustEvent(TrustEventRow),
    /// A line for `messages_seen`; the same id again changes nothing.
    Seen(SeenRow),
    /// Keep this message.
    Message(MessageRow),
    /// This message is no longer held.
    ForgetMessage {
        /// Which.
        id: Hash,
    },
    /// The identity log of an origin, verified; replaces the one held.
    Log {
        /// Whose.
        node_id: NodeId,
        /// Its entries, as signed.
        entries: Vec<Vec<u8>>,
    },
    /// An identity log is no longer held.
    ForgetLog {
        /// Whose.
        node_id: NodeId,
    },
    /// `network_state`, key `anchors`: whom to dial first after a start.
    Anchors {
        /// Oldest first.
        nodes: Vec<NodeId>,
        /// Unix seconds (column `updated_at`).
        at: u64,
    },
    /// `network_state`, key `bucket_secret`: 32 bytes that place addresses in buckets. Written once.
    Secret {
        /// The bytes.
        secret: [u8; 32],
        /// Unix seconds (column `updated_at`).
        at: u64,
    },
}

/// What was stored before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// In order of node id.
    pub peers: Vec<PeerRow>,
    /// In order of node id.
    pub trust: Vec<TrustRow>,
    /// In order of message id.
    pub seen: Vec<SeenRow>,
    /// In order of message id.
    pub messages: Vec<MessageRow>,
    /// In order of node id.
    pub logs: Vec<(NodeId, Vec<Vec<u8>>)>,
    /// As last stored.
    pub anchors: Vec<NodeId>,
    /// None before the first start.
    pub secret: Option<[u8; 32]>,
}

/// Rows per table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows of `peers`.
    pub peers: usize,
    /// Rows of `messages_seen`.
    pub seen: usize,
    /// Rows of `trust_events`.
    pub trust_events: usize,
    /// Messages held.
    pub messages: usize,
    /// Identity logs held.
    pub logs: usize,
}

/// The store did not do it. Nothing of the one change is in it; log once and go on with the next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("overlay store: {0}")]
pub struct StoreError(pub String);

/// Keeps the overlay's rows. Every method is one unit: done or not done.
pub trait PeerStore {
    /// Everything, as it was left.
    ///
    /// # Errors
    /// The store cannot be read: start with `Restored::default()` and say so.
    fn load(&self) -> Result<Restored, StoreError>;

    /// Makes one change last. Doing it twice is the same as once, but for [`Change::TrustEvent`].
    ///
    /// # Errors
    /// Nothing was changed.
    fn apply(&mut self, change: &Change) -> Result<(), StoreError>;

    /// Enforces the limits of this module: what is too old at `now_s` (unix seconds) goes, then the oldest beyond the
    /// row limit. Call at start and once an hour.
    ///
    /// # Errors
    /// Nothing was changed.
    fn trim(&mut self, now_s: u64) -> Result<(), StoreError>;

    /// How many rows there are.
    ///
    /// # Errors
    /// The store cannot be read.
    fn counts(&self) -> Result<Counts, StoreError>;

    /// The newest `max` lines of `trust_events` about a node, newest first: the reasons on the network page.
    ///
    /// # Errors
    /// The store cannot be read.
    fn trust_events(&self, node_id: &NodeId, max: usize) -> Result<Vec<TrustEventRow>, StoreError>;
}
