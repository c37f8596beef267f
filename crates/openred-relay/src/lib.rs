//! A relay: keeps sealed mail for nodes that are away, in one-way queues with ids that nothing links (PROTOCOL §9,
//! Annex A.7, A.10).
//!
//! [`mailbox`] are its rules, without IO; [`store`] is what must be remembered, as a trait; [`embedded`] keeps it in
//! files of its own, without a server. It must not know: what is in the mail, who sent it, who fetches it, sessions.

pub mod bounds;
pub mod embedded;
pub mod instances;
pub mod mailbox;
pub mod store;
