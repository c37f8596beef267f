//! Messages of conversations: see `store`.

pub mod store;
