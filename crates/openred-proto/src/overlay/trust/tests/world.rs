//! ana, who observes, and the days that pass.

use openred_core::ids::{Hash, NodeId};

use crate::{
    now::Now,
    overlay::{
        effect::{Effect, Effects},
        peers::{Acquaintance, Group, Introducer},
        store::{Change, TrustEventRow, TrustRow},
        trust::{Bounded, Metric, Ppm, Settings, Trust},
    },
};

pub(super) const DAY_MS: u64 = 86_400_000;
pub(super) const START_S: u64 = 1_795_219_200;

/// A node by name.
pub(super) fn id(name: &str) -> NodeId {
    NodeId(Hash::of(&[name.as_bytes()]).0)
}

/// Fake number `n`.
pub(super) fn fake(n: usize) -> NodeId {
    let mut bytes = [0xfa; 32];
    bytes[..8].copy_from_slice(&(n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    NodeId(bytes)
}

pub(super) struct Ana {
    pub(super) trust: Trust,
    pub(super) now: Now,
    pub(super) fx: Effects,
    people: Vec<Acquaintance>,
    groups: u16,
}

impl Ana {
    pub(super) fn new() -> Self {
        Self::with(Settings::standard(), Box::new(Bounded), Vec::new())
    }

    pub(super) fn with(settings: Settings, metric: Box<dyn Metric + Send>, rows: Vec<TrustRow>) -> Self {
        let now = Now { mono_ms: 5_000, unix_ms: START_S * 1000 };
        let trust = Trust::new(id("ana"), settings, metric, rows);
        Self { trust, now, fx: Effects::new(), people: Vec::new(), groups: 0 }
    }

    pub(super) fn elapse_days(&mut self, days: u64) {
        self.elapse_ms(days * DAY_MS);
    }

    pub(super) fn elapse_ms(&mut self, ms: u64) {
        self.now = Now { mono_ms: self.now.mono_ms + ms, unix_ms: self.now.unix_ms + ms };
    }

    pub(super) fn jump_s(&mut self, seconds: i64) {
        self.now.unix_ms = self.now.unix_ms.saturating_add_signed(seconds * 1000);
    }

    pub(super) fn knows(&mut self, name: &str, contact: bool, followed: bool, pinned: bool) -> NodeId {
        let node_id = id(name);
        self.people.retain(|person| person.node_id != node_id);
        self.people.push(Acquaintance { node_id, contact, followed, pinned });
        self.trust.people(&self.people);
        node_id
    }

    pub(super) fn contact(&mut self, name: &str) -> NodeId {
        self.knows(name, true, false, false)
    }

    /// A fresh address group.
    pub(super) fn group(&mut self) -> Group {
        self.groups += 1;
        let [high, low] = self.groups.to_be_bytes();
        Group::V4([81 + high, low])
    }

    /// An outbound link from a fresh group.
    pub(super) fn meets(&mut self, node: &NodeId) -> Group {
        let group = self.group();
        self.meets_in(node, &group, &Introducer::Group(group.clone()), true);
        group
    }

    pub(super) fn meets_in(&mut self, node: &NodeId, group: &Group, by: &Introducer, outbound: bool) {
        self.trust.met(node, group, by, outbound, self.now, &mut self.fx);
    }

    pub(super) fn gets(&mut self, deliverer: &NodeId, origin: &NodeId) {
        self.trust.valid_first(deliverer, origin, self.now, &mut self.fx);
    }

    pub(super) fn gets_many(&mut self, n: usize, deliverer: &NodeId, origin: &NodeId) {
        (0..n).for_each(|_| self.gets(deliverer, origin));
    }

    pub(super) fn gets_garbage(&mut self, from: &NodeId) {
        self.trust.invalid(from, "signature", self.now, &mut self.fx);
    }

    pub(super) fn hears(&mut self, from: &NodeId, statements: &[(NodeId, u16)]) -> bool {
        let at = self.now.secs();
        self.hears_dated(from, statements, at, at + 7 * 86_400)
    }

    pub(super) fn hears_dated(
        &mut self,
        from: &NodeId,
        statements: &[(NodeId, u16)],
        at: u64,
        until: u64,
    ) -> bool {
        self.trust.statement(from, statements, at, until, self.now)
    }

    pub(super) fn direct(&self, node: &NodeId) -> Ppm {
        self.trust.direct_ppm(node, self.now)
    }

    pub(super) fn boost(&self, node: &NodeId) -> Ppm {
        self.trust.view(node, self.now).boost
    }

    /// Earns 0.7 in as many days as it takes: 20 credits a day, decay between.
    pub(super) fn wins_trust_of(&mut self, node: &NodeId, origin: &NodeId) {
        while self.direct(node) < 705_000 {
            self.gets_many(20, node, origin);
            self.elapse_days(1);
        }
    }

    /// A stored record: direct trust and days of acquaintance.
    pub(super) fn remembered(&mut self, node: &NodeId, direct: Ppm, days: u64) -> TrustRow {
        let group = self.group();
        TrustRow {
            node_id: *node,
            direct,
            decayed_at: START_S,
            week: [direct; 7],
            valid: 1000,
            invalid: 0,
            credit_day: 0,
            credits: 0,
            timeout_at: 0,
            first_seen: START_S - days * 86_400,
            group: Some(group.clone()),
            introducer: Some(Introducer::Group(group)),
            outbound: true,
        }
    }

    pub(super) fn stored_events(&mut self) -> Vec<TrustEventRow> {
        let changes = self.fx.take().into_iter().filter_map(|effect| match effect {
            Effect::Store(Change::TrustEvent(row)) => Some(row),
            _ => None,
        });
        changes.collect()
    }
}
