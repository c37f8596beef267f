//! `POST /api/v3/tokens/request-connection` (PROTOCOL §3.1, Annex A.3).
//!
//! Must not know: whether the target exists. The answer is the same in any case.

use serde::{Deserialize, Serialize};

use super::CallRefusal;
use crate::{
    grant::{Request, within_window},
    ids::{Id16, NodeId},
    sign::{PublicKey, Signature},
};

/// Body of the call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestCall {
    /// id_B.
    pub target: NodeId,
    /// id_A; must be registered, else 404.
    pub from: NodeId,
    /// Drawn by A; becomes the grant's.
    pub grant_id: Id16,
    /// Unix seconds.
    pub time: u64,
    /// sign(`openred/request`, dir_id ‖ id_B ‖ grant_id ‖ time:u64).
    pub sig: Signature,
}

impl RequestCall {
    /// The call that carries `request`.
    #[must_use]
    pub const fn of(request: &Request, from: NodeId, target: NodeId) -> Self {
        Self { target, from, grant_id: request.grant_id, time: request.time, sig: request.signature }
    }

    /// What goes into B's half.
    #[must_use]
    pub const fn request(&self) -> Request {
        Request { grant_id: self.grant_id, time: self.time, signature: self.sig }
    }

    /// Directory: whether `from`, whose current key is `key`, asks now.
    ///
    /// # Errors
    /// [`CallRefusal`].
    pub fn verify(&self, key: &PublicKey, dir_id: &NodeId, now: u64) -> Result<Request, CallRefusal> {
        if self.target == self.from {
            return Err(CallRefusal::Malformed);
        }
        if !within_window(now, self.time) {
            return Err(CallRefusal::Time);
        }
        let request = self.request();
        request.verify(key, dir_id, &self.target).map_err(|_| CallRefusal::Signature)?;
        Ok(request)
    }
}

/// 202, always: whether the target is unknown, refusing or away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestAnswer {
    /// Of the call.
    pub grant_id: Id16,
}
