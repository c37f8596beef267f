//! The handshake step by step (PROTOCOL §4). A: `Start` → `Finish` → `Complete`; B: `CheckHello` →
//! `Accept` → `Confirm`. Secrets stay inside; what must outlive the process leaves sealed.

use openred_core::ids::{Hash, Id16, NodeId};
use serde::{Deserialize, Serialize};

use crate::blob::Blob;
use crate::secret::Secret;

/// What the handshake is made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ticket {
    /// A ticket that this keeper sealed: from a grant, an earlier session, or an invitation.
    Sealed(Blob),
    /// Kind 4: no introduction.
    Open,
}

/// Role A, message 1. Kind 1 is burnt by the caller durably before the hello leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// With which ticket.
    pub ticket: Ticket,
    /// Own signed descriptor, the one named in the grant or the present one.
    pub own_descriptor: Blob,
    /// The peer's signed descriptor, checked against the pins by the caller.
    pub peer_descriptor: Blob,
    /// TLS exporter on QUIC, zeros on HTTPS.
    pub binding: [u8; 32],
    /// Whether to attach the own descriptor, sealed to the peer's mail key (always for kinds 3 and 4).
    pub attach_descriptor: bool,
    /// Whether the peer is a contact that is met again without the shared secret (kind 4).
    pub rejoin: bool,
}

/// Message 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// Names the handshake from now on.
    pub handle: u64,
    /// JSON text of the hello; a retry sends the same bytes.
    pub hello: Blob,
}

/// Role B, before any curve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckHello {
    /// JSON text as it came.
    pub hello: Blob,
    /// The ticket it names, from the caller's table.
    pub ticket: Ticket,
}

/// The presentation is right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelloChecked {
    /// The descriptor that was attached, opened but not verified: the caller holds it against its pins
    /// with `openred_core::hello::accept_descriptor`.
    pub descriptor: Option<Blob>,
}

/// Role B, message 2. The caller burns kind 1 and binds kind 3 durably before it leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accept {
    /// JSON text as it came.
    pub hello: Blob,
    /// The ticket it names.
    pub ticket: Ticket,
    /// Own signed descriptor that hashes to `desc_b`.
    pub own_descriptor: Blob,
    /// The peer's signed descriptor that hashes to `desc_a`, checked against the pins by the caller.
    pub peer_descriptor: Blob,
    /// TLS exporter on QUIC, zeros on HTTPS.
    pub binding: [u8; 32],
    /// Whether the peer is a contact that is met again without the shared secret (kind 4).
    pub rejoin: bool,
}

/// Message 2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Names the handshake from now on.
    pub handle: u64,
    /// 48 bytes.
    pub noise: Blob,
    /// Name of the session.
    pub session_id: Id16,
}

/// Role A, after message 2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finish {
    /// Of [`Started`].
    pub handle: u64,
    /// Message 2, 48 bytes.
    pub noise: Blob,
    /// Own capabilities, `[a-z0-9_]{1,32}`, at most 32.
    pub capabilities: Vec<String>,
}

/// A's first frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finished {
    /// Name of the session: must be what B answered.
    pub session_id: Id16,
    /// Ciphertext of the first frame, Noise n = 0.
    pub first: Blob,
}

/// Role B, after A's first frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirm {
    /// Of [`Accepted`].
    pub handle: u64,
    /// Ciphertext of A's first frame.
    pub first: Blob,
    /// Own capabilities.
    pub capabilities: Vec<String>,
}

/// B's first frame; for B the session stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    /// Ciphertext of the first frame, Noise n = 0.
    pub first: Blob,
    /// The session.
    pub session: Session,
}

/// An established session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Proven id of the other side.
    pub peer: NodeId,
    /// Name of the session.
    pub session_id: Id16,
    /// Handshake hash: salt and name, never a key.
    pub h: Hash,
    /// `tx ‖ rx`, 64 bytes, for `openred_core::session_keys::SessionKeys`; next n is 1 for both sides.
    pub keys: Secret,
    /// Id of the new pair secret.
    pub pair_id: Id16,
    /// The pair secret, sealed: the ticket of the next handshake. The last four per contact are kept.
    pub pair_ticket: Blob,
    /// What the other side can do.
    pub capabilities: Vec<String>,
    /// Whether the peer proved with its signing key that it is a contact met again.
    pub rejoined: bool,
}

/// Secret of an invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    /// Invite id.
    pub invite_id: Id16,
    /// The 32 bytes that go into the link; the caller forgets them after showing it.
    pub secret: Secret,
    /// The same, sealed: the ticket to keep.
    pub ticket: Blob,
}
