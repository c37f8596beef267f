//! Ids as they stand in Redis: hashed with a secret of the relay, so that who reads Redis, or a copy of it, finds no queue
//! and no owner. Must not know: what is named.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use openred_core::ids::NodeId;
use openred_core::payload::Secret32;
use sha2::Sha256;

/// An id, hashed: 16 bytes.
pub(super) type Token = [u8; 16];

/// How ids are hashed, and what all keys of the relay begin with.
pub(super) struct Names {
    prefix: String,
    secret: Secret32,
}

impl Names {
    /// Keys begin with the first 16 digits of the relay's id.
    pub(super) fn new(relay_id: &NodeId, secret: Secret32) -> Self {
        let id = relay_id.to_string();
        Self { prefix: format!("openred:{}", id.get(..16).unwrap_or(&id)), secret }
    }

    /// HMAC-SHA256(secret, kind ‖ 0 ‖ parts)[..16]. Parts of one kind have fixed lengths, or there is one only.
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    pub(super) fn token(&self, kind: &str, parts: &[&[u8]]) -> Token {
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
    pub(super) fn key(&self, kind: &str, token: &Token) -> String {
        format!("{}:{kind}:{:032x}", self.prefix, u128::from_be_bytes(*token))
    }

    /// The channel on which processes tell where mail has come.
    pub(super) fn channel(&self) -> String {
        format!("{}:arrived", self.prefix)
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}
