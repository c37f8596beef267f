//! The comparison of overlays: which cases are run, how, and how what they showed is told.
//!
//! The nodes and the peers live in `bench/`, a workspace of its own; nothing of them is linked here.

pub(crate) mod case;
pub(crate) mod goals;
pub(crate) mod page;
pub(crate) mod plan;
