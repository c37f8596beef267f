//! Descriptors that others hand over: sealed in a hello, in a stale answer, in a grant (PROTOCOL §1, §3.2, §4).
//!
//! Must not know: where pins are stored. They come in as [`PeerFacts`].

use zeroize::Zeroizing;

use crate::{
    boxes::{self, BoxPublic, BoxSecret},
    checks,
    descriptor::{Descriptor, Pin},
    identity::{IdentityLog, LogOrder},
    ids::{Hash, NodeId},
};

/// What the receiver holds of a peer. Nothing held: `PeerFacts::default()`.
#[derive(Clone, Copy, Debug, Default)]
pub struct PeerFacts<'a> {
    /// Newest identity log known; first seen wins.
    pub log: Option<&'a IdentityLog>,
    /// The pinned descriptor.
    pub pinned: Option<Pinned>,
}

/// What matters of a pinned descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pinned {
    /// (log_seq, seq).
    pub order: (u32, u64),
    /// desc_hash.
    pub hash: Hash,
}

impl<'a> PeerFacts<'a> {
    /// What a pin holds.
    #[must_use]
    pub fn of(pin: &'a Pin) -> Self {
        let pinned = pin.descriptor().map(|held| Pinned { order: held.order(), hash: held.hash() });
        Self { log: pin.log(), pinned }
    }

    /// Whether the pinned one is newer, or another one of the same order: of two equals the first seen stays.
    fn holds_newer(&self, than: &Descriptor) -> bool {
        self.pinned.is_some_and(|held| {
            than.order() < held.order || (than.order() == held.order && than.hash() != held.hash)
        })
    }
}

/// Why a descriptor of a peer is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DescriptorRefusal {
    /// The box does not open under the own mail key.
    #[error("descriptor box does not open")]
    Sealed,
    /// Not a valid signed descriptor.
    #[error("malformed descriptor")]
    Malformed,
    /// Not the one that the hello or grant names.
    #[error("another descriptor than named")]
    Hash,
    /// Of another node.
    #[error("descriptor of another node")]
    NamesPeer,
    /// Under another or shorter identity log than the one held.
    #[error("not under the newest log known")]
    NewestLog,
    /// Older than the pinned one.
    #[error("older than the pinned descriptor")]
    NotOlderThanPinned,
    /// Expired, or more than a day ahead.
    #[error("descriptor out of time")]
    Fresh,
}

impl DescriptorRefusal {
    /// Name of the check; `descriptor/sealed`, `descriptor/malformed` for bytes that are no descriptor.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sealed => "descriptor/sealed",
            Self::Malformed => "descriptor/malformed",
            Self::Hash => HELLO.hash,
            Self::NamesPeer => HELLO.peer,
            Self::NewestLog => HELLO.log,
            Self::NotOlderThanPinned => HELLO.pinned,
            Self::Fresh => HELLO.fresh,
        }
    }
}

/// Names under which the same five checks run in a place, so that each place can be tested alone.
struct Names {
    hash: &'static str,
    peer: &'static str,
    log: &'static str,
    pinned: &'static str,
    fresh: &'static str,
}

const GRANT: Names = Names {
    hash: "grant/peer-descriptor-hash",
    peer: "grant/peer-descriptor-id",
    log: "grant/peer-newest-log",
    pinned: "grant/peer-not-older-than-pinned",
    fresh: "grant/peer-descriptor-fresh",
};

const HELLO: Names = Names {
    hash: "descriptor/hash",
    peer: "descriptor/names-peer",
    log: "descriptor/newest-log",
    pinned: "descriptor/not-older-than-pinned",
    fresh: "descriptor/fresh",
};

/// Verifies the signed bytes of `peer`'s descriptor: from a hello (`named` = desc_a), a stale answer or a route
/// (`named` = None). `now` is unix seconds.
///
/// # Errors
/// [`DescriptorRefusal`]: do not pin, do not dial. B answers such a hello with 400 `malformed`.
pub fn accept_descriptor(
    signed: &[u8],
    named: Option<&Hash>,
    peer: &NodeId,
    facts: &PeerFacts<'_>,
    now: u64,
) -> Result<Descriptor, DescriptorRefusal> {
    accept_under(&HELLO, signed, named, peer, facts, now)
}

/// The same for a descriptor that is held already: its signatures were verified when it came.
///
/// # Errors
/// [`DescriptorRefusal`], as for signed bytes.
pub fn accept_held(
    held: Descriptor,
    named: &Hash,
    peer: &NodeId,
    facts: &PeerFacts<'_>,
    now: u64,
) -> Result<Descriptor, DescriptorRefusal> {
    believe(&HELLO, held, Some(named), peer, facts, now)
}

/// The same for the descriptor that a grant brings, under the grant's check names.
pub(crate) fn accept_grant_peer(
    signed: &[u8],
    named: &Hash,
    peer: &NodeId,
    facts: &PeerFacts<'_>,
    now: u64,
) -> Result<Descriptor, DescriptorRefusal> {
    accept_under(&GRANT, signed, Some(named), peer, facts, now)
}

fn accept_under(
    names: &Names,
    signed: &[u8],
    named: Option<&Hash>,
    peer: &NodeId,
    facts: &PeerFacts<'_>,
    now: u64,
) -> Result<Descriptor, DescriptorRefusal> {
    let descriptor = Descriptor::parse(signed).map_err(|_| DescriptorRefusal::Malformed)?;
    believe(names, descriptor, named, peer, facts, now)
}

fn believe(
    names: &Names,
    descriptor: Descriptor,
    named: Option<&Hash>,
    peer: &NodeId,
    facts: &PeerFacts<'_>,
    now: u64,
) -> Result<Descriptor, DescriptorRefusal> {
    if checks::failed(names.hash, named.is_some_and(|named| descriptor.hash() != *named)) {
        return Err(DescriptorRefusal::Hash);
    }
    if checks::failed(names.peer, descriptor.node_id() != *peer) {
        return Err(DescriptorRefusal::NamesPeer);
    }
    if checks::failed(names.log, !under_newest_log(&descriptor, facts.log)) {
        return Err(DescriptorRefusal::NewestLog);
    }
    if checks::failed(names.pinned, facts.holds_newer(&descriptor)) {
        return Err(DescriptorRefusal::NotOlderThanPinned);
    }
    if checks::failed(names.fresh, out_of_time(&descriptor, now)) {
        return Err(DescriptorRefusal::Fresh);
    }
    Ok(descriptor)
}

/// Expired, or more than a day ahead.
fn out_of_time(descriptor: &Descriptor, now: u64) -> bool {
    let now_ms = now.saturating_mul(1000);
    descriptor.is_expired(now_ms) || descriptor.check_time(now_ms).is_err()
}

fn under_newest_log(descriptor: &Descriptor, held: Option<&IdentityLog>) -> bool {
    held.is_none_or(|held| matches!(held.compare(&descriptor.body().log), LogOrder::Same | LogOrder::Grown))
}

/// Seals A's signed descriptor to B's mail key for the member `descriptor` of a hello: info
/// "OpenRed/3 descriptor" ‖ id_B, aad = desc_a.
///
/// # Errors
/// When B's mail key is not usable; B's descriptor is then worthless.
pub fn seal_descriptor(
    mail_key: &BoxPublic,
    id_b: &NodeId,
    own: &Descriptor,
) -> Result<Vec<u8>, boxes::BoxError> {
    boxes::seal(mail_key, &info(id_b), &own.hash().0, own.bytes())
}

/// Opens the member `descriptor` of a hello with the own mail key: the keeper's half of [`open_descriptor`].
///
/// # Errors
/// [`DescriptorRefusal::Sealed`].
pub fn unseal_descriptor(
    mail_key: &BoxSecret,
    own_id: &NodeId,
    desc_a: &Hash,
    boxed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, DescriptorRefusal> {
    boxes::open(mail_key, &info(own_id), &desc_a.0, boxed).map_err(|_| DescriptorRefusal::Sealed)
}

/// [`unseal_descriptor`] and [`accept_descriptor`] in one.
///
/// # Errors
/// [`DescriptorRefusal`].
pub fn open_descriptor(
    mail_key: &BoxSecret,
    own_id: &NodeId,
    (id_a, desc_a): (&NodeId, &Hash),
    boxed: &[u8],
    facts: &PeerFacts<'_>,
    now: u64,
) -> Result<Descriptor, DescriptorRefusal> {
    let signed = unseal_descriptor(mail_key, own_id, desc_a, boxed)?;
    accept_descriptor(&signed, Some(desc_a), id_a, facts, now)
}

fn info(id_b: &NodeId) -> Vec<u8> {
    [b"OpenRed/3 descriptor".as_slice(), &id_b.0].concat()
}
