//! Ana, Ben and Chloé with real keys and real tables, without a network: what waits is carried by hand.

mod access;
mod found;
mod http;
mod order;
mod posts;
pub(crate) mod stage;
mod threads;
