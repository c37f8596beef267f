//! Trust of one observer in the nodes it meets (PROTOCOL §7): S3's numbers, bounded.
//!
//! Three layers: [`Book`] holds what is known (own experience, the owner's people, what others state), a [`Metric`]
//! reckons trust from it on read, [`Trust`] takes events and says what must last. Decisions where the protocol is
//! silent:
//! - trust is counted in millionths, decay takes whole days, rounded towards the initial value so that it arrives;
//! - a contact's word weighs by its direct trust like everybody's;
//! - *outbound* is how the last link was begun, so a recommender counts on while it is away;
//! - of several candidates of one group the owner's people come first, then who is known longest;
//! - statements are held only of nodes whose word may count; nobody recommends himself; of two statements of one time
//!   the lower stands;
//! - valid deliveries are counted all, credited ≤ 20 a day.
//!
//! Must not know: links, messages, storage.

mod book;
pub mod bounds;
mod friends_first;
mod metric;
mod row;
mod settings;
mod statements;
mod view;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use openred_core::{ids::NodeId, overlay::STATEMENTS_MAX};

use super::{
    effect::Effects,
    peers::{Acquaintance, Group, Introducer},
    store::{Change, TrustEvent, TrustEventRow, TrustRow},
};
use crate::now::Now;

pub use book::{Book, Member};
pub use bounds::{BOOST_MAX, CREDITS_PER_DAY, ONE, Ppm, TRUSTED};
pub use friends_first::FriendsFirst;
pub use metric::{Bounded, Metric, Reason};
pub use row::Level;
pub use settings::Settings;
pub use view::TrustView;

use bounds::SAVE_MS;

/// The metric of this name (`bounded`, `friends_first`); None for any other.
#[must_use]
pub fn metric(name: &str) -> Option<Box<dyn Metric + Send>> {
    let all: [Box<dyn Metric + Send>; 2] = [Box::new(Bounded), Box::new(FriendsFirst::default())];
    all.into_iter().find(|metric| metric.name() == name)
}

/// See the module.
#[derive(Debug)]
pub struct Trust {
    book: Book,
    metric: Box<dyn Metric + Send>,
    /// Records with counts that are not stored yet.
    counted: BTreeSet<NodeId>,
    save_at_ms: Option<u64>,
}

impl Trust {
    /// The observer `me` with what was stored.
    #[must_use]
    pub fn new(me: NodeId, settings: Settings, metric: Box<dyn Metric + Send>, rows: Vec<TrustRow>) -> Self {
        Self { book: Book::new(me, settings, rows), metric, counted: BTreeSet::new(), save_at_ms: None }
    }

    /// The owner's people, all of them; replaces the list before.
    pub fn people(&mut self, people: &[Acquaintance]) {
        self.book.set_people(people);
    }

    /// A link with `node` is up. The first introducer stays.
    pub fn met(
        &mut self,
        node: &NodeId,
        group: &Group,
        introducer: &Introducer,
        outbound: bool,
        now: Now,
        fx: &mut Effects,
    ) {
        self.book.start(now);
        let Some(row) = self.row_or_fresh(node, now, fx) else { return };
        row.group = Some(group.clone());
        row.introducer.get_or_insert_with(|| introducer.clone());
        row.outbound = outbound;
        let row = row.clone();
        fx.store(Change::Trust(row));
    }

    /// `deliverer` brought a valid message of `origin` first: counted, and credited where PROTOCOL §7 says so.
    pub fn valid_first(&mut self, deliverer: &NodeId, origin: &NodeId, now: Now, fx: &mut Effects) {
        self.book.start(now);
        let at_s = self.book.steady_s(now);
        let Some(row) = self.book.row_mut(deliverer) else { return };
        row.valid = row.valid.saturating_add(1);
        if row::is_sated(row, at_s) || !self.book.earns(deliverer, origin, now) {
            self.counted.insert(*deliverer);
            self.save_at_ms.get_or_insert(now.mono_ms.saturating_add(SAVE_MS));
            return;
        }
        let settings = self.book.settings.clone();
        let Some(row) = self.book.row_mut(deliverer) else { return };
        if let Some(delta) = row::credit(row, &settings, at_s) {
            let row = row.clone();
            self.changed(row, TrustEvent::Valid, "", delta, at_s, fx);
        }
    }

    /// The bytes that `peer` delivered prove by themselves that they are wrong; `what` names the proof.
    pub fn invalid(&mut self, peer: &NodeId, what: &'static str, now: Now, fx: &mut Effects) {
        self.book.start(now);
        let (at_s, settings) = (self.book.steady_s(now), self.book.settings.clone());
        let Some(row) = self.row_or_fresh(peer, now, fx) else { return };
        let delta = row::invalid(row, &settings, at_s);
        let row = row.clone();
        self.changed(row, TrustEvent::Invalid, what, delta, at_s, fx);
    }

    /// The open session of `peer` fell silent while others answered.
    pub fn timeout(&mut self, peer: &NodeId, now: Now, fx: &mut Effects) {
        self.book.start(now);
        let (at_s, settings) = (self.book.steady_s(now), self.book.settings.clone());
        let Some(row) = self.row_or_fresh(peer, now, fx) else { return };
        let Some(delta) = row::timeout(row, &settings, at_s) else { return };
        let row = row.clone();
        self.changed(row, TrustEvent::Timeout, "", delta, at_s, fx);
    }

    /// Statements of a verified TRUST_UPDATE: (node, thousandths) with the message's dates in unix seconds. Whether
    /// anything was new; statements of who is not listened to are not held.
    pub fn statement(
        &mut self,
        from: &NodeId,
        statements: &[(NodeId, u16)],
        timestamp: u64,
        not_after: u64,
        now: Now,
    ) -> bool {
        self.book.start(now);
        if !self.listens(from, now) {
            return false;
        }
        self.book.forget_old(now);
        self.book.take_statements(from, statements, (timestamp, not_after), now)
    }

    /// Whether the statements of `from` are worth holding, and asking for.
    #[must_use]
    pub fn listens(&self, from: &NodeId, now: Now) -> bool {
        self.metric.listens(&self.book, from, now)
    }

    /// Whose TRUST_UPDATEs this node vouches for when asked (TRUSTED_PEERS_REQUEST): R, best placed first.
    #[must_use]
    pub fn recommenders(&self, now: Now) -> Vec<NodeId> {
        self.book.members(now).iter().map(|member| member.node_id).collect()
    }

    /// The body of an own TRUST_UPDATE: ≤ 256 nodes of direct trust ≥ 0.7, in order of id, in thousandths. Boosts are
    /// not in it.
    #[must_use]
    pub fn own_statements(&self, now: Now) -> Vec<(NodeId, u16)> {
        view::own_statements(&self.book, STATEMENTS_MAX, now)
    }

    /// Own experience with `node`, in millionths.
    #[must_use]
    pub fn direct_ppm(&self, node: &NodeId, now: Now) -> Ppm {
        self.book.level(node, now).direct
    }

    /// Direct trust and boost, in millionths.
    #[must_use]
    pub fn effective_ppm(&self, node: &NodeId, now: Now) -> Ppm {
        self.metric.effective(&self.book, node, now)
    }

    /// Own experience with `node`, 0…1.
    #[must_use]
    pub fn direct(&self, node: &NodeId, now: Now) -> f64 {
        fraction(self.direct_ppm(node, now))
    }

    /// Direct trust and boost, 0…1.
    #[must_use]
    pub fn effective(&self, node: &NodeId, now: Now) -> f64 {
        fraction(self.effective_ppm(node, now))
    }

    /// S3's reputation score, 0…1.
    #[must_use]
    pub fn reputation(&self, node: &NodeId, now: Now) -> f64 {
        fraction(view::reputation(&self.book, &*self.metric, node, now))
    }

    /// Everything about `node` with its reasons.
    #[must_use]
    pub fn view(&self, node: &NodeId, now: Now) -> TrustView {
        view::view(&self.book, &*self.metric, node, now)
    }

    /// One of the owner's contacts.
    #[must_use]
    pub fn is_contact(&self, node: &NodeId) -> bool {
        self.book.is_contact(node)
    }

    /// Followed by the owner.
    #[must_use]
    pub fn is_followed(&self, node: &NodeId) -> bool {
        self.book.is_followed(node)
    }

    /// Pinned by the owner.
    #[must_use]
    pub fn is_pinned(&self, node: &NodeId) -> bool {
        self.book.is_pinned(node)
    }

    /// What was chosen.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.book.settings
    }

    /// What is known; for metrics of one's own and for tests.
    #[must_use]
    pub const fn book(&self) -> &Book {
        &self.book
    }

    /// Stores counts when their time has come; cheap when it has not.
    pub fn tick(&mut self, now: Now, fx: &mut Effects) {
        if self.save_at_ms.is_none_or(|at| now.mono_ms < at) {
            return;
        }
        self.save_at_ms = None;
        self.book.forget_old(now);
        for id in std::mem::take(&mut self.counted) {
            if let Some(row) = self.book.row(&id) {
                fx.store(Change::Trust(row.clone()));
            }
        }
    }

    /// When to call [`Trust::tick`] (monotonic ms).
    #[must_use]
    pub const fn next_wake(&self) -> Option<u64> {
        self.save_at_ms
    }

    fn row_or_fresh(&mut self, node: &NodeId, now: Now, fx: &mut Effects) -> Option<&mut TrustRow> {
        let (row, gone) = self.book.row_or_fresh(node, now);
        if let Some(node_id) = gone {
            self.counted.remove(&node_id);
            fx.store(Change::ForgetTrust { node_id });
        }
        row
    }

    fn changed(
        &mut self,
        row: TrustRow,
        event_type: TrustEvent,
        detail: &'static str,
        trust_delta: Ppm,
        timestamp: u64,
        fx: &mut Effects,
    ) {
        let node_id = row.node_id;
        self.counted.remove(&node_id);
        let detail = detail.into();
        fx.store(Change::TrustEvent(TrustEventRow { node_id, event_type, detail, trust_delta, timestamp }));
        fx.store(Change::Trust(row));
    }
}

fn fraction(ppm: Ppm) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "0 to a million")]
    let fraction = ppm as f64 / ONE as f64;
    fraction
}
