//! A's signed wish to be introduced: `grant_id ‖ time ‖ sig`, 88 bytes (PROTOCOL §3.1, Annex A.3).
//!
//! The bytes do not repeat the directory and the target: the signature covers them, the reader supplies them.
//! Must not know: whether A is registered, whether B wants it.

use super::core::take;
use crate::{
    ids::{Id16, NodeId},
    sign::{BadSignature, Label, PublicKey, Signature, SigningKey},
};

/// Bytes of a request inside B's half.
pub const REQUEST_LEN: usize = 88;

/// sign(`openred/request`, dir_id ‖ id_B ‖ grant_id ‖ time), not yet verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Drawn by A.
    pub grant_id: Id16,
    /// Unix seconds of A's clock.
    pub time: u64,
    /// By A's current signing key.
    pub signature: Signature,
}

impl Request {
    /// Signs A's request to directory `dir_id` for node `id_b`.
    #[must_use]
    pub fn sign(key: &SigningKey, dir_id: &NodeId, id_b: &NodeId, grant_id: Id16, time: u64) -> Self {
        let signature = key.sign(Label::Request, &signed(dir_id, id_b, &grant_id, time));
        Self { grant_id, time, signature }
    }

    /// Whether `a` asked directory `dir_id` for `id_b` by exactly this.
    ///
    /// # Errors
    /// [`BadSignature`]. The directory answers 401 `bad_signature`, B refuses the grant.
    pub fn verify(&self, a: &PublicKey, dir_id: &NodeId, id_b: &NodeId) -> Result<(), BadSignature> {
        a.verify(Label::Request, &signed(dir_id, id_b, &self.grant_id, self.time), &self.signature)
    }

    /// The 88 bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; REQUEST_LEN] {
        let mut bytes = [0; REQUEST_LEN];
        bytes[..16].copy_from_slice(&self.grant_id.0);
        bytes[16..24].copy_from_slice(&self.time.to_be_bytes());
        bytes[24..].copy_from_slice(&self.signature.0);
        bytes
    }

    /// Reads 88 bytes.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let request = Self {
            grant_id: Id16(take(&mut rest)?),
            time: u64::from_be_bytes(take(&mut rest)?),
            signature: Signature(take(&mut rest)?),
        };
        rest.is_empty().then_some(request)
    }
}

fn signed(dir_id: &NodeId, id_b: &NodeId, grant_id: &Id16, time: u64) -> [u8; 88] {
    let mut bytes = [0; 88];
    bytes[..32].copy_from_slice(&dir_id.0);
    bytes[32..64].copy_from_slice(&id_b.0);
    bytes[64..80].copy_from_slice(&grant_id.0);
    bytes[80..].copy_from_slice(&time.to_be_bytes());
    bytes
}
