//! Links into groups: `openred:g#…` or `https://HOST/g#…`. The same as an invitation (Annex A.6), with what is shown before
//! anybody is asked: the group's name. Must not know how somebody comes into a group.

use zeroize::Zeroizing;

use super::{
    Invitation, InvitationError, MAX_BYTES,
    link::{LinkError, Sort},
    part,
};
use crate::ids::{Hash, Id16, NodeId};
use crate::token::kdf::hmac;

const FORMAT: u8 = 2;
/// Format, group, flags, length of the name.
const HEAD: usize = 1 + 16 + 1 + 1;
/// The maker is asked about each who comes.
const APPROVAL: u8 = 1;
/// Longest name in bytes: what is longer is cut in the link.
pub const NAME_BYTES_MAX: usize = 120;

/// A link into a group. `invitation` names its maker, the link, its secret, its end and the ways to the maker's node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupInvitation {
    /// Id of the group, 16 bytes.
    pub group: Id16,
    /// Whether the maker is asked about each who comes.
    pub approval: bool,
    /// The group's name when the link was made, at most [`NAME_BYTES_MAX`] bytes.
    pub name: String,
    /// The rest. Its `invite_id` names the link.
    pub invitation: Invitation,
}

impl GroupInvitation {
    /// 0x02 ‖ group ‖ flags:u8 ‖ len:u8 ‖ name ‖ invitation.
    ///
    /// # Errors
    /// [`InvitationError::TooLong`], [`InvitationError::Route`].
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>, InvitationError> {
        let len = u8::try_from(self.name.len()).map_err(|_| InvitationError::TooLong)?;
        if self.name.len() > NAME_BYTES_MAX {
            return Err(InvitationError::TooLong);
        }
        let rest = self.invitation.encode()?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_BYTES));
        bytes.push(FORMAT);
        bytes.extend_from_slice(&self.group.0);
        bytes.push(if self.approval { APPROVAL } else { 0 });
        bytes.push(len);
        bytes.extend_from_slice(self.name.as_bytes());
        bytes.extend_from_slice(&rest);
        if bytes.len() > MAX_BYTES { Err(InvitationError::TooLong) } else { Ok(bytes) }
    }

    /// Reads what [`Self::encode`] wrote; flags that are not known are ignored.
    ///
    /// # Errors
    /// As [`InvitationError`] says.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvitationError> {
        if bytes.len() > MAX_BYTES {
            return Err(InvitationError::TooLong);
        }
        if bytes.first().is_some_and(|&format| format != FORMAT) {
            return Err(InvitationError::Format);
        }
        let (head, rest) = bytes.split_at_checked(HEAD).ok_or(InvitationError::Malformed)?;
        let (name, rest) =
            rest.split_at_checked(usize::from(head[HEAD - 1])).ok_or(InvitationError::Malformed)?;
        let name = std::str::from_utf8(name).map_err(|_| InvitationError::Malformed)?;
        if name.len() > NAME_BYTES_MAX || name.trim().is_empty() || name.chars().any(char::is_control) {
            return Err(InvitationError::Malformed);
        }
        Ok(Self {
            group: Id16(part(head, 1)?),
            approval: head[17] & APPROVAL != 0,
            name: name.to_owned(),
            invitation: Invitation::parse(rest)?,
        })
    }

    /// As a link, by a host (with port where needed) or without.
    ///
    /// # Errors
    /// [`LinkError::Form`] for a host that is none, else as [`Self::encode`].
    pub fn to_link(&self, host: Option<&str>) -> Result<Zeroizing<String>, LinkError> {
        Sort::Group.link(&self.encode()?, host)
    }

    /// Reads either form, with white space around it forgiven.
    ///
    /// # Errors
    /// As [`LinkError`] says.
    pub fn from_link(link: &str) -> Result<Self, LinkError> {
        Ok(Self::parse(&Sort::Group.bytes(link)?)?)
    }

    /// What shows the maker that `who` holds the link.
    #[must_use]
    pub fn proof(&self, who: &NodeId) -> Hash {
        proof(&self.invitation.secret, (self.group, self.invitation.invite_id), &self.invitation.node_id, who)
    }
}

/// HMAC-SHA256(secret, "openred/group-link" ‖ group ‖ link ‖ maker ‖ who).
#[must_use]
pub fn proof(secret: &[u8; 32], (group, link): (Id16, Id16), maker: &NodeId, who: &NodeId) -> Hash {
    let parts = [&b"openred/group-link"[..], &group.0, &link.0, &maker.0, &who.0];
    Hash(*hmac(secret, &parts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invitation::Route;

    fn link() -> GroupInvitation {
        GroupInvitation {
            group: Id16([3; 16]),
            approval: true,
            name: "Bäckerei".to_owned(),
            invitation: Invitation {
                node_id: NodeId([1; 32]),
                invite_id: Id16([2; 16]),
                secret: Zeroizing::new([4; 32]),
                not_after: 1_800_000_000,
                routes: vec![Route::Api("https://red.example".to_owned())],
            },
        }
    }

    #[test]
    fn a_link_into_a_group_is_read_as_it_was_made() {
        let made = link();
        for host in [None, Some("red.example:8443")] {
            let text = made.to_link(host).unwrap();
            assert_eq!(GroupInvitation::from_link(&format!(" {}\n", *text)), Ok(made.clone()), "{}", *text);
            assert!(Invitation::from_link(&text).is_err(), "it is no invitation of a person");
        }
        let personal = made.invitation.to_link(None).unwrap();
        assert!(GroupInvitation::from_link(&personal).is_err());
    }

    #[test]
    fn names_that_would_lie_or_break_are_refused() {
        let long = GroupInvitation { name: "x".repeat(121), ..link() };
        assert_eq!(long.encode().unwrap_err(), InvitationError::TooLong);
        for name in ["", "  ", "two\nlines"] {
            let bytes = GroupInvitation { name: name.to_owned(), ..link() }.encode().unwrap();
            assert_eq!(GroupInvitation::parse(&bytes), Err(InvitationError::Malformed), "{name:?}");
        }
    }

    #[test]
    fn mutated_bytes_are_refused_or_read_and_never_worse() {
        let bytes = link().encode().unwrap();
        for at in 0..bytes.len() {
            for flip in [1, 0x80, 0xff] {
                let mut bytes = bytes.to_vec();
                bytes[at] ^= flip;
                let _any = GroupInvitation::parse(&bytes);
            }
            assert!(GroupInvitation::parse(&bytes[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_proof_is_for_one_person_and_one_link() {
        let made = link();
        let (ana, ben) = (NodeId([7; 32]), NodeId([8; 32]));
        assert_eq!(made.proof(&ana), made.clone().proof(&ana));
        assert_ne!(made.proof(&ana), made.proof(&ben));
        let other = GroupInvitation { group: Id16([9; 16]), ..made.clone() };
        assert_ne!(made.proof(&ana), other.proof(&ana));
    }
}
