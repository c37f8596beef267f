//! The comparison of our relay with stores of messages: which cases are run, and how what they showed is told.
//!
//! The servers, their clients and the load live in `bench/`, a workspace of its own; nothing of them is linked here.

pub(crate) mod case;
pub(crate) mod goals;
pub(crate) mod page;
pub(crate) mod plan;
