//! Tests of the plumbing through its public face.

#![expect(clippy::unwrap_used, reason = "what a test sets up must be there")]

mod database_contract;
mod database_file;
mod http_client;
mod lifecycle;
mod problem_edge;
mod server;
