//! Invitations as links: `openred:i#…` or `https://HOST/i#…`, everything in the fragment (PROTOCOL §4).
//!
//! Must not know hosts: the page at HOST only hands the fragment to the reader's own node.

use zeroize::Zeroizing;

use super::{Invitation, InvitationError};
use crate::ids::{b64_decode, b64_encode};

/// Why a text is no invitation link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Neither `openred:i#…` nor `https://HOST/i#…`.
    #[error("not an invitation link")]
    Form,
    /// The fragment is not base64url: characters were lost or added on the way.
    #[error("the link is damaged")]
    Damaged,
    /// The fragment is no invitation.
    #[error(transparent)]
    Invitation(#[from] InvitationError),
}

/// What a link leads to; its letter stands before the fragment.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sort {
    /// `i`: a person.
    Person,
    /// `g`: a group.
    Group,
}

impl Sort {
    const fn letter(self) -> char {
        match self {
            Self::Person => 'i',
            Self::Group => 'g',
        }
    }

    /// `https://HOST/…#…` when a host (with port where needed) is given, else `openred:…#…`.
    pub(super) fn link(self, bytes: &[u8], host: Option<&str>) -> Result<Zeroizing<String>, LinkError> {
        let (fragment, letter) = (Zeroizing::new(b64_encode(bytes)), self.letter());
        Ok(Zeroizing::new(match host {
            Some(host) if is_host(host) => format!("https://{host}/{letter}#{}", *fragment),
            Some(_) => return Err(LinkError::Form),
            None => format!("openred:{letter}#{}", *fragment),
        }))
    }

    /// The bytes of either form, with white space around it forgiven.
    pub(super) fn bytes(self, link: &str) -> Result<Zeroizing<Vec<u8>>, LinkError> {
        let fragment = self.fragment(link.trim()).ok_or(LinkError::Form)?;
        Ok(Zeroizing::new(b64_decode(fragment).map_err(|_| LinkError::Damaged)?))
    }

    fn fragment(self, link: &str) -> Option<&str> {
        let (before, fragment) = link.split_once('#')?;
        let path = before.strip_suffix(self.letter())?;
        let ours = match path.strip_prefix("https://") {
            Some(rest) => rest.strip_suffix('/').is_some_and(is_host),
            None => path == "openred:",
        };
        ours.then_some(fragment)
    }
}

impl Invitation {
    /// `https://HOST/i#…` when a host (with port where needed) is given, else `openred:i#…`.
    ///
    /// # Errors
    /// [`LinkError::Form`] for a host that is none, else as [`Invitation::encode`].
    pub fn to_link(&self, host: Option<&str>) -> Result<Zeroizing<String>, LinkError> {
        Sort::Person.link(&self.encode()?, host)
    }

    /// Reads either form, with white space around it forgiven.
    ///
    /// # Errors
    /// As [`LinkError`] says.
    pub fn from_link(link: &str) -> Result<Self, LinkError> {
        Ok(Self::parse(&Sort::Person.bytes(link)?)?)
    }
}

/// Host and optional port: no path, no user, no query.
fn is_host(host: &str) -> bool {
    let allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b':' | b'[' | b']');
    (1..=255).contains(&host.len()) && host.bytes().all(allowed)
}
