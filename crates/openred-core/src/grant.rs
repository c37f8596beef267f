//! Grants: a directory introduces A to B by two sealed halves with linked tokens (PROTOCOL §3, Annex A.3).
//!
//! The directory's side is [`issue`] and [`seal_half`]; the receiver's side is [`unseal`] and [`open_grant`], which
//! holds every check that bytes and given facts can decide. Must not know: tables of pending and used grants
//! (`openred_proto::introduction`), HTTP.

mod core;
mod half;
mod issue;
mod open;
mod refusal;
mod request;
mod sealed;

pub use self::core::{CORE_LEN, Core, commit_secret};
pub use half::{GrantHalf, HALF_LEN};
pub use issue::{Terms, issue};
pub use open::{GrantFacts, OpenedGrant, OwnRequest, WINDOW_SECS, open_grant, within_window};
pub use refusal::GrantRefusal;
pub use request::{REQUEST_LEN, Request};
pub use sealed::{SealedGrant, Unsealed, seal_half, unseal};
