//! The receiver's verification of a grant: one function per check, composed once in [`open_grant`] (PROTOCOL §3.2).
//!
//! Must not know: tables. What the node holds comes in as [`GrantFacts`]; what only its tables can say (unused,
//! pending limits, one grant per request, 120 s) is decided by `openred_proto::introduction`.

use std::fmt;

use zeroize::Zeroizing;

use super::{GrantHalf, GrantRefusal, Unsealed};
use crate::{
    checks::failed,
    descriptor::Descriptor,
    hello::{PeerFacts, accept_grant_peer},
    ids::{Hash, Id16, NodeId},
    sign::PublicKey,
    token::{Role, method_matches},
};

/// Seconds by which clocks may be apart: ±10 minutes (PROTOCOL A.0).
pub const WINDOW_SECS: u64 = 600;

/// An own request that waits for its grant. At most one grant answers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnRequest {
    /// Drawn for it.
    pub grant_id: Id16,
    /// Directory that was asked.
    pub dir_id: NodeId,
    /// Who was asked for.
    pub id_b: NodeId,
}

/// What the receiving node holds and knows when a grant comes in.
#[derive(Clone, Copy, Debug)]
pub struct GrantFacts<'a> {
    /// Node id of the pinned directory that sent it.
    pub dir_id: &'a NodeId,
    /// That directory's newest signing key known.
    pub dir_key: &'a PublicKey,
    /// Its published `token_seed`, where it has one.
    pub token_seed: Option<&'a [u8; 32]>,
    /// The receiving node.
    pub own_id: &'a NodeId,
    /// Hashes of the own current descriptor and of those replaced ≤ 24 h ago.
    pub own_descriptors: &'a [Hash],
    /// The own waiting request under the box's grant_id, if there is one.
    pub own_request: Option<&'a OwnRequest>,
    /// What is held of [`Unsealed::peer_id`].
    pub peer: PeerFacts<'a>,
    /// Unix seconds of the own clock.
    pub now: u64,
}

/// A grant that passed every check that bytes and facts decide. S and token are wiped on drop.
#[derive(Clone)]
pub struct OpenedGrant {
    /// Own half; its token goes into the own first frame.
    pub half: GrantHalf,
    /// S: the secret of ticket kind 1.
    pub secret: Zeroizing<[u8; 32]>,
    /// Verified descriptor of the peer, to be pinned.
    pub peer: Descriptor,
}

impl fmt::Debug for OpenedGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenedGrant({:?}, peer {:?})", self.half, self.peer.node_id())
    }
}

/// All checks of PROTOCOL §3.2 that do not need the node's tables, cheap ones first.
///
/// # Errors
/// The first check that fails, by name.
pub fn open_grant(unsealed: Unsealed, facts: &GrantFacts<'_>) -> Result<OpenedGrant, GrantRefusal> {
    directory_pinned(&unsealed, facts)?;
    box_names_grant(&unsealed)?;
    own_role(&unsealed)?;
    own_id(&unsealed, facts)?;
    two_ids(&unsealed)?;
    answers_request(&unsealed, facts)?;
    window(&unsealed, facts)?;
    own_descriptor(&unsealed, facts)?;
    method(&unsealed, facts)?;
    signature(&unsealed, facts)?;
    let secret = secret_committed(&unsealed)?;
    let peer = accept_grant_peer(
        &unsealed.peer,
        unsealed.half.core.descriptor_hash(unsealed.role().peer()),
        &unsealed.peer_id(),
        &facts.peer,
        facts.now,
    )
    .map_err(GrantRefusal::Peer)?;
    if unsealed.half.role == Role::B {
        request_names_grant(&unsealed)?;
        request_time(&unsealed, facts)?;
        request_signature(&unsealed, &peer, facts)?;
    }
    Ok(OpenedGrant { half: unsealed.half, secret, peer })
}

/// Whether `now` lies within ±10 minutes of `time`, both unix seconds.
#[must_use]
pub const fn within_window(now: u64, time: u64) -> bool {
    now.abs_diff(time) <= WINDOW_SECS
}

fn refuse(name: &'static str, bad: bool, refusal: GrantRefusal) -> Result<(), GrantRefusal> {
    debug_assert_eq!(name, refusal.name());
    if failed(name, bad) { Err(refusal) } else { Ok(()) }
}

fn directory_pinned(grant: &Unsealed, facts: &GrantFacts<'_>) -> Result<(), GrantRefusal> {
    let other = grant.half.core.dir_id != *facts.dir_id;
    refuse("grant/directory-pinned", other, GrantRefusal::DirectoryPinned)
}

fn signature(grant: &Unsealed, facts: &GrantFacts<'_>) -> Result<(), GrantRefusal> {
    let bad = grant.half.verify(facts.dir_key).is_err();
    refuse("grant/signature", bad, GrantRefusal::Signature)
}

fn box_names_grant(grant: &Unsealed) -> Result<(), GrantRefusal> {
    let other = grant.sealed_for.0 != grant.half.core.grant_id;
    refuse("grant/box-names-grant", other, GrantRefusal::BoxNamesGrant)
}

fn own_role(grant: &Unsealed) -> Result<(), GrantRefusal> {
    let other = grant.sealed_for.1 != grant.half.role;
    refuse("grant/own-role", other, GrantRefusal::OwnRole)
}

fn own_id(grant: &Unsealed, facts: &GrantFacts<'_>) -> Result<(), GrantRefusal> {
    let other = grant.half.core.id(grant.half.role) != facts.own_id;
    refuse("grant/own-id", other, GrantRefusal::OwnId)
}

fn two_ids(grant: &Unsealed) -> Result<(), GrantRefusal> {
    let one = grant.half.core.id_a == grant.half.core.id_b;
    refuse("grant/two-ids", one, GrantRefusal::TwoIds)
}

fn answers_request(grant: &Unsealed, facts: &GrantFacts<'_>) -> Result<(), GrantRefusal> {
    let core = &grant.half.core;
    let answered = OwnRequest { grant_id: core.grant_id, dir_id: core.dir_id, id_b: core.id_b };
    let unasked = grant.half.role == Role::A && facts.own_request != Some(&answered);
    refuse("grant/answers-request", unasked, GrantRefusal::AnswersRequest)
}

fn request_names_grant(grant: &Unsealed) -> Result<(), GrantRefusal> {
    let other = grant.request.is_some_and(|request| request.grant_id != grant.half.core.grant_id);
    refuse("grant/request-names-grant", other, GrantRefusal::RequestNamesGrant)
}

fn request_signature(
    grant: &Unsealed,
    peer: &Descriptor,
    facts: &GrantFacts<'_>,
) -> Result<(), GrantRefusal> {
    let dir_id = &grant.half.core.dir_id;
    let asked =
        grant.request.is_some_and(|request| request.verify(peer.signing_key(), dir_id, facts.own_id).is_ok());
    refuse("grant/request-signature", !asked, GrantRefusal::RequestSignature)
}

fn request_time(grant: &Unsealed, facts: &GrantFacts<'_>) -> Result<(), GrantRefusal> {
    let off = grant.request.is_some_and(|request| !within_window(facts.now, request.time));
    refuse("grant/request-time", off, GrantRefusal::RequestTime)
}

fn own_descriptor(grant: &Unsealed, facts: &GrantFacts<'_>) -> Result<(), GrantRefusal> {
    let stale = !facts.own_descriptors.contains(grant.half.core.descriptor_hash(grant.half.role));
    refuse("grant/own-descriptor", stale, GrantRefusal::OwnDescriptor)
}

fn method(grant: &Unsealed, facts: &GrantFacts<'_>) -> Result<(), GrantRefusal> {
    let core = &grant.half.core;
    let forged = !method_matches(core.method, facts.token_seed, core.not_before);
    refuse("grant/method", forged, GrantRefusal::Method)
}

fn secret_committed(grant: &Unsealed) -> Result<Zeroizing<[u8; 32]>, GrantRefusal> {
    let secret = grant.half.secret().ok_or(GrantRefusal::Malformed)?;
    let other = !grant.half.is_committed(&secret);
    refuse("grant/secret-committed", other, GrantRefusal::SecretCommitted)?;
    Ok(secret)
}

fn window(grant: &Unsealed, facts: &GrantFacts<'_>) -> Result<(), GrantRefusal> {
    let off = !within_window(facts.now, grant.half.core.not_before);
    refuse("grant/window", off, GrantRefusal::Window)
}
