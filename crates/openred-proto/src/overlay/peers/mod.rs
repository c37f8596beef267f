//! Peers: known, connecting, active (S3), with a view that no neighbour can steer (PROTOCOL §6, §7).
//!
//! [`Peers`] keeps the address book, the links and their slots. Decisions where the protocol is silent:
//! - whoever dials greets first (HANDSHAKE), the other answers (HANDSHAKE_ACK); a peer is active from then on;
//! - one version and the network's name must agree; a peer that greets again has restarted;
//! - links that this node drew take the *outbound* slots, whatever their trust above the floor, because the draw is
//!   what protects; `min_trust_threshold` gates the full slots of those that came to us;
//! - the owner's contacts get a slot of their own kind when they come; pinned ones are dialled until they are there;
//! - of two sessions with one peer the one begun by the lower node id counts; the driver says `Closed` when none is
//!   left;
//! - all waits are by the monotonic clock; wall-clock times are only written down.
//!
//! Must not know: sockets, what gossip says on links.

mod alive;
mod anchors;
mod announcing;
pub mod bounds;
mod choice;
mod dialling;
mod discovery;
mod draw;
mod greeting;
mod group;
mod known;
mod link;
mod lost;
mod reading;
mod settings;
mod slots;
mod source;
mod view;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use openred_core::{ids::NodeId, overlay::PeerEntry};

use super::{
    effect::Effects,
    store::{Change, PeerRow},
    trust::Trust,
};
use crate::now::Now;

pub(in crate::overlay) use alive::Intake;
pub use announcing::Announcing;
pub use group::{Group, Introducer, NotAGroup};
pub use link::Slot;
pub use settings::Settings;
pub use source::{Acquaintance, Source, Via};
pub use view::{PeerState, PeerView};

use anchors::Anchors;
use bounds::{EXPLORE_MS, REVIEW_MS};
use discovery::{Finds, admissible};
use draw::Draw;
use known::{AddressBook, Offered};
use link::{Links, Stage};
use lost::Lost;

/// A peer became active, or stopped being so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Who.
    pub peer: NodeId,
    /// From now on.
    pub active: bool,
}

/// See the module.
#[derive(Debug)]
pub struct Peers {
    me: NodeId,
    settings: Settings,
    draw: Draw,
    book: AddressBook,
    links: Links,
    anchors: Anchors,
    lost: Lost,
    pinned: BTreeSet<NodeId>,
    finds: Finds,
    turned: Vec<Turn>,
    last_partner: Option<NodeId>,
    secret_stored: bool,
    heartbeat_at_ms: u64,
    discovery_at_ms: u64,
    review_at_ms: u64,
    explore_at_ms: u64,
    wake_ms: Option<u64>,
}

impl Peers {
    /// Peers of `me` with what was stored. `seed`: 32 random bytes, fresh per process; `secret`: the stored bytes that
    /// place addresses in buckets, or fresh ones, which are stored at the first tick.
    #[must_use]
    pub fn new(
        me: NodeId,
        settings: Settings,
        seed: [u8; 32],
        secret: [u8; 32],
        rows: Vec<PeerRow>,
        anchors: Vec<NodeId>,
    ) -> Self {
        let mut book = AddressBook::new(secret, settings.known_max);
        rows.into_iter().filter(|row| row.entry.node_id != me).for_each(|row| book.restore(row));
        Self {
            me,
            settings,
            draw: Draw::new(seed),
            book,
            links: Links::default(),
            anchors: Anchors::restore(anchors),
            lost: Lost::default(),
            pinned: BTreeSet::new(),
            finds: Finds::default(),
            turned: Vec::new(),
            last_partner: None,
            secret_stored: false,
            heartbeat_at_ms: 0,
            discovery_at_ms: 0,
            review_at_ms: 0,
            explore_at_ms: EXPLORE_MS,
            wake_ms: Some(0),
        }
    }

    /// The owner's people, all of them; replaces the list before. Pinned ones without a known way are looked for, and
    /// the slots of all links are reviewed: friends are on probation nowhere.
    pub fn people(&mut self, people: &[Acquaintance], now: Now, fx: &mut Effects) {
        let others = || people.iter().filter(|person| person.node_id != self.me);
        let own = others().filter(|person| person.contact || person.pinned).map(|person| person.node_id);
        let pinned: BTreeSet<NodeId> =
            others().filter(|person| person.pinned).map(|person| person.node_id).collect();
        self.book.set_own(own.collect());
        let lost: Vec<NodeId> = pinned.iter().filter(|id| self.book.get(id).is_none()).copied().collect();
        self.pinned = pinned;
        lost.into_iter().for_each(|id| self.on_find(id, now, fx));
        self.review_at_ms = self.review_at_ms.min(now.mono_ms);
        self.soon(now);
    }

    /// A way to a node became known. Addresses of private networks are taken where they are admitted, from the owner
    /// and from the local network itself.
    pub fn on_known(&mut self, entry: PeerEntry, source: Source, now: Now, trust: &Trust, fx: &mut Effects) {
        let node = entry.node_id;
        let private = self.settings.allow_private || source.may_be_private();
        let Some(entry) = admissible(entry, private).filter(|_| node != self.me) else { return };
        let Some(introducer) = self.introducer_by(source, &entry, trust) else { return };
        let verified = source.is_verified();
        let offered = self.book.offer(entry, introducer, verified);
        if offered.taken {
            self.keep(&node, fx);
            self.soon(now);
            if self.finds.found(&node)
                && let Some(known) = self.book.get(&node)
            {
                fx.found(known.entry.clone());
            }
        }
        self.displaced(offered, fx);
    }

    /// Does what is due: dials, heartbeats, questions, reviews. Cheap when nothing is.
    pub fn tick(&mut self, now: Now, trust: &mut Trust, fx: &mut Effects) {
        if self.wake_ms.is_none_or(|at| now.mono_ms < at) {
            return;
        }
        if !self.secret_stored {
            self.secret_stored = true;
            fx.store(Change::Secret { secret: self.book.secret(), at: now.secs() });
            self.heartbeat_at_ms = now.mono_ms + self.draw.jitter(self.settings.heartbeat_ms);
            self.review_at_ms = now.mono_ms + REVIEW_MS;
            self.explore_at_ms = now.mono_ms + EXPLORE_MS + self.draw.jitter(EXPLORE_MS);
        }
        self.give_up_waiting(now, fx);
        self.check_life(now, trust, fx);
        self.review(now, trust, fx);
        self.discover(now, fx);
        self.dial(now, trust, fx);
        self.wake_ms = self.earliest(now);
    }

    /// When to call [`Peers::tick`] (monotonic ms).
    #[must_use]
    pub const fn next_wake(&self) -> Option<u64> {
        self.wake_ms
    }

    /// Who became active or stopped being so since the last call, in order.
    pub fn take_turned(&mut self) -> Vec<Turn> {
        std::mem::take(&mut self.turned)
    }

    /// Dials and greetings without an answer.
    fn give_up_waiting(&mut self, now: Now, fx: &mut Effects) {
        let late = self.links.iter().filter(|(_, link)| !link.is_active() && link.until_ms <= now.mono_ms);
        let late: Vec<(NodeId, Stage)> = late.map(|(id, link)| (*id, link.stage)).collect();
        for (peer, stage) in late {
            if stage == Stage::Greeting {
                self.part(&peer, "timeout", now, fx);
            }
            self.links.remove(&peer);
            self.dial_failed(&peer, now, fx);
        }
    }

    fn earliest(&self, now: Now) -> Option<u64> {
        let waits = self.links.iter().filter(|(_, link)| !link.is_active()).map(|(_, link)| link.until_ms);
        let active = self.links.active().next().is_some();
        let beats = active.then(|| self.heartbeat_at_ms.min(self.discovery_at_ms).min(self.review_at_ms));
        let lost = self.lost.next_wake();
        waits.chain(beats).chain(self.next_dial(now)).chain(self.finds.next_wake()).chain(lost).min()
    }

    /// Something changed that [`Peers::tick`] should look at.
    fn soon(&mut self, now: Now) {
        self.wake_ms = Some(self.wake_ms.map_or(now.mono_ms, |at| at.min(now.mono_ms)));
    }

    /// Not before `until_ms`.
    fn rest(&mut self, peer: &NodeId, until_ms: u64) {
        if let Some(known) = self.book.get_mut(peer) {
            known.retry_at_ms = known.retry_at_ms.max(until_ms);
        }
    }

    fn keep(&self, node: &NodeId, fx: &mut Effects) {
        if let Some(known) = self.book.get(node).filter(|known| known.is_lasting()) {
            fx.store(Change::Peer(known.row()));
        }
    }

    fn displaced(&self, offered: Offered, fx: &mut Effects) {
        if let Some(node_id) = offered.displaced {
            fx.store(Change::ForgetPeer { node_id });
        }
    }

    /// Who must answer for it that we know this node; None for a peer that is not linked.
    fn introducer_by(&self, source: Source, entry: &PeerEntry, trust: &Trust) -> Option<Introducer> {
        if trust.is_contact(&entry.node_id) || trust.is_pinned(&entry.node_id) {
            return Some(Introducer::Own);
        }
        let own_group = || {
            let linked = self.links.get(&entry.node_id).map(|link| link.group.clone());
            linked.or_else(|| Group::all_of(entry, true).into_iter().next()).map(Introducer::Group)
        };
        match source {
            Source::Own => Some(Introducer::Own),
            Source::Directory(id) => Some(Introducer::Directory(id)),
            Source::Bootstrap | Source::Lan | Source::Session | Source::Announced { from: None } => {
                own_group()
            }
            Source::Announced { from: Some(peer) } | Source::Peer(peer) => {
                self.links.get(&peer).map(|link| Introducer::Group(link.group.clone()))
            }
        }
    }
}
