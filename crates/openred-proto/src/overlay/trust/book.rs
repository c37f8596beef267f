//! What the observer knows: records, people, statements; the ground that every metric stands on.
//!
//! Bounded: records by `Settings::rows_max` (the least interesting goes, never one of the owner's people), statements
//! by recommenders × 256. Time is a steady clock, started once from the wall clock and then driven by the monotonic
//! one, so that a jump of the wall clock neither wipes trust nor ages an acquaintance; only what others dated is held
//! against the wall clock. Must not know: links, storage.

use std::collections::BTreeMap;

use openred_core::ids::NodeId;

use super::{
    Level, Ppm, Settings,
    bounds::{BOOST_SHARE, KNOWN_S, RECOMMENDERS_MAX, TRUSTED},
    row,
    statements::{Said, is_timely},
};
use crate::overlay::faults::planted;
use crate::{
    now::Now,
    overlay::{
        peers::{Acquaintance, Introducer},
        store::TrustRow,
    },
};

/// See the module.
#[derive(Debug)]
pub struct Book {
    me: NodeId,
    pub(super) settings: Settings,
    started: Option<Now>,
    rows: BTreeMap<NodeId, TrustRow>,
    people: BTreeMap<NodeId, Acquaintance>,
    said: BTreeMap<NodeId, Said>,
    version: u64,
}

/// A node whose recommendations count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub node_id: NodeId,
    /// Its direct trust.
    pub direct: Ppm,
}

impl Book {
    pub(super) fn new(me: NodeId, settings: Settings, rows: Vec<TrustRow>) -> Self {
        let rows = rows.into_iter().filter(|row| row.node_id != me).map(|row| (row.node_id, row)).collect();
        Self { me, settings, started: None, rows, people: BTreeMap::new(), said: BTreeMap::new(), version: 0 }
    }

    /// Changes with the people and the statements.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Seconds of the steady clock.
    #[must_use]
    pub fn steady_s(&self, now: Now) -> u64 {
        self.started
            .map_or(now.secs(), |start| start.secs() + now.mono_ms.saturating_sub(start.mono_ms) / 1000)
    }

    /// Direct trust of a node; `initial` when nothing is known of it.
    #[must_use]
    pub fn level(&self, node: &NodeId, now: Now) -> Level {
        let unknown = Level { direct: self.settings.initial, week_ago: self.settings.initial };
        self.rows.get(node).map_or(unknown, |row| row::level(row, &self.settings, self.steady_s(now)))
    }

    /// The record of a node, decay not taken.
    #[must_use]
    pub fn row(&self, node: &NodeId) -> Option<&TrustRow> {
        self.rows.get(node)
    }

    /// One of the owner's contacts.
    #[must_use]
    pub fn is_contact(&self, node: &NodeId) -> bool {
        self.people.get(node).is_some_and(|person| person.contact)
    }

    /// Followed by the owner.
    #[must_use]
    pub fn is_followed(&self, node: &NodeId) -> bool {
        self.people.get(node).is_some_and(|person| person.followed)
    }

    /// Pinned by the owner: always linked.
    #[must_use]
    pub fn is_pinned(&self, node: &NodeId) -> bool {
        self.people.get(node).is_some_and(|person| person.pinned)
    }

    /// The owner's contacts, in order of id.
    pub fn contacts(&self) -> impl Iterator<Item = NodeId> {
        self.people.values().filter(|person| person.contact).map(|person| person.node_id)
    }

    /// Contacts, and who earned 0.7.
    #[must_use]
    pub fn is_trusted(&self, node: &NodeId, now: Now) -> bool {
        let fed = || self.contacts().map(|by| self.share(&by, node, now)).sum::<Ppm>() / BOOST_SHARE;
        let more = if planted("boost-fed-into-r") { fed() } else { 0 };
        self.is_contact(node) || self.level(node, now).direct + more >= TRUSTED
    }

    /// Who brought the node to us: the owner himself for his people.
    #[must_use]
    pub fn introducer(&self, node: &NodeId) -> Option<&Introducer> {
        if self.is_contact(node) || self.is_pinned(node) {
            return Some(&Introducer::Own);
        }
        self.rows.get(node)?.introducer.as_ref()
    }

    /// R of PROTOCOL §7: whose statements count, at most one per address group and introducer group. The owner's
    /// people come first, then who is known longest.
    #[must_use]
    pub fn members(&self, now: Now) -> Vec<Member> {
        let mut candidates: Vec<&TrustRow> =
            self.rows.values().filter(|row| self.why_no_member(row, now).is_none()).collect();
        candidates.sort_by_key(|row| (!self.is_own(&row.node_id), row.first_seen, row.node_id));
        let (mut groups, mut introducers) = (Vec::new(), Vec::new());
        let mut members = Vec::new();
        for row in candidates {
            let introducer = self.introducer(&row.node_id).filter(|by| **by != Introducer::Own);
            if groups.contains(&row.group.as_ref())
                || introducer.is_some() && introducers.contains(&introducer)
            {
                continue;
            }
            groups.push(row.group.as_ref());
            introducers.push(introducer);
            members.push(Member { node_id: row.node_id, direct: self.level(&row.node_id, now).direct });
        }
        members
    }

    /// The first condition of R that this node does not meet by itself; a place may still be taken by another of its
    /// group.
    #[must_use]
    pub fn why_no_member(&self, row: &TrustRow, now: Now) -> Option<&'static str> {
        if !row.outbound && !self.is_pinned(&row.node_id) {
            return Some("inbound");
        }
        if self.steady_s(now).saturating_sub(row.first_seen) < KNOWN_S {
            return Some("new");
        }
        if row.group.is_none() || self.introducer(&row.node_id).is_none() {
            return Some("group");
        }
        if !self.is_trusted(&row.node_id, now) {
            return Some("trust");
        }
        None
    }

    /// Whether a first delivery of a message of `origin` earns `deliverer` a credit, the day's number apart.
    #[must_use]
    pub fn earns(&self, deliverer: &NodeId, origin: &NodeId, now: Now) -> bool {
        origin != deliverer
            && (self.is_contact(origin)
                || self.is_followed(origin)
                || self.level(origin, now).direct >= TRUSTED && self.are_apart(deliverer, origin))
    }

    /// Brought to us by different hands.
    fn are_apart(&self, a: &NodeId, b: &NodeId) -> bool {
        self.introducer(a).zip(self.introducer(b)).is_some_and(|(a, b)| a != b)
    }

    /// Whether any held statement about `node` counts by its dates.
    #[must_use]
    pub fn is_spoken_of(&self, node: &NodeId, now: Now) -> bool {
        self.said.iter().any(|(by, said)| by != node && said.speaks_of(node, now.secs()))
    }

    /// How much of `by`'s word goes to `about`, in millionths, all its words together ≤ 1.0. Nobody recommends
    /// himself.
    #[must_use]
    pub fn share(&self, by: &NodeId, about: &NodeId, now: Now) -> Ppm {
        if by == about {
            return 0;
        }
        self.said.get(by).map_or(0, |said| said.share(about, now.secs()))
    }

    /// All that `by` says, in order of node id.
    pub fn shares(&self, by: &NodeId, now: Now) -> impl Iterator<Item = (NodeId, Ppm)> {
        let by_id = *by;
        let said = self.said.get(by).into_iter();
        said.flat_map(move |said| said.shares(now.secs())).filter(move |(about, _)| *about != by_id)
    }

    /// All records, in order of id.
    pub fn rows(&self) -> impl Iterator<Item = &TrustRow> {
        self.rows.values()
    }

    /// Starts the steady clock at the first turn.
    pub(super) fn start(&mut self, now: Now) {
        self.started.get_or_insert(now);
    }

    pub(super) fn set_people(&mut self, people: &[Acquaintance]) {
        self.version += 1;
        let others = people.iter().filter(|person| person.node_id != self.me);
        self.people = others.map(|person| (person.node_id, person.clone())).collect();
    }

    /// The record of a node, made when missing; the id of one that had to go for it.
    pub(super) fn row_or_fresh(
        &mut self,
        node: &NodeId,
        now: Now,
    ) -> (Option<&mut TrustRow>, Option<NodeId>) {
        if *node == self.me {
            return (None, None);
        }
        let mut gone = None;
        if !self.rows.contains_key(node) {
            if self.rows.len() >= self.settings.rows_max {
                gone = self.forget_least_interesting(now);
            }
            self.rows.insert(*node, row::fresh(*node, &self.settings, self.steady_s(now)));
        }
        (self.rows.get_mut(node), gone)
    }

    pub(super) fn row_mut(&mut self, node: &NodeId) -> Option<&mut TrustRow> {
        self.rows.get_mut(node)
    }

    fn forget_least_interesting(&mut self, now: Now) -> Option<NodeId> {
        let least = self
            .rows
            .values()
            .filter(|row| !self.people.contains_key(&row.node_id))
            .min_by_key(|row| {
                let distance = (self.level(&row.node_id, now).direct - self.settings.initial).abs();
                (distance, row.decayed_at, row.node_id)
            })
            .map(|row| row.node_id)?;
        self.rows.remove(&least);
        Some(least)
    }

    /// Takes the statements of one message; whether any of them is new.
    pub(super) fn take_statements(
        &mut self,
        from: &NodeId,
        statements: &[(NodeId, u16)],
        dates: (u64, u64),
        now: Now,
    ) -> bool {
        let (timestamp, not_after) = dates;
        if !is_timely(timestamp, not_after, now.secs()) || !self.makes_room_for(from, now) {
            return false;
        }
        self.version += 1;
        let said = self.said.entry(*from).or_default();
        statements
            .iter()
            .fold(false, |new, (about, rec)| said.take(*about, *rec, timestamp, not_after) || new)
    }

    fn makes_room_for(&mut self, from: &NodeId, now: Now) -> bool {
        if self.said.contains_key(from) || self.said.len() < RECOMMENDERS_MAX {
            return true;
        }
        let rank = |id: &NodeId| (self.is_contact(id), self.level(id, now).direct, *id);
        let Some(least) = self.said.keys().copied().min_by_key(rank) else { return true };
        if rank(&least) >= rank(from) {
            return false;
        }
        self.said.remove(&least);
        true
    }

    /// Drops statements that can neither count nor be replayed, by the slower of both clocks.
    pub(super) fn forget_old(&mut self, now: Now) {
        let now_s = now.secs().min(self.steady_s(now));
        self.said.retain(|_, said| {
            said.forget_old(now_s);
            !said.is_empty()
        });
    }

    fn is_own(&self, node: &NodeId) -> bool {
        self.is_contact(node) || self.is_pinned(node)
    }
}
