//! What the owner wants changed: see `store`.

pub mod store;
