//! How recommendations become trust: the seam, and S3's way with bounds.
//!
//! A boost is computed on read from the book, never stored and never fed back into direct trust or the choice of
//! recommenders. Must not know: what trust is used for.

use std::fmt::Debug;

use openred_core::ids::NodeId;

use super::{
    Book, Ppm,
    bounds::{BOOST_MAX, BOOST_SHARE, ONE},
};
use crate::now::Now;

/// A way to reckon trust from what the observer knows. Values in millionths.
pub trait Metric: Debug {
    /// Its name in the configuration.
    fn name(&self) -> &'static str;

    /// Whether the statements of `from` are worth holding, and asking for.
    fn listens(&self, book: &Book, from: &NodeId, now: Now) -> bool;

    /// What each recommender adds to `node`, before the limit.
    fn reasons(&self, book: &Book, node: &NodeId, now: Now) -> Vec<Reason>;

    /// What recommendations add, 0…0.1.
    fn boost(&self, book: &Book, node: &NodeId, now: Now) -> Ppm {
        let sum = self.reasons(book, node, now).iter().map(|reason| reason.adds).sum::<Ppm>();
        sum.clamp(0, BOOST_MAX)
    }

    /// Direct trust and boost, 0…1.
    fn effective(&self, book: &Book, node: &NodeId, now: Now) -> Ppm {
        (book.level(node, now).direct + self.boost(book, node, now)).clamp(0, ONE)
    }
}

/// One reason for a boost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Who recommends; the node itself where the metric gives by who it is.
    pub by: NodeId,
    /// Share of its word, in millionths.
    pub share: Ppm,
    /// What that adds, in millionths.
    pub adds: Ppm,
}

/// S3's numbers with bounds (PROTOCOL §7): `min(0.1, Σ rec × direct × 0.1)` over the recommenders R.
///
/// With g malicious or fooled members of R the boosts of all fakes sum to ≤ 0.1 g; with none to exactly 0.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bounded;

impl Metric for Bounded {
    fn name(&self) -> &'static str {
        "bounded"
    }

    fn listens(&self, book: &Book, from: &NodeId, now: Now) -> bool {
        book.is_trusted(from, now)
    }

    fn reasons(&self, book: &Book, node: &NodeId, now: Now) -> Vec<Reason> {
        if !book.is_spoken_of(node, now) {
            return Vec::new();
        }
        let reason = |member: &super::Member| {
            let share = book.share(&member.node_id, node, now);
            Reason { by: member.node_id, share, adds: share * member.direct / ONE / BOOST_SHARE }
        };
        book.members(now).iter().map(reason).filter(|reason| reason.share > 0).collect()
    }
}
