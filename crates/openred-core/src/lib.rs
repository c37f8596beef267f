//! Values of OpenRed and their proofs: ids, keys, identity log, descriptor, envelope, token methods,
//! tickets and wire types (PROTOCOL §1–§5, Annex A).
//!
//! What this crate must not know: sockets, files, clocks, databases, async. Time and randomness are
//! arguments; only functions named `generate` draw from the operating system.

pub mod aead;
pub mod boxes;
pub mod call;
pub mod checks;
pub mod codec;
pub mod descriptor;
pub mod envelope;
pub mod frame;
pub mod grant;
pub mod hello;
pub mod identity;
pub mod ids;
pub mod invitation;
pub mod json;
pub mod mail;
pub mod overlay;
pub mod payload;
pub mod safety;
pub mod seed;
pub mod session_keys;
pub mod sign;
#[cfg(debug_assertions)]
#[doc(hidden)]
pub mod switch;
pub mod time;
pub mod token;
