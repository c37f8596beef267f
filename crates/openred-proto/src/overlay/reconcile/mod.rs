//! Range-based set reconciliation: two neighbours find out which messages one of them lacks, at about the cost of the
//! difference (PROTOCOL §6, Annex A.8).
//!
//! Both hold their message ids ordered by (timestamp, id). A message says something about each of a row of ranges that
//! covers everything; where fingerprints differ, the answer looks closer. Answers depend on the ranges alone, so a
//! session holds nothing but its counters.
//!
//! A fingerprint is made of a sum of ids, and sums can be steered by who grinds ids: two different sets of equal sum
//! look the same. Therefore whoever begins cuts its own set at random places: a collision is hidden only while no cut
//! falls into it, and each session, with each neighbour, cuts elsewhere.
//!
//! Must not know: what a message is, whether it may be held, who is a good partner, when it is time.

mod answer;
mod begin;
mod bound;
mod session;
mod set;
mod sum;

pub use session::{End, Sessions, Step};
pub use set::Set;

#[cfg(test)]
mod tests;
