//! The tables of a relay in PostgreSQL and all SQL on them, one file per concern. Must not know: who asks.

mod deposits;
mod expiry;
mod keys;
mod mail;
mod partitions;
mod queues;
mod schema;

pub(super) use partitions::Partition;
pub(super) use schema::{VERSION, migrate, weak_promise};
