//! A directory: introduces nodes to each other by linked tokens, and answers who is found by what
//! (PROTOCOL §3, Annex A.1, A.3).
//!
//! It keeps what nodes ask it to list, and nothing of who asked for whom: grants live in memory for at most 30
//! seconds, sealed to the two nodes. It must not know: sessions, messages, people, the node's API.

mod bounds;
mod config;
mod counters;
mod gate;
mod grants;
mod http;
mod instances;
mod jobs;
mod nodes;
mod oauth;
mod outward;
mod routes;
mod start;

pub use config::{Config, Limits, Network, Server, Storage, TokenMode, Tokens};
pub use http::openapi;
pub use start::{Directory, Running, StartError, run};
