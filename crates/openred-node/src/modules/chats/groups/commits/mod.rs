//! What is kept of commits: see `store`.

pub mod store;
