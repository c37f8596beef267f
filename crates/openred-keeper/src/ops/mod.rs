//! What can be asked of the key process and what it answers. One request, one response or one
//! [`Refusal`]. Everything is a value: it must not know sockets, files or threads.

mod audit;
mod call;
mod descriptor;
mod grant;
mod handshake;
mod identity;
mod mail;
mod mls;
mod refusal;

use openred_core::ids::{Hash, Id16, NodeId};
use openred_core::sign::Signature;
use serde::{Deserialize, Serialize};

pub use audit::{AuditEntry, AuditEvent, AuditFinding, AuditKind, AuditReport, AuditVerify};
pub use call::{Call, SignedCall};
pub use descriptor::{DescriptorDraft, LaneDraft, SignedDescriptor};
pub use grant::{GrantOpened, GrantPeeked, OpenGrant, PeekGrant, PeerPinned};
pub use handshake::{
    Accept, Accepted, CheckHello, Confirm, Confirmed, Finish, Finished, HelloChecked, Invited, Session,
    Start, Started, Ticket,
};
pub use identity::{Created, Status, Unlock, UnlockWith, Unlocked, VaultState};
pub use mail::{MailDraft, MailSigned};
pub use mls::{CommitOrder, MlsLeaf};
pub use refusal::Refusal;

use crate::blob::Blob;
use crate::keyfile::KdfCost;
use crate::secret::Secret;

/// Most envelopes or items in one [`Request::SignEnvelopes`], [`Request::SignAgain`] or [`Request::SignMail`].
pub const MAX_BATCH: usize = 256;
/// Longest passphrase in bytes.
pub const MAX_PASSPHRASE: usize = 1024;
/// Handshakes under way at once; more are refused as busy.
pub const MAX_HANDSHAKES: usize = 256;
/// How long a handshake may take, in milliseconds.
pub const HANDSHAKE_MS: u64 = 120_000;
/// Longest life of a descriptor, in seconds (PROTOCOL §1).
pub const MAX_DESCRIPTOR_S: u64 = 30 * 86_400;
/// How far a timestamp to be signed may lie ahead of the keeper's clock, in milliseconds.
pub const AHEAD_MS: u64 = 600_000;
/// How old an envelope may be that is signed (again), in milliseconds: the life of stored mail.
pub const MAX_AGE_MS: u64 = 60 * 86_400_000;

/// One thing to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Request {
    /// First request of a connection: the version the node speaks. → `Version`
    Version(u32),
    /// Works in every state. → `Status`
    Status,
    /// Makes a new identity in an empty keeper and leaves it unlocked. → `Created`
    Create {
        /// The owner's passphrase, UTF-8, 1 … 1024 bytes.
        passphrase: Secret,
        /// Cost of the passphrase slot; `KdfCost::standard()` outside tests.
        cost: KdfCost,
    },
    /// Opens the key file. When it is open already the secret is checked and nothing else happens: keys,
    /// handshakes and audit log stay. → `Unlocked`
    Unlock(Unlock),
    /// Wipes everything opened. → `Entries`: the last entries of the audit log, to append
    Lock,
    /// → `KeyFile`
    ChangePassphrase {
        /// The present passphrase.
        old: Secret,
        /// The new one.
        new: Secret,
    },
    /// A forgotten passphrase: opens by the recovery words, also while locked; leaves the lock as it is.
    /// → `KeyFile`
    ResetPassphrase {
        /// The 24 recovery words.
        words: Secret,
        /// The new passphrase.
        new: Secret,
    },
    /// Adds a slot for a systemd credential (16 … 1024 random bytes), replacing an older one. → `KeyFile`
    AddCredential(Secret),
    /// The 24 words, only until confirmed. → `Words`
    RecoveryWords,
    /// The owner has saved the words: the seed leaves the key file for good. → `KeyFile`
    ConfirmRecovery,
    /// Replaces the signing key (PROTOCOL §1). → `Created` with the grown log
    Rotate {
        /// The 24 recovery words.
        words: Secret,
    },
    /// A restored installation: new incarnation, new Noise, grant and mail keys; old mail keys stay to
    /// open mail. → `State`
    Renew,
    /// → `Descriptor`
    SignDescriptor(DescriptorDraft),
    /// Unsigned canonical envelopes (PROTOCOL §2), at most [`MAX_BATCH`]. All or none. → `Signed`, in order
    SignEnvelopes(Vec<Blob>),
    /// Envelopes of any age that an earlier signing key of this identity signed, at most [`MAX_BATCH`]: the same
    /// under the present key, with the same message ids. All or none. → `Signed`, in order
    SignAgain(Vec<Blob>),
    /// Items that go by sealed mail, at most [`MAX_BATCH`]. All or none. → `MailSigned`, in order
    SignMail(Vec<MailDraft>),
    /// Own messages of the overlay, unsigned (PROTOCOL §6): one alone, or up to 256 under one signature.
    /// → `OverlaySigned`
    SignOverlay(Vec<Blob>),
    /// → `Call`
    SignCall(Call),
    /// → `GrantPeeked`
    PeekGrant(PeekGrant),
    /// → `Grant`
    OpenGrant(OpenGrant),
    /// Draws a secret for an invitation of ours. → `Invited`
    DrawInvitation,
    /// Keeps the secret of a link that was given to us. → `Invited`
    TakeInvitation {
        /// Invite id of the link.
        invite_id: Id16,
        /// Who made the link.
        inviter: NodeId,
        /// The link's 32 secret bytes.
        secret: Secret,
    },
    /// Role A, message 1. → `Started`
    Start(Start),
    /// Role B, before the curve: checks the presentation, opens an attached descriptor. → `HelloChecked`
    CheckHello(CheckHello),
    /// Role B, message 2. → `Accepted`
    Accept(Accept),
    /// Role A, reads message 2, seals its first frame. → `Finished`
    Finish(Finish),
    /// Role B, opens A's first frame, seals its own. → `Confirmed`
    Confirm(Confirm),
    /// Role A, opens B's first frame. → `Session`
    Complete {
        /// Handle of [`Started`].
        handle: u64,
        /// Ciphertext of B's first frame.
        first: Blob,
    },
    /// Forgets a handshake under way. → `Done`
    Abandon(u64),
    /// Opens a box to one of our mail keys. → `Opened`
    OpenBox {
        /// HPKE info.
        info: Blob,
        /// Additional data.
        aad: Blob,
        /// `suite ‖ key_id ‖ enc ‖ ct`.
        boxed: Blob,
    },
    /// The leaf key of private conversations, certified for so many seconds (at most 30 days). → `MlsLeaf`
    MlsLeaf(u64),
    /// Signs SignContent of RFC 9420 under an `MLS 1.0 ` label by the leaf key. → `MlsSigned`
    SignMls(Blob),
    /// Countersigns the commit of an epoch as its sequencer; the node has written it down. → `MlsSigned`
    SignOrder(CommitOrder),
    /// A data key that the node may hold while unlocked. → `Key`
    DataKey(Purpose),
    /// Writes an entry of the audit log; fetch it with `TakeAudit`. → `Done`
    Audit(AuditEvent),
    /// Sealed entries since the last call, oldest first, to append to the log's file. → `Entries`
    TakeAudit,
    /// Opens and checks a run of entries. → `Audit`
    VerifyAudit(AuditVerify),
    /// Signs the head of the audit log into the key file. → `KeyFile`
    CheckpointAudit,
    /// `HMAC(pair, day)[..8]` per pair ticket, at most 32 (PROTOCOL §4, LAN discovery). → `Hints`
    PairHints {
        /// Sealed pair tickets.
        tickets: Vec<Blob>,
        /// Days since 1970 (UTC).
        day: u64,
    },
    /// Tries what the sandbox forbids; only in builds with debug assertions. → `Probed`
    #[cfg(debug_assertions)]
    Probe,
}

/// What came of a request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Response {
    /// Version of this keeper.
    Version(u32),
    /// See [`Status`].
    Status(Status),
    /// Nothing more to say.
    Done,
    /// See [`Created`].
    Created(Created),
    /// See [`Unlocked`].
    Unlocked(Unlocked),
    /// Bytes of the new key file: write beside the old one, sync, rename, 0600, sync the folder.
    KeyFile(Blob),
    /// New sealed key state: store durably before anything made with it leaves.
    State(Blob),
    /// The recovery words.
    Words(Secret),
    /// See [`SignedDescriptor`].
    Descriptor(SignedDescriptor),
    /// Signed canonical envelopes, in the order of the request.
    Signed(Vec<SignedEnvelope>),
    /// See [`MailSigned`].
    MailSigned(MailSigned),
    /// Ed25519 over the message alone, or over the root of the bundle.
    OverlaySigned(Signature),
    /// See [`SignedCall`].
    Call(SignedCall),
    /// See [`GrantPeeked`].
    GrantPeeked(GrantPeeked),
    /// See [`GrantOpened`].
    Grant(GrantOpened),
    /// See [`Invited`].
    Invited(Invited),
    /// See [`Started`].
    Started(Started),
    /// See [`HelloChecked`].
    HelloChecked(HelloChecked),
    /// See [`Accepted`].
    Accepted(Accepted),
    /// See [`Finished`].
    Finished(Finished),
    /// See [`Confirmed`].
    Confirmed(Confirmed),
    /// See [`Session`].
    Session(Session),
    /// What a box held.
    Opened(Secret),
    /// See [`MlsLeaf`].
    MlsLeaf(MlsLeaf),
    /// Ed25519 over the content given, 64 bytes.
    MlsSigned(Signature),
    /// A data key, 32 bytes.
    Key(Secret),
    /// Sealed audit entries.
    Entries(Vec<Blob>),
    /// See [`AuditReport`].
    Audit(AuditReport),
    /// One hint per ticket; none for a ticket that does not open.
    Hints(Vec<Option<[u8; 8]>>),
    /// errno of socket, open, execve, clone, io_uring_setup; 0 where the call succeeded.
    #[cfg(debug_assertions)]
    Probed(Vec<i32>),
}

/// A signed envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedEnvelope {
    /// PROTOCOL §2's id of the message.
    pub message_id: Hash,
    /// Canonical JSON with the signature: what is stored and sent.
    pub canonical: Blob,
}

/// Keys for data at rest that the node seals and opens itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Purpose {
    /// Private columns of the database.
    Columns,
    /// Keyed search index over private content.
    Search,
    /// Names of queues at relays.
    RelayNames,
    /// Files in the content store.
    Content,
    /// Log-in cookies and tokens of the owner's API.
    Login,
}

impl Purpose {
    /// Name under which the key is derived; frozen, because data is sealed with it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Columns => "data-columns",
            Self::Search => "data-search",
            Self::RelayNames => "data-relay-names",
            Self::Content => "data-content",
            Self::Login => "data-login",
        }
    }
}

/// Who an identity is, in public.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicIdentity {
    /// The node id.
    pub node_id: NodeId,
    /// Identity log, entry by entry (Annex A.1).
    pub log: Vec<Blob>,
}
