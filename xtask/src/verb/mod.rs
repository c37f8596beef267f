//! The verbs of `cargo xtask`, one file each.

pub(crate) mod bench;
pub(crate) mod check;
pub(crate) mod contract;
pub(crate) mod crash;
pub(crate) mod demo;
pub(crate) mod dist;
pub(crate) mod e2e;
pub(crate) mod fuzz;
pub(crate) mod nemesis;
pub(crate) mod sim;
pub(crate) mod test;
