//! What the overlay itself makes of messages: descriptors, statements, logs.
//!
//! Must not know: what applications make of theirs.

use std::sync::Arc;

use openred_core::{
    codec::SignedObject,
    descriptor::Descriptor,
    identity::IdentityLog,
    ids::NodeId,
    overlay::{BodyView, Frame, Link, Message, PeerEntry, Statements},
};

use super::{
    Around, Gossip,
    bounds::STATEMENTS_MAX,
    logs::Learnt,
    neighbours::{self, Room},
    taking::places,
};
use crate::{
    now::Now,
    overlay::{peers::Source, store::Change, trust::Trust},
};

impl Gossip {
    pub(super) fn act(&mut self, from: &NodeId, message: &Message, a: &mut Around<'_>) {
        match message.view() {
            Ok(BodyView::PeerAnnouncement(bytes)) => {
                self.on_announcement(from, &message.head().node_id, bytes, a);
            }
            Ok(BodyView::TrustUpdate(list)) => self.on_statement(message, list, a.trust, a.now),
            Ok(BodyView::Gossip { .. } | BodyView::Custom { .. }) | Err(_) => {}
        }
    }

    fn on_announcement(&mut self, from: &NodeId, origin: &NodeId, bytes: &[u8], a: &mut Around<'_>) {
        if !self.talkers.may_announce(origin, a.now.mono_ms) {
            return a.counters.drop("announcements");
        }
        let Some(descriptor) = self.read_descriptor(origin, bytes, a.now) else { return };
        self.learn_log(Arc::new(descriptor.body().log.clone()), a);
        let entry = PeerEntry::of(&descriptor);
        a.peers.on_known(entry, Source::Announced { from: Some(*from) }, a.now, a.trust, a.fx);
    }

    /// Verifies and keeps a descriptor if it is of `origin`, in time, under the log held, and newer than the one held.
    pub(super) fn read_descriptor(&mut self, origin: &NodeId, bytes: &[u8], now: Now) -> Option<Descriptor> {
        let hash = SignedObject::decode(bytes, 1).ok()?.hash();
        if self.descriptors.has(origin, &hash, now.mono_ms) {
            return None;
        }
        let descriptor = Self::parse_descriptor(origin, bytes)?;
        let fork = self.logs.get(origin).is_some_and(|log| {
            log.key_at(descriptor.order().0).is_some_and(|key| key != descriptor.signing_key())
        });
        if fork || descriptor.check_time(now.unix_ms).is_err() || descriptor.is_expired(now.unix_ms) {
            return None;
        }
        let max = self.limits.descriptors_max;
        self.descriptors.take(&descriptor, &self.cared, max, now.mono_ms).then_some(descriptor)
    }

    pub(super) fn parse_descriptor(origin: &NodeId, bytes: &[u8]) -> Option<Descriptor> {
        Descriptor::parse(bytes).ok().filter(|descriptor| descriptor.node_id() == *origin)
    }

    pub(super) fn on_statement(
        &mut self,
        message: &Message,
        list: Statements<'_>,
        trust: &mut Trust,
        now: Now,
    ) {
        let (head, list) = (message.head(), list.collect::<Vec<_>>());
        trust.statement(&head.node_id, &list, head.timestamp, head.not_after, now);
        let key = Self::key_of(&message.id());
        let held = self.statements.get(&head.node_id).and_then(|held| self.messages.get(*held));
        let newer = held.is_none_or(|held| held.timestamp <= head.timestamp);
        let room = self.statements.len() < STATEMENTS_MAX || self.statements.contains_key(&head.node_id);
        if newer && (room || trust.listens(&head.node_id, now)) {
            if !room {
                self.statements.pop_first();
            }
            self.statements.insert(head.node_id, key);
        }
    }

    /// The way to a node by the newest descriptor held of it.
    pub(in super::super) fn entry_of(&self, node_id: &NodeId) -> Option<PeerEntry> {
        Self::parse_descriptor(node_id, self.descriptors.get(node_id)?).as_ref().map(PeerEntry::of)
    }

    /// A neighbour asks for the statements that are held.
    pub(in super::super) fn on_trusted_request(&mut self, from: &NodeId, max: u8, a: &mut Around<'_>) {
        let frames: Vec<Vec<u8>> = self
            .statements
            .values()
            .filter_map(|key| self.messages.get(*key))
            .filter_map(|entry| Some((entry.message()?, entry.ttl, entry.hops)))
            .map(|(message, ttl, hops)| message.frame(ttl.saturating_sub(1), hops.saturating_add(1)))
            .take(usize::from(max))
            .collect();
        let Some(slot) = self.neighbours.slot(from) else { return };
        let frame = Link::trusted(frames).encode();
        let rate = neighbours::brings(&self.limits);
        let Some(neighbour) = self.neighbours.get_mut(slot) else { return };
        let paid = neighbour.asks.take(rate, a.now.mono_ms, places(frame.len()));
        if paid && self.neighbours.room(slot, frame.len(), &self.limits) >= Room::Fair {
            self.send(slot, frame.into(), a);
        }
    }

    /// The statements that a neighbour holds: taken like any message, but no sign of a loop.
    pub(in super::super) fn on_trusted(&mut self, from: NodeId, frames: Vec<Vec<u8>>, a: &mut Around<'_>) {
        for bytes in frames {
            match Frame::decode(&bytes) {
                Ok(Frame::Signed(signed)) => self.on_signed(from, signed, false, a),
                Ok(Frame::Link(_)) => return Self::invalid(&from, "statements", a),
                Err(invalid) => return Self::invalid(&from, invalid.0, a),
            }
        }
    }

    /// A log came, asked for or not. What waited for it goes on.
    pub(in super::super) fn on_log(
        &mut self,
        origin: &NodeId,
        log: Option<Arc<IdentityLog>>,
        a: &mut Around<'_>,
    ) {
        match log.filter(|log| log.node_id() == *origin) {
            Some(log) => {
                a.counters.logs_fetched += 1;
                self.learn_log(log, a);
                if self.waiting.has_more(origin) {
                    self.reconcile_doubting(a);
                }
            }
            None => {
                if let Some(next) = self.waiting.next_to_ask(origin) {
                    return a.fx.fetch_log(next, *origin);
                }
            }
        }
        for (from, signed) in self.waiting.take(origin) {
            self.prove(from, signed, false, a);
        }
    }

    pub(super) fn learn_log(&mut self, log: Arc<IdentityLog>, a: &mut Around<'_>) {
        let learnt = self.logs.learn(log.clone(), &self.cared, self.limits.logs_max, a.now.secs());
        if let Learnt::New(gone) = learnt {
            if let Some(node_id) = gone {
                a.fx.store(Change::ForgetLog { node_id });
            }
            a.fx.store(Change::Log { node_id: log.node_id(), entries: log.entries().to_vec() });
        }
    }

    /// Logs that did not come in time.
    pub(super) fn give_up_waiting(&mut self, a: &mut Around<'_>) {
        for origin in self.waiting.overdue(a.now.mono_ms) {
            for _ in self.waiting.take(&origin) {
                a.counters.drop("unknown log");
            }
        }
    }

    /// The own log grew.
    pub(in super::super) fn rotated(&mut self, log: Arc<IdentityLog>) {
        self.logs.rotated(log);
    }
}
