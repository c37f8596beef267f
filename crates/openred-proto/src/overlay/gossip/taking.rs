//! Taking messages of others in: the order of checks, and what follows from a new one or from a copy.
//!
//! Must not know: what applications make of a message.

use std::sync::Arc;

use openred_core::{
    ids::NodeId,
    overlay::{BodyView, Link, Signed, Tree},
    sign::PublicKey,
};

use super::{
    Around, Gossip, HOUSEKEEPING_MS,
    bounds::{HOPS_LONG, SHORTEN_BURST, SHORTEN_EVERY, TTL_SHORT},
    logs,
    messages::{Key, Whole},
    neighbours::{self, Slot, bit, slots},
    waiting::Waits,
    wants::Arrived,
};
use crate::overlay::faults::planted;
use crate::overlay::store::{Change, MessageRow, SeenRow};

/// Budget that a message takes: one place per 2 KiB.
pub(super) const fn places(size: usize) -> u64 {
    size.div_ceil(2048) as u64
}

impl Gossip {
    /// A message came from an active peer. `pushed`: along a tree, or because it was asked for by id.
    pub(in super::super) fn on_signed(
        &mut self,
        from: NodeId,
        signed: Signed,
        pushed: bool,
        a: &mut Around<'_>,
    ) {
        let Some(slot) = self.neighbours.slot(&from) else { return a.counters.drop("not a neighbour") };
        a.counters.received += 1;
        a.counters.received_bytes += signed.message.size() as u64;
        let key = Self::key_of(&signed.message.id());
        if self.messages.get(key).is_some() && !planted("no-dedupe") {
            return self.on_copy(slot, key, &signed, pushed, a);
        }
        if self.waiting.has(&signed) {
            a.counters.duplicates += 1;
            return;
        }
        if let Err(why) = self.admit(slot, key, &signed, a) {
            return a.counters.drop(why);
        }
        self.prove(from, signed, true, a);
    }

    /// The checks that cost nothing.
    fn admit(&mut self, slot: Slot, key: Key, signed: &Signed, a: &Around<'_>) -> Result<(), &'static str> {
        let (head, now) = (signed.message.head(), a.now);
        let places = places(signed.message.size());
        if head.expired(now.secs()) && !planted("expired-accepted") {
            return Err("expired");
        }
        if head.ahead(now.secs()) {
            return Err("ahead");
        }
        if self.messages.is_forgotten(&head.node_id, head.timestamp, key, &self.limits) {
            return Err("forgotten");
        }
        let neighbour = self.neighbours.get_mut(slot).ok_or("not a neighbour")?;
        if !neighbour.brings.take(neighbours::brings(&self.limits), now.mono_ms, places) {
            return Err("peer budget");
        }
        match self.talkers.may(&head.node_id, places, &self.limits, now.mono_ms) {
            true => Ok(()),
            false if planted("quota-ignored") => Ok(()),
            false => Err("origin budget"),
        }
    }

    /// Finds the key and checks the signature.
    pub(super) fn prove(&mut self, from: NodeId, signed: Signed, may_wait: bool, a: &mut Around<'_>) {
        match self.logs.key(signed.message.head(), a.now.secs()) {
            logs::Key::Newest(key) => self.check(from, signed, &key, a),
            logs::Key::Superseded => a.counters.drop("superseded"),
            logs::Key::Other => a.counters.drop("another key"),
            logs::Key::Unknown if may_wait && signed.message.head().node_id != self.me => {
                self.wait(from, signed, a)
            }
            logs::Key::Unknown => a.counters.drop("unknown log"),
        }
    }

    fn check(&mut self, from: NodeId, signed: Signed, key: &PublicKey, a: &mut Around<'_>) {
        a.counters.checks += 1;
        if !a.verifier.verify(&signed.message.check(), key) {
            let guilty = if planted("penalty-to-origin") { signed.message.head().node_id } else { from };
            return Self::invalid(&guilty, "signature", a);
        }
        self.take(from, signed, a);
    }

    /// What the bytes prove is the deliverer's fault: it could have seen it.
    pub(in super::super) fn invalid(from: &NodeId, what: &'static str, a: &mut Around<'_>) {
        a.counters.invalid(what);
        a.fx.evidence(*from, what);
        a.trust.invalid(from, what, a.now, a.fx);
        a.peers.penalised(from, a.now, a.trust, a.fx);
    }

    /// The origin's log is not here. A descriptor brings it along; else the deliverer must have it.
    fn wait(&mut self, from: NodeId, signed: Signed, a: &mut Around<'_>) {
        let (now, origin) = (a.now, signed.message.head().node_id);
        if self.waiting.is_new(&origin) {
            let rate = neighbours::origins(&self.limits);
            let slot = self.neighbours.slot(&from);
            let neighbour = slot.and_then(|slot| self.neighbours.get_mut(slot));
            if !neighbour.is_some_and(|neighbour| neighbour.origins.take(rate, now.mono_ms, 1)) {
                return a.counters.drop("unknown origins");
            }
        }
        if let Ok(BodyView::PeerAnnouncement(bytes)) = signed.message.view() {
            let Some(descriptor) = Self::parse_descriptor(&origin, bytes) else {
                return Self::invalid(&from, "descriptor", a);
            };
            self.learn_log(Arc::new(descriptor.body().log.clone()), a);
            return self.prove(from, signed, false, a);
        }
        match self.waiting.add(from, signed, now.mono_ms) {
            Waits::Ask => a.fx.fetch_log(from, origin),
            Waits::Already => {}
            Waits::Full => a.counters.drop("waiting for logs"),
        }
    }

    /// A new message, proven.
    fn take(&mut self, from: NodeId, signed: Signed, a: &mut Around<'_>) {
        let (head, now, message) = (*signed.message.head(), a.now, signed.message);
        let (id, origin) = (message.id(), head.node_id);
        let key = Self::key_of(&id);
        let slot = self.neighbours.slot(&from);
        let arrived = self.wants.arrived(key, slot, &mut self.neighbours, now.mono_ms);
        let (ttl, hops) = (signed.ttl, signed.hops);
        let whole = Whole { message: message.clone(), ttl, hops, asked: arrived.asked };
        if !self.remember(id, origin, (head.timestamp, head.not_after), Some(whole), now)
            && !planted("no-dedupe")
        {
            return;
        }
        self.judge(&arrived, a);
        a.counters.delivered += 1;
        a.counters.needless += u64::from(arrived.needless);
        a.counters.hop(signed.hops);
        a.trust.valid_first(&from, &origin, now, a.fx);
        let tree = self.heard(&origin, places(message.size()), a);
        if let Some(slot) = slot {
            self.trees.first_from(tree, slot, now.mono_ms);
            self.shorten(tree, signed.hops, arrived.nearer, a);
        }
        self.act(&from, &message, a);
        let frame = message.shared_frame(signed.ttl, signed.hops);
        a.fx.deliver(message, Some(from));
        Self::store(
            SeenRow {
                message_id: id,
                not_after: head.not_after,
                timestamp: head.timestamp,
                sender_id: origin,
            },
            frame,
            a,
        );
        if !self.light {
            self.push(key, tree, slot.map_or(0, bit) | arrived.announcers, a);
        }
    }

    pub(super) fn store(row: SeenRow, frame: Arc<[u8]>, a: &mut Around<'_>) {
        let message = MessageRow { id: row.message_id, not_after: row.not_after, frame };
        a.fx.store(Change::Seen(row));
        a.fx.store(Change::Message(message));
    }

    /// Counts a message for its origin; the tree it travels along.
    pub(super) fn heard(&mut self, origin: &NodeId, places: u64, a: &mut Around<'_>) -> Tree {
        let now_ms = a.now.mono_ms;
        self.housekeeping_ms.get_or_insert(now_ms + HOUSEKEEPING_MS);
        let busy = self.talkers.heard(origin, places, &self.limits, now_ms);
        let (neighbours, own) = (&self.neighbours, *origin == self.me);
        let fanout = self.settings.fanout;
        let peers = &mut *a.peers;
        let mut fresh = || super::pushing::lazy_at_first(neighbours, peers, fanout, own);
        self.trees.heard(origin, busy, now_ms, &mut fresh);
        let tree = self.trees.of(origin);
        self.trees.shape(tree, &mut fresh);
        tree
    }

    /// Asks who is nearer to push: once in a while, and sooner the longer the way was.
    fn shorten(&mut self, tree: Tree, hops: u8, nearer: Option<Slot>, a: &mut Around<'_>) {
        self.shorten = (self.shorten + 1).min(SHORTEN_EVERY * SHORTEN_BURST);
        let price = SHORTEN_EVERY >> u32::from(hops.saturating_sub(HOPS_LONG + 1)).min(4);
        let Some(slot) = nearer.filter(|_| hops > HOPS_LONG && self.shorten >= price) else { return };
        if self.trees.widen(tree, slot) {
            self.shorten -= price;
            a.counters.grafts_out += 1;
            self.send(
                slot,
                Link::Iwant { tree: Some(tree), graft: true, ids: Vec::new() }.encode().into(),
                a,
            );
        }
    }

    /// Who was asked in vain while another delivered.
    fn judge(&mut self, arrived: &Arrived, a: &mut Around<'_>) {
        for slot in slots(arrived.failed) {
            let Some(late) = self.neighbours.get(slot).filter(|late| !late.answers()) else { continue };
            a.trust.timeout(&late.id, a.now, a.fx);
        }
    }

    /// A message that is here already: no signature check, but the tree learns from it.
    fn on_copy(&mut self, slot: Slot, key: Key, signed: &Signed, pushed: bool, a: &mut Around<'_>) {
        a.counters.duplicates += 1;
        let Some(entry) = self.messages.get_mut(key) else { return };
        let origin = entry.origin;
        let was_asked = entry.asked & bit(slot) != 0;
        entry.asked &= !bit(slot);
        entry.has(slot);
        let rearm = !entry.rearmed && entry.ttl < TTL_SHORT && signed.ttl > entry.ttl;
        if rearm {
            (entry.rearmed, entry.ttl, entry.hops) = (true, signed.ttl, signed.hops);
        }
        let tree = self.trees.of(&origin);
        if rearm && !self.light {
            self.push(key, tree, bit(slot), a);
        }
        if pushed && !was_asked {
            self.prune(tree, slot, a);
        }
    }
}
