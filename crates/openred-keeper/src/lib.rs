//! The key process of a node and its client half (DESIGN §4): [`vault`] holds the secrets and performs
//! every operation, [`process`] runs one in a shut-in child, [`client`] asks it.
//!
//! What leaves is signed, sealed, or a session key; what is signed was parsed. This crate must not know
//! the network, databases, or what the node does with the answers.

pub mod blob;
pub mod client;
pub mod keyfile;
pub mod memory;
pub mod ops;
pub mod process;
pub mod sandbox;
mod seal;
pub mod secret;
pub mod vault;
pub mod wire;
