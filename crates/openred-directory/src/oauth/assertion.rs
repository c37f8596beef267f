//! What a node proves itself with: a JWT signed by its own key (RFC 7523, `private_key_jwt`).
//!
//! A JWT begins with `eyJ`, 101 as a number, and no label of ours has 101 bytes: what a node signs here is no signature
//! of anything else, and the other way round. Must not know: who is registered, HTTP, clocks.

use jsonwebtoken::dangerous::insecure_decode;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use openred_core::ids::NodeId;
use openred_core::sign::PublicKey;
use serde::Deserialize;

use crate::bounds::{ASSERTION_LIFE_SECS, MAX_JTI_BYTES};

/// The claims; members that are not known say nothing to us. An `aud` of several directories is none: each of them
/// could use it at the others.
#[derive(Debug, Deserialize)]
struct Claims {
    iss: NodeId,
    sub: NodeId,
    aud: NodeId,
    exp: u64,
    nbf: Option<u64>,
    jti: String,
}

/// An assertion whose signature nobody has looked at.
#[derive(Debug)]
pub(super) struct Assertion<'a> {
    text: &'a str,
    claims: Claims,
}

/// Why an assertion proves nothing. The text is for who runs the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AssertionRefusal {
    /// No JWT by EdDSA with the claims that are needed.
    #[error("not a JWT by EdDSA with iss, sub, aud, exp and jti")]
    Malformed,
    /// It speaks of one node and is of another.
    #[error("iss and sub are both the client's node id")]
    Subject,
    /// Meant for another directory.
    #[error("aud is the id of another directory")]
    Audience,
    /// It has ended, or has not begun.
    #[error("it has ended or not begun by this directory's clock")]
    Ended,
    /// It lives too long.
    #[error("exp is more than 60 s ahead of this directory's clock")]
    TooLong,
    /// Not by the node's current key.
    #[error("it is not signed by the current key of this node")]
    Signature,
}

impl<'a> Assertion<'a> {
    /// Reads it and checks what can be checked without a key, for the directory `dir_id` at `now` (unix seconds).
    pub(super) fn read(text: &'a str, dir_id: &NodeId, now: u64) -> Result<Self, AssertionRefusal> {
        let data = insecure_decode::<Claims>(text).map_err(|_| AssertionRefusal::Malformed)?;
        let claims = data.claims;
        let named = !claims.jti.is_empty() && claims.jti.len() <= MAX_JTI_BYTES;
        if data.header.alg != Algorithm::EdDSA || data.header.crit.is_some() || !named {
            return Err(AssertionRefusal::Malformed);
        }
        if claims.iss != claims.sub {
            return Err(AssertionRefusal::Subject);
        }
        if claims.aud != *dir_id {
            return Err(AssertionRefusal::Audience);
        }
        if claims.exp <= now || claims.nbf.is_some_and(|nbf| nbf > now) {
            return Err(AssertionRefusal::Ended);
        }
        if claims.exp > now + ASSERTION_LIFE_SECS {
            return Err(AssertionRefusal::TooLong);
        }
        Ok(Self { text, claims })
    }

    /// Who says to have signed it.
    pub(super) fn client(&self) -> NodeId {
        self.claims.sub
    }

    /// Its name, to be used once.
    pub(super) fn jti(&self) -> &str {
        &self.claims.jti
    }

    /// When it ends, unix seconds.
    pub(super) fn ends(&self) -> u64 {
        self.claims.exp
    }

    /// Whether `key` signed it.
    pub(super) fn verify(&self, key: &PublicKey) -> Result<(), AssertionRefusal> {
        let key = DecodingKey::from_ed_der(key.as_bytes());
        decode::<Claims>(self.text, &key, &by_eddsa()).map_err(|_| AssertionRefusal::Signature).map(drop)
    }
}

/// EdDSA and nothing else. Times and audience are compared by us, with the directory's clock.
pub(super) fn by_eddsa() -> Validation {
    let mut rules = Validation::new(Algorithm::EdDSA);
    rules.validate_exp = false;
    rules.validate_aud = false;
    rules.required_spec_claims.clear();
    rules
}
