//! Many nodes in one process and in virtual time: the production machines of `openred_proto::overlay`, links with
//! faults, evil actors, a reference model, and one function per invariant.
//!
//! The seed is everything: a run twice gives the same trace hash. This crate holds no protocol: machines come from
//! proto, codecs from core. A run is a [`scenario`]; what it must keep is in [`invariants`] (at the end) and [`watch`]
//! (at every step). Must not know: sockets, clocks, files (the binary's `main` writes the report).

mod act;
pub mod cast;
pub mod dice;
pub mod evil;
mod frames;
mod index;
pub mod invariants;
pub mod model;
pub mod node;
mod pulse;
pub mod queue;
pub mod report;
pub mod sample;
pub mod scenario;
pub mod setup;
pub mod trace;
pub mod verifier;
pub mod watch;
pub mod weather;
pub mod world;
