//! Invitations: a link or QR code by which one person can be met without a directory (PROTOCOL §4, Annex A.6).
//!
//! Everything stands in the link's fragment, which browsers send to nobody. Must not know who redeems one.

pub mod group;
mod link;
mod route;

pub use group::GroupInvitation;
pub use link::LinkError;
pub use route::Route;

use std::fmt;

use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::ids::{Id16, NodeId};

const FORMAT: u8 = 1;
/// Format, node id, invite id, secret, not_after, count.
const HEAD: usize = 1 + 32 + 16 + 32 + 8 + 1;
/// Most routes.
pub const MAX_ROUTES: usize = 8;
/// Longest encoding in bytes, so that it fits a QR code.
pub const MAX_BYTES: usize = 1_200;
/// Longest life in seconds: 7 days.
pub const MAX_LIFE_S: u64 = 7 * 86_400;

/// Why an invitation cannot be read, made or used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvitationError {
    /// The bytes end early or go on behind the last route.
    #[error("malformed invitation")]
    Malformed,
    /// A format that this version does not know: the other side is newer.
    #[error("unknown format")]
    Format,
    /// A route of a known type that is not what its type says, or a URL over 255 bytes.
    #[error("malformed route")]
    Route,
    /// More than [`MAX_ROUTES`] routes or [`MAX_BYTES`] bytes.
    #[error("too long")]
    TooLong,
    /// It has run out: ask for another.
    #[error("run out")]
    Expired,
    /// It claims to live longer than [`MAX_LIFE_S`].
    #[error("lives longer than 7 days")]
    TooFarAhead,
}

/// An invitation of `node_id`, good for one person until `not_after`.
#[derive(Clone)]
pub struct Invitation {
    /// Who invites. Its descriptor is fetched over a route first and must verify to this id.
    pub node_id: NodeId,
    /// Ticket id of the handshake, 16 bytes.
    pub invite_id: Id16,
    /// Secret of the handshake, 32 bytes: who reads it can redeem the invitation under an id of its own.
    pub secret: Zeroizing<[u8; 32]>,
    /// Unix seconds, at most 7 days ahead.
    pub not_after: u64,
    /// At most 8 ways to reach the inviter, best first.
    pub routes: Vec<Route>,
}

impl Invitation {
    /// 0x01 ‖ node_id ‖ invite_id ‖ secret ‖ not_after:u64 ‖ count:u8 ‖ (type:u8 ‖ len:u16 ‖ bytes)…
    ///
    /// # Errors
    /// [`InvitationError::TooLong`] for too many or too long routes, [`InvitationError::Route`] for a URL
    /// that no reader would accept.
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>, InvitationError> {
        let count = u8::try_from(self.routes.len()).map_err(|_| InvitationError::TooLong)?;
        if self.routes.len() > MAX_ROUTES {
            return Err(InvitationError::TooLong);
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_BYTES));
        bytes.push(FORMAT);
        bytes.extend_from_slice(&self.node_id.0);
        bytes.extend_from_slice(&self.invite_id.0);
        bytes.extend_from_slice(&*self.secret);
        bytes.extend_from_slice(&self.not_after.to_be_bytes());
        bytes.push(count);
        for route in &self.routes {
            let (kind, body) = route.encode()?;
            let len = u16::try_from(body.len()).map_err(|_| InvitationError::TooLong)?;
            if bytes.len() + 3 + body.len() > MAX_BYTES {
                return Err(InvitationError::TooLong);
            }
            bytes.push(kind);
            bytes.extend_from_slice(&len.to_be_bytes());
            bytes.extend_from_slice(&body);
        }
        Ok(bytes)
    }

    /// Reads what [`Self::encode`] wrote; routes of unknown types are skipped.
    ///
    /// # Errors
    /// As [`InvitationError`] says. Whether it is still good is [`Self::check_time`].
    pub fn parse(bytes: &[u8]) -> Result<Self, InvitationError> {
        if bytes.len() > MAX_BYTES {
            return Err(InvitationError::TooLong);
        }
        if bytes.first().is_some_and(|&format| format != FORMAT) {
            return Err(InvitationError::Format);
        }
        let (head, mut rest) = bytes.split_at_checked(HEAD).ok_or(InvitationError::Malformed)?;
        let count = usize::from(head[HEAD - 1]);
        if count > MAX_ROUTES {
            return Err(InvitationError::TooLong);
        }
        let mut routes = Vec::with_capacity(count);
        for _ in 0..count {
            let (kind, body) = take_route(&mut rest)?;
            routes.extend(Route::decode(kind, body)?);
        }
        if !rest.is_empty() {
            return Err(InvitationError::Malformed);
        }
        Ok(Self {
            node_id: NodeId(part(head, 1)?),
            invite_id: Id16(part(head, 33)?),
            secret: Zeroizing::new(part(head, 49)?),
            not_after: u64::from_be_bytes(part(head, 81)?),
            routes,
        })
    }

    /// Whether it is good at `now_s` (unix seconds).
    ///
    /// # Errors
    /// [`InvitationError::Expired`] or [`InvitationError::TooFarAhead`].
    pub const fn check_time(&self, now_s: u64) -> Result<(), InvitationError> {
        if self.not_after <= now_s {
            return Err(InvitationError::Expired);
        }
        if self.not_after - now_s > MAX_LIFE_S { Err(InvitationError::TooFarAhead) } else { Ok(()) }
    }
}

impl PartialEq for Invitation {
    fn eq(&self, other: &Self) -> bool {
        let secret: bool = self.secret.ct_eq(&*other.secret).into();
        secret
            && (self.node_id, self.invite_id, self.not_after)
                == (other.node_id, other.invite_id, other.not_after)
            && self.routes == other.routes
    }
}

impl Eq for Invitation {}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Invitation({:?}, {:?}, …)", self.node_id, self.invite_id)
    }
}

fn part<const N: usize>(head: &[u8], at: usize) -> Result<[u8; N], InvitationError> {
    head.get(at..at + N).and_then(|bytes| bytes.try_into().ok()).ok_or(InvitationError::Malformed)
}

/// type:u8 ‖ len:u16 ‖ bytes, taken from the front of `rest`.
fn take_route<'a>(rest: &mut &'a [u8]) -> Result<(u8, &'a [u8]), InvitationError> {
    let (&[kind, high, low], body) = rest.split_first_chunk().ok_or(InvitationError::Malformed)?;
    let len = usize::from(u16::from_be_bytes([high, low]));
    let (body, after) = body.split_at_checked(len).ok_or(InvitationError::Malformed)?;
    *rest = after;
    Ok((kind, body))
}

#[cfg(test)]
mod tests;
