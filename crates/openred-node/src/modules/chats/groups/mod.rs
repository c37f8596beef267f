//! Groups: conversations of many. What the owner does (`own`), what comes (`heard`), one turn of the order of commits
//! (`turn`) with what it makes (`making`), applies (`applying`) and sends (`carrying`); what is said (`talk`), the
//! countersigning side (`sequencing`), who the members are (`people`), what comes with time (`job`). Rules only.
//!
//! The order itself is `openred_proto::order`; how it goes over the wire is docs/protocol.md §18. Must not know how MLS
//! works, nor sessions.

mod applying;
mod carrying;
pub mod changes;
pub mod commits;
pub(super) mod heard;
pub mod http;
pub(super) mod job;
pub mod links;
mod making;
pub mod own;
mod people;
pub mod said;
mod sequencing;
pub mod store;
pub(in crate::modules) mod talk;
mod turn;
pub mod view;

pub(super) use applying::internal;
pub(super) use links::is_asked_to_join;
pub(super) use people::others;
pub(in crate::modules) use people::people_of;
pub use people::{is_companion, is_expected};

/// Most people in a group (PROTOCOL §8).
pub const PEOPLE_MAX: usize = 500;
