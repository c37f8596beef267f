//! Trust with its reasons in numbers, for the network page and `openred trust`.
//!
//! Must not know: how it is shown.

use openred_core::ids::NodeId;

use super::{
    Book, Metric, Ppm, Reason,
    bounds::{ONE, TRUSTED},
};
use crate::{
    now::Now,
    overlay::{
        peers::{Group, Introducer},
        store::TrustRow,
    },
};

/// What the observer thinks of one node. Values in millionths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustView {
    /// Of whom.
    pub node_id: NodeId,
    /// Name of the metric.
    pub metric: &'static str,
    /// Own experience, decay taken.
    pub direct: Ppm,
    /// What recommendations add.
    pub boost: Ppm,
    /// Both, within 0…1.
    pub effective: Ppm,
    /// 0.5 = as seven days ago.
    pub trend: Ppm,
    /// Share of valid deliveries.
    pub stats: Ppm,
    /// All together, at most `direct` + 0.1.
    pub reputation: Ppm,
    /// Valid first deliveries.
    pub valid: u64,
    /// Invalid frames.
    pub invalid: u64,
    /// One of the owner's contacts.
    pub contact: bool,
    /// Followed by the owner.
    pub followed: bool,
    /// Always linked.
    pub pinned: bool,
    /// Its statements count.
    pub recommender: bool,
    /// Why they do not: `unknown trust new inbound group` (`group`: none, or its place is another's).
    pub why_no_recommender: Option<&'static str>,
    /// Who recommends it, and what that adds before the limit of 0.1.
    pub reasons: Vec<Reason>,
    /// Unix seconds of the first link.
    pub first_seen: Option<u64>,
    /// Address group of the last link.
    pub group: Option<Group>,
    /// Who brought it to us.
    pub introducer: Option<Introducer>,
}

pub(super) fn view(book: &Book, metric: &dyn Metric, node: &NodeId, now: Now) -> TrustView {
    let row = book.row(node);
    let recommender = book.members(now).iter().any(|member| member.node_id == *node);
    let why = row.map_or(Some("unknown"), |row| book.why_no_member(row, now)).or(Some("group"));
    TrustView {
        node_id: *node,
        metric: metric.name(),
        direct: book.level(node, now).direct,
        boost: metric.boost(book, node, now),
        effective: metric.effective(book, node, now),
        trend: trend(book, node, now),
        stats: stats(row),
        reputation: reputation(book, metric, node, now),
        valid: row.map_or(0, |row| row.valid),
        invalid: row.map_or(0, |row| row.invalid),
        contact: book.is_contact(node),
        followed: book.is_followed(node),
        pinned: book.is_pinned(node),
        recommender,
        why_no_recommender: if recommender { None } else { why },
        reasons: metric.reasons(book, node, now),
        first_seen: row.map(|row| row.first_seen),
        group: row.and_then(|row| row.group.clone()),
        introducer: book.introducer(node).cloned(),
    }
}

/// `min(0.6 effective + 0.2 trend + 0.2 stats, direct + 0.1)`.
pub(super) fn reputation(book: &Book, metric: &dyn Metric, node: &NodeId, now: Now) -> Ppm {
    let effective = metric.effective(book, node, now);
    let mixed = (6 * effective + 2 * trend(book, node, now) + 2 * stats(book.row(node))) / 10;
    mixed.min(book.level(node, now).direct + ONE / 10)
}

/// `clamp(0.5 + 5 × (direct − direct 7 days ago), 0, 1)`.
fn trend(book: &Book, node: &NodeId, now: Now) -> Ppm {
    let level = book.level(node, now);
    (ONE / 2 + 5 * (level.direct - level.week_ago)).clamp(0, ONE)
}

/// `(valid + 1) / (valid + invalid + 2)`.
fn stats(row: Option<&TrustRow>) -> Ppm {
    let (valid, invalid) = row.map_or((0, 0), |row| (u128::from(row.valid), u128::from(row.invalid)));
    let share = (valid + 1) * ONE.unsigned_abs() as u128 / (valid + invalid + 2);
    Ppm::try_from(share).unwrap_or(ONE)
}

/// Who earned 0.7 by itself, at most the `max` best, in order of id: what a TRUST_UPDATE of the observer says, in thousandths.
pub(super) fn own_statements(book: &Book, max: usize, now: Now) -> Vec<(NodeId, u16)> {
    let mut good: Vec<(Ppm, NodeId)> = book
        .rows()
        .map(|row| (book.level(&row.node_id, now).direct, row.node_id))
        .filter(|(direct, _)| *direct >= TRUSTED)
        .collect();
    good.sort_by_key(|(direct, id)| (-direct, *id));
    good.truncate(max);
    let mut said: Vec<(NodeId, u16)> = good
        .into_iter()
        .map(|(direct, id)| (id, u16::try_from(direct * 1000 / ONE).unwrap_or(1000)))
        .collect();
    said.sort_unstable();
    said
}
