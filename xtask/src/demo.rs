//! The parts of the demo: running programs, a client for each person, the story and its account.

pub(crate) mod account;
pub(crate) mod caller;
pub(crate) mod cast;
pub(crate) mod person;
pub(crate) mod running;
pub(crate) mod story;
