//! Why a grant is refused: one variant per check (PROTOCOL §3.2).
//!
//! Must not know: how the checks are made.

use crate::hello::DescriptorRefusal;

/// A grant that is not used. Drop it, count it against the directory, write [`Self::name`] to the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantRefusal {
    /// The box is not for this node's grant key, directory, grant_id and role.
    #[error("box does not open")]
    Sealed,
    /// What the box holds is no grant.
    #[error("malformed grant")]
    Malformed,
    /// The core names another directory than the pinned one that sent it.
    #[error("not by the pinned directory")]
    DirectoryPinned,
    /// Not signed by the directory's newest key.
    #[error("bad signature of the directory")]
    Signature,
    /// Sealed under another grant_id than the core's.
    #[error("sealed under another grant id")]
    BoxNamesGrant,
    /// The half of the other role.
    #[error("half of the other role")]
    OwnRole,
    /// The core names somebody else in this node's place.
    #[error("for another node")]
    OwnId,
    /// An introduction to oneself.
    #[error("both places name one node")]
    TwoIds,
    /// Role A, and no own request with this directory, target and grant_id waits.
    #[error("answers no waiting request")]
    AnswersRequest,
    /// Role B, and A's request is for another grant.
    #[error("request for another grant")]
    RequestNamesGrant,
    /// Role B, and A did not ask this directory for this node.
    #[error("no signed request of the peer")]
    RequestSignature,
    /// Role B, and A's request is more than 10 minutes off.
    #[error("request out of time")]
    RequestTime,
    /// The descriptor of the peer is not acceptable.
    #[error("peer: {0}")]
    Peer(DescriptorRefusal),
    /// The core names a descriptor of this node that is neither current nor replaced within 24 hours.
    #[error("own descriptor is stale")]
    OwnDescriptor,
    /// The method is not what the directory's rule gives.
    #[error("method against the rule")]
    Method,
    /// The token does not stand for the committed secret.
    #[error("token of another secret")]
    SecretCommitted,
    /// Not within ±10 minutes.
    #[error("out of time")]
    Window,
}

impl GrantRefusal {
    /// Name of the check; `grant/sealed` and `grant/malformed` for bytes that hold no grant.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sealed => "grant/sealed",
            Self::Malformed | Self::Peer(DescriptorRefusal::Malformed | DescriptorRefusal::Sealed) => {
                "grant/malformed"
            }
            Self::DirectoryPinned => "grant/directory-pinned",
            Self::Signature => "grant/signature",
            Self::BoxNamesGrant => "grant/box-names-grant",
            Self::OwnRole => "grant/own-role",
            Self::OwnId => "grant/own-id",
            Self::TwoIds => "grant/two-ids",
            Self::AnswersRequest => "grant/answers-request",
            Self::RequestNamesGrant => "grant/request-names-grant",
            Self::RequestSignature => "grant/request-signature",
            Self::RequestTime => "grant/request-time",
            Self::Peer(DescriptorRefusal::Hash) => "grant/peer-descriptor-hash",
            Self::Peer(DescriptorRefusal::NamesPeer) => "grant/peer-descriptor-id",
            Self::Peer(DescriptorRefusal::NewestLog) => "grant/peer-newest-log",
            Self::Peer(DescriptorRefusal::NotOlderThanPinned) => "grant/peer-not-older-than-pinned",
            Self::Peer(DescriptorRefusal::Fresh) => "grant/peer-descriptor-fresh",
            Self::OwnDescriptor => "grant/own-descriptor",
            Self::Method => "grant/method",
            Self::SecretCommitted => "grant/secret-committed",
            Self::Window => "grant/window",
        }
    }
}
