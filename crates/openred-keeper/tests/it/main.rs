//! Stories of people and their keepers: in process, and in the key process itself.

#![expect(clippy::expect_used, reason = "helpers of tests fail by panicking, as tests do")]

mod audit;
mod damaged;
mod descriptor;
mod evil;
mod garbage;
mod handshake;
mod identity;
mod introduction;
mod mail;
mod people;
mod process;
mod refused;
mod signing;
