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

impl Invitation {
    /// `https://HOST/i#…` when a host (with port where needed) is given, else `openred:i#…`.
    ///
    /// # Errors
    /// [`LinkError::Form`] for a host that is none, else as [`Invitation::encode`].
    pub fn to_link(&self, host: Option<&str>) -> Result<Zeroizing<String>, LinkError> {
        let fragment = Zeroizing::new(b64_encode(&*self.encode()?));
        Ok(Zeroizing::new(match host {
            Some(host) if is_host(host) => format!("https://{host}/i#{}", *fragment),
            Some(_) => return Err(LinkError::Form),
            None => format!("openred:i#{}", *fragment),
        }))
    }

    /// Reads either form, with white space around it forgiven.
    ///
    /// # Errors
    /// As [`LinkError`] says.
    pub fn from_link(link: &str) -> Result<Self, LinkError> {
        let fragment = fragment(link.trim()).ok_or(LinkError::Form)?;
        let bytes = Zeroizing::new(b64_decode(fragment).map_err(|_| LinkError::Damaged)?);
        Ok(Self::parse(&bytes)?)
    }
}

fn fragment(link: &str) -> Option<&str> {
    let (before, fragment) = link.split_once('#')?;
    let ours = match before.strip_prefix("https://") {
        Some(rest) => rest.strip_suffix("/i").is_some_and(is_host),
        None => before == "openred:i",
    };
    ours.then_some(fragment)
}

/// Host and optional port: no path, no user, no query.
fn is_host(host: &str) -> bool {
    let allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b':' | b'[' | b']');
    (1..=255).contains(&host.len()) && host.bytes().all(allowed)
}
