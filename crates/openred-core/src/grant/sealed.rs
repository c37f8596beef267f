//! The sealed form in which a half travels, and its opening (PROTOCOL §3, Annex A.3).
//!
//! The receiver must know grant_id and role before it can open the box, because both are its aad: they stand in
//! clear in front of it, `grant_id ‖ role ‖ Box`. Must not know: whether the grant is any good (`open`).

use std::fmt;

use zeroize::Zeroizing;

use super::{GrantHalf, GrantRefusal, HALF_LEN, REQUEST_LEN, Request};
use crate::{
    boxes::{self, BoxError, BoxSecret},
    codec::{Reader, Writer},
    descriptor::Descriptor,
    ids::{Id16, NodeId},
    token::Role,
};

/// Bytes of the encoding around the three members, at most.
const HEADS_LEN: usize = 16;

/// `grant_id ‖ role ‖ Box`: what polls and pushes carry as base64url.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedGrant {
    /// Names the grant; proven by the box.
    pub grant_id: Id16,
    /// Of the receiver; proven by the box.
    pub role: Role,
    /// To the receiver's grant key; [`boxes::key_id_of`] says which.
    pub boxed: Vec<u8>,
}

impl SealedGrant {
    /// The bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.aad().to_vec();
        bytes.extend_from_slice(&self.boxed);
        bytes
    }

    /// Reads the prefix; `None` when too short or of no role.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (grant_id, rest) = bytes.split_first_chunk::<16>()?;
        let (&role, boxed) = rest.split_first()?;
        Some(Self { grant_id: Id16(*grant_id), role: Role::from_byte(role)?, boxed: boxed.to_vec() })
    }

    fn aad(&self) -> [u8; 17] {
        let mut aad = [0; 17];
        aad[..16].copy_from_slice(&self.grant_id.0);
        aad[16] = self.role.byte();
        aad
    }
}

/// An opened box whose content nobody has verified yet.
#[derive(Clone, PartialEq, Eq)]
pub struct Unsealed {
    /// Role and grant_id that the box was sealed under.
    pub(super) sealed_for: (Id16, Role),
    /// The half.
    pub(super) half: GrantHalf,
    /// The peer's signed descriptor, verbatim.
    pub(super) peer: Vec<u8>,
    /// A's request, for B.
    pub(super) request: Option<Request>,
}

impl Unsealed {
    /// The node at the other end, as the directory claims: look up what is held of it, then
    /// [`super::open_grant`].
    #[must_use]
    pub const fn peer_id(&self) -> NodeId {
        *self.half.core.id(self.half.role.peer())
    }

    /// The directory, as claimed.
    #[must_use]
    pub const fn directory_id(&self) -> NodeId {
        self.half.core.dir_id
    }

    /// Own role, as claimed.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.half.role
    }
}

impl fmt::Debug for Unsealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unsealed({:?}, …)", self.half)
    }
}

/// Directory: seals `half` to its receiver. `to` and `peer` are the two descriptors of the core; `request` is A's,
/// for B only.
///
/// # Errors
/// When the receiver's grant key is unusable: refuse its registration.
pub fn seal_half(
    half: &GrantHalf,
    to: &Descriptor,
    peer: &Descriptor,
    request: Option<&Request>,
) -> Result<SealedGrant, BoxError> {
    let mut w = Writer::with_capacity(HALF_LEN + peer.bytes().len() + REQUEST_LEN + HEADS_LEN);
    w.array(3).bin(&*half.encode()).bin(peer.bytes()).nil_or(request, |w, request| {
        w.bin(&request.encode());
    });
    let plain = Zeroizing::new(w.into_vec());
    let mut sealed = SealedGrant { grant_id: half.core.grant_id, role: half.role, boxed: Vec::new() };
    let info = info(&half.core.dir_id, half.core.id(half.role));
    sealed.boxed = boxes::seal(&to.body().grant_key, &info, &sealed.aad(), &plain)?;
    Ok(sealed)
}

/// Node: opens a box that directory `dir_id` sealed for `own_id`.
///
/// # Errors
/// [`GrantRefusal::Sealed`] when it does not open, [`GrantRefusal::Malformed`] when its content is no grant.
pub fn unseal(
    grant_key: &BoxSecret,
    dir_id: &NodeId,
    own_id: &NodeId,
    sealed: &SealedGrant,
) -> Result<Unsealed, GrantRefusal> {
    let plain = boxes::open(grant_key, &info(dir_id, own_id), &sealed.aad(), &sealed.boxed)
        .map_err(|_| GrantRefusal::Sealed)?;
    read(&plain, sealed).ok_or(GrantRefusal::Malformed)
}

fn read(plain: &[u8], sealed: &SealedGrant) -> Option<Unsealed> {
    let mut r = Reader::new(plain);
    r.array_of(3).ok()?;
    let half = GrantHalf::decode(r.bin().ok()?)?;
    let peer = r.bin().ok()?.to_vec();
    let request = r.nil_or(Reader::bin).ok()?;
    let request = request.map_or(Some(None), |bytes| Request::decode(bytes).map(Some))?;
    r.end().ok()?;
    Some(Unsealed { sealed_for: (sealed.grant_id, sealed.role), half, peer, request })
}

/// "OpenRed/3 grant" ‖ dir_id ‖ id_x.
fn info(dir_id: &NodeId, receiver: &NodeId) -> Vec<u8> {
    [b"OpenRed/3 grant".as_slice(), &dir_id.0, &receiver.0].concat()
}
