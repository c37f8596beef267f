//! A relay: keeps sealed mail for nodes that are away, in one-way queues with ids that nothing links (PROTOCOL §9,
//! Annex A.7, A.10).
//!
//! [`mailbox`] are its rules, without IO; [`store`] is what must be remembered, as a trait; [`embedded`] keeps it in
//! files of its own, without a server; [`cluster`] in a server that several processes share. [`Relay`] answers over HTTP
//! and WebSocket; [`client`] calls one; [`quic`] carries the QUIC of nodes that cannot reach each other. It must not know: what is in the mail, who sent it, who fetches it, sessions.

pub mod alone;
mod backend;
pub mod bounds;
pub mod client;
pub mod cluster;
mod config;
mod counters;
pub mod embedded;
mod gate;
mod http;
pub mod instances;
mod intake;
mod jobs;
pub mod keys;
pub mod mailbox;
mod presence;
pub mod quic;
mod reload;
mod start;
pub mod store;
mod stream;
mod waits;
mod wire;

pub use backend::key_store;
pub use config::{Config, Limits, Quic, Server, Storage};
pub use http::openapi;
pub use start::{Relay, Running, StartError, run};
