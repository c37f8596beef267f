//! `POST /api/v3/nodes/register` (Annex A.3).
//!
//! Must not know: what is registered already.

use serde::{Deserialize, Serialize};

use super::CallRefusal;
use crate::{
    descriptor::Descriptor,
    grant::within_window,
    ids::{B64, Hash, NodeId},
    sign::{Label, Signature, SigningKey},
};

/// What the directory may do with a registration; a byte of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Flags(pub u8);

impl Flags {
    /// Findable by username.
    pub const NAME: u8 = 1;
    /// Findable by text search.
    pub const TEXT: u8 = 2;
    /// Listed among the recently seen.
    pub const RECENT: u8 = 4;
    /// Grants are pushed to the descriptor's api_url.
    pub const PUSH: u8 = 8;
    /// Forget this node.
    pub const REMOVE: u8 = 128;

    /// Whether one of the bits above is set.
    #[must_use]
    pub const fn has(self, bit: u8) -> bool {
        self.0 & bit != 0
    }
}

/// Body of the call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterCall {
    /// Signed descriptor, verbatim.
    pub descriptor: B64,
    /// Wishes.
    pub flags: Flags,
    /// Unix seconds; the newest counts.
    pub time: u64,
    /// sign(`openred/register`, dir_id ‖ desc_hash ‖ flags:u8 ‖ time:u64).
    pub sig: Signature,
}

impl RegisterCall {
    /// Makes the call for directory `dir_id`.
    #[must_use]
    pub fn sign(key: &SigningKey, dir_id: &NodeId, descriptor: &Descriptor, flags: Flags, time: u64) -> Self {
        let sig = key.sign(Label::Register, &signed(dir_id, &descriptor.hash(), flags, time));
        Self { descriptor: B64(descriptor.bytes().to_vec()), flags, time, sig }
    }

    /// Directory: the descriptor, when it verifies and its own key signed this call.
    ///
    /// # Errors
    /// [`CallRefusal`].
    pub fn verify(&self, dir_id: &NodeId, now: u64) -> Result<Descriptor, CallRefusal> {
        if !within_window(now, self.time) {
            return Err(CallRefusal::Time);
        }
        let descriptor = Descriptor::parse(&self.descriptor.0).map_err(|_| CallRefusal::Malformed)?;
        let bytes = signed(dir_id, &descriptor.hash(), self.flags, self.time);
        descriptor
            .signing_key()
            .verify(Label::Register, &bytes, &self.sig)
            .map_err(|_| CallRefusal::Signature)?;
        Ok(descriptor)
    }
}

fn signed(dir_id: &NodeId, desc_hash: &Hash, flags: Flags, time: u64) -> Vec<u8> {
    [dir_id.0.as_slice(), &desc_hash.0, &[flags.0], &time.to_be_bytes()].concat()
}

/// 200.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterAnswer {
    /// Who is registered.
    pub node_id: NodeId,
    /// Which descriptor the directory hands out.
    pub desc_hash: Hash,
    /// Unix seconds; register again before.
    pub expires: u64,
}

/// Members that 409 `stale` adds to its problem: what the directory holds instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaleAnswer {
    /// `stale`.
    pub code: String,
    /// Signed descriptor, newer than the one sent.
    pub descriptor: B64,
}
