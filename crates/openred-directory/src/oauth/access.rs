//! Access tokens: JWTs (RFC 9068) of the directory for itself, ten minutes long.
//!
//! A token names the head of the client's identity log, so that it ends with the key it was given to. Must not know:
//! who is registered, HTTP, clocks.

use jsonwebtoken::{Algorithm, Header, decode, decode_header, encode};
use openred_core::ids::{Hash, Id16, NodeId};
use openred_service::identity::random;
use serde::{Deserialize, Serialize};

use super::assertion::by_eddsa;
use super::keyring::Ring;
use super::scope::Scope;

const TYPE: &str = "at+jwt";

/// What a token says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Access {
    pub(super) iss: NodeId,
    pub(super) aud: NodeId,
    pub(super) sub: NodeId,
    pub(super) client_id: NodeId,
    pub(super) iat: u64,
    pub(super) exp: u64,
    pub(super) jti: String,
    pub(super) scope: String,
    pub(super) log_head: Hash,
}

impl Access {
    /// A token for `client`, whose identity log ends in `log_head`, from `now` to `ends` (unix seconds).
    pub(super) fn new(
        dir_id: NodeId,
        client: NodeId,
        log_head: Hash,
        scope: String,
        (now, ends): (u64, u64),
    ) -> Self {
        Self {
            iss: dir_id,
            aud: dir_id,
            sub: client,
            client_id: client,
            iat: now,
            exp: ends,
            jti: Id16(random()).to_string(),
            scope,
            log_head,
        }
    }

    /// The token, signed by the key of the day; `None` if it cannot be signed, which has no cause but a bug.
    pub(super) fn signed(&self, ring: &Ring) -> Option<String> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(ring.signs().kid.clone());
        encode(&header, self, &ring.signs().signs).ok()
    }

    /// What a token of this directory says, while it is good; `None` for everything else.
    pub(super) fn read(token: &str, ring: &Ring, dir_id: &NodeId, now: u64) -> Option<Self> {
        let header = decode_header(token).ok()?;
        let kid = header.kid.filter(|_| header.typ.as_deref() == Some(TYPE) && header.crit.is_none())?;
        let key = ring.all().find(|key| key.kid == kid)?;
        let access = decode::<Self>(token, &key.checks, &by_eddsa()).ok()?.claims;
        (access.iss == *dir_id && access.aud == *dir_id && now < access.exp).then_some(access)
    }

    /// Whether it allows `scope`.
    pub(super) fn allows(&self, scope: Scope) -> bool {
        self.scope.split(' ').any(|name| name == scope.as_str())
    }
}
