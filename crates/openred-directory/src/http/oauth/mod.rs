//! The authorization server of the first version of the API: tokens, keys, metadata.
//!
//! Must not know: how tokens are made.

pub(super) mod jwks;
pub(super) mod metadata;
mod refusal;
pub(super) mod token;
