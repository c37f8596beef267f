//! JSON bodies by the strict parser of the protocol: no duplicate names, integers only, unknown names refused.
//!
//! Must not know: any call.

use openred_core::json::{JsonError, from_slice_strict};
use openred_service::problem::Problem;
use serde::de::DeserializeOwned;

use crate::bounds::MAX_SMALL_BODY;

/// A short body as `T`, or 400 `malformed`, 413 `too_large`. The content type is not looked at: every call is signed.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    from_slice_strict(body, MAX_SMALL_BODY).map_err(|error| match error {
        JsonError::TooLarge => Problem::too_large(),
        other => Problem::malformed().detail(other.to_string()),
    })
}
