//! How grants reach a node: `POST /api/v3/tokens/poll`, and the push `POST {api_url}/tokens/receive` (Annex A.3).
//!
//! Must not know: what is in a grant, replay memory of nonces (20 minutes, the directory's).

use serde::{Deserialize, Serialize};

use super::CallRefusal;
use crate::{
    grant::within_window,
    ids::{B64, Id16, NodeId},
    sign::{Label, PublicKey, Signature, SigningKey},
};

/// Longest wait of a poll, seconds.
pub const POLL_WAIT_MAX: u8 = 25;
/// Most grants in one answer.
pub const POLL_GRANTS_MAX: usize = 16;

/// Body of the poll.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PollCall {
    /// Who polls.
    pub from: NodeId,
    /// Seconds to hold the answer, ≤ 25.
    pub wait: u8,
    /// Random; (from, nonce) unseen for 20 minutes.
    pub nonce: Id16,
    /// Unix seconds.
    pub time: u64,
    /// sign(`openred/poll`, dir_id ‖ from ‖ nonce ‖ time:u64 ‖ wait:u8).
    pub sig: Signature,
}

impl PollCall {
    /// Makes the call for directory `dir_id`.
    #[must_use]
    pub fn sign(key: &SigningKey, dir_id: &NodeId, from: NodeId, wait: u8, nonce: Id16, time: u64) -> Self {
        let sig = key.sign(Label::Poll, &signed(dir_id, &from, &nonce, time, wait));
        Self { from, wait, nonce, time, sig }
    }

    /// Directory: whether `from`, whose current key is `key`, polls now. The nonce is the caller's to remember.
    ///
    /// # Errors
    /// [`CallRefusal`].
    pub fn verify(&self, key: &PublicKey, dir_id: &NodeId, now: u64) -> Result<(), CallRefusal> {
        if self.wait > POLL_WAIT_MAX {
            return Err(CallRefusal::Malformed);
        }
        if !within_window(now, self.time) {
            return Err(CallRefusal::Time);
        }
        let bytes = signed(dir_id, &self.from, &self.nonce, self.time, self.wait);
        key.verify(Label::Poll, &bytes, &self.sig).map_err(|_| CallRefusal::Signature)
    }
}

fn signed(dir_id: &NodeId, from: &NodeId, nonce: &Id16, time: u64, wait: u8) -> Vec<u8> {
    [dir_id.0.as_slice(), &from.0, &nonce.0, &time.to_be_bytes(), &[wait]].concat()
}

/// 200; nothing within the wait is 204 without a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollAnswer {
    /// Each a [`crate::grant::SealedGrant`], ≤ 16, ≤ 512 KiB in all.
    pub grants: Vec<B64>,
}

/// Body of a push, directory → node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiveCall {
    /// Node id of the directory.
    pub from: NodeId,
    /// A [`crate::grant::SealedGrant`].
    pub token: B64,
}

/// 200. The node answers so for every well-formed push: what it thinks of the grant is nobody's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiveAnswer {
    /// True.
    pub received: bool,
}
