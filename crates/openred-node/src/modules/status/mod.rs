//! How the node is doing, in words and codes: what `/status`, the app and `openred doctor` show. Reads; changes
//! nothing.

pub mod http;
pub mod metrics;
