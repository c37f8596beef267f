//! The first version of the API, as S1 names it, on the same nodes as the third. Every call needs a token.
//!
//! Must not know: how tokens are made.

mod caller;
pub(super) mod discover;
pub(super) mod register;
pub(super) mod route;
pub(super) mod status;
