//! All labels of signatures, here and nowhere else. Must not know keys.

use zeroize::Zeroizing;

/// What a signature is for; a signature under one label is worthless under any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Label {
    /// Entries of an identity log (Annex A.1).
    Log,
    /// Descriptors (Annex A.1).
    Descriptor,
    /// ORF 1.0 envelopes (§2).
    Orf1,
    /// Registration at a directory (Annex A.3).
    Register,
    /// Request for an introduction (Annex A.3).
    Request,
    /// Long poll at a directory (Annex A.3).
    Poll,
    /// What a directory says about a node (docs/protocol.md, section 5).
    Status,
    /// Half of a grant, by the directory (§3).
    Grant,
    /// Meeting again without the shared secret (§4).
    Rejoin,
    /// Answer to a second-factor challenge (§4).
    Challenge,
    /// Sealed mail (Annex A.7).
    Mail,
    /// Credential of a conversation device (§8).
    MlsLeaf,
    /// Countersigned order of conversation commits (Annex A.5).
    MlsOrder,
    /// Bundle of overlay frames (Annex A.8).
    Bundle,
    /// Single overlay frame (§6).
    Overlay,
    /// Calls of a queue's owner to its relay (Annex A.10).
    Relay,
    /// Entries of the node's own audit log; never on the wire.
    Audit,
}

impl Label {
    /// The label as signed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Log => "openred/log",
            Self::Descriptor => "openred/descriptor",
            Self::Orf1 => "openred/orf/1",
            Self::Register => "openred/register",
            Self::Request => "openred/request",
            Self::Poll => "openred/poll",
            Self::Status => "openred/status",
            Self::Grant => "openred/grant",
            Self::Rejoin => "openred/rejoin",
            Self::Challenge => "openred/challenge",
            Self::Mail => "openred/mail",
            Self::MlsLeaf => "openred/mls-leaf",
            Self::MlsOrder => "openred/mls-order",
            Self::Bundle => "openred/bundle",
            Self::Overlay => "openred/overlay",
            Self::Relay => "openred/relay",
            Self::Audit => "openred/audit",
        }
    }

    /// len(label):u8 ‖ label ‖ message: what Ed25519 signs. Wiped, because a signed message may hold a token.
    pub(super) fn labelled(self, message: &[u8]) -> Zeroizing<Vec<u8>> {
        let label = self.as_str().as_bytes();
        let mut bytes = Zeroizing::new(Vec::with_capacity(1 + label.len() + message.len()));
        bytes.push(label.len() as u8);
        bytes.extend_from_slice(label);
        bytes.extend_from_slice(message);
        bytes
    }
}
