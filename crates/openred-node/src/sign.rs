//! Signing by the keeper: the node builds an envelope, the keeper parses and signs it.

use openred_core::envelope::{Envelope, Verified};
use openred_keeper::{
    blob::Blob,
    ops::{Request, Response},
};

use crate::{error::NodeError, keys::Keys};

/// Lets the keeper sign an envelope of the owner.
///
/// # Errors
/// [`NodeError::Locked`] until the owner logs in; [`NodeError::Invalid`] for what peers would refuse.
pub(crate) async fn envelope(keys: &Keys, envelope: &Envelope) -> Result<Verified, NodeError> {
    let Response::Signed(mut signed) =
        keys.ask(Request::SignEnvelopes(vec![Blob(envelope.to_sign())])).await?
    else {
        return Err(unexpected());
    };
    let signed = signed.pop().ok_or_else(unexpected)?;
    Verified::from_trusted_store(&signed.canonical.0)
        .map_err(|e| NodeError::Internal(format!("the keeper's envelope does not parse: {e}")))
}

/// A user name as envelopes want it: never empty.
pub(crate) fn user_name(name: &str) -> String {
    if name.is_empty() { "unknown".to_owned() } else { name.to_owned() }
}

fn unexpected() -> NodeError {
    NodeError::Internal("the keeper answered another question".to_owned())
}
