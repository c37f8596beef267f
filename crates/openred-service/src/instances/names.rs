//! Ids as they stand in Redis: hashed with a secret of the service, so that who reads Redis, or a copy of it, finds none
//! of them. Must not know: what is named.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use openred_core::ids::NodeId;
use openred_core::payload::Secret32;
use sha2::Sha256;

use super::Mark;

/// An id, hashed: 16 bytes.
pub type Token = [u8; 16];

/// How ids are hashed, and what all keys of the service begin with.
pub struct Names {
    prefix: String,
    secret: Secret32,
}

impl Names {
    /// Keys begin with the first 16 digits of the service's id.
    pub(super) fn new(service_id: &NodeId, secret: Secret32) -> Self {
        let id = service_id.to_string();
        Self { prefix: format!("openred:{}", id.get(..16).unwrap_or(&id)), secret }
    }

    /// HMAC-SHA256(secret, kind ‖ 0 ‖ parts)\[..16\]. Parts of one kind have fixed lengths, or there is one only.
    #[expect(clippy::expect_used, clippy::missing_panics_doc, reason = "HMAC takes keys of any length")]
    #[must_use]
    pub fn token(&self, kind: &str, parts: &[&[u8]]) -> Token {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).expect("any key length");
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        for part in parts {
            mac.update(part);
        }
        let mut token = [0; 16];
        token.copy_from_slice(&mac.finalize().into_bytes()[..16]);
        token
    }

    /// A key of this kind.
    #[must_use]
    pub fn key(&self, kind: &str, token: &Token) -> String {
        format!("{}:{kind}:{:032x}", self.prefix, u128::from_be_bytes(*token))
    }

    /// The channel that all processes of the service hear.
    pub(super) fn all(&self) -> String {
        format!("{}:all", self.prefix)
    }

    /// The channel that one process hears.
    pub(super) fn one(&self, mark: &Mark) -> String {
        format!("{}:to:{:016x}", self.prefix, u64::from_be_bytes(*mark))
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}
