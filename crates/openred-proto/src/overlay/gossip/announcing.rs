//! Ids: telling neighbours which messages are here, asking for those that are missing, answering who asks.
//!
//! In a quiet network ids leave a few ms after the payload; the more messages there are, the longer they gather, at most
//! a tenth of `gossip_interval`, and who has shown meanwhile that it holds a message hears no more of it. Must not know: signatures.

use std::sync::Arc;

use openred_core::{
    ids::{Id16, NodeId},
    overlay::{AHEAD_MAX_S, IDS_MAX, LIFE_MAX_S, Link, Tree},
};

use super::{
    Around, Gossip,
    bounds::{ANNOUNCED_PER_PEER_MAX, NEIGHBOURS_MAX, QUIET_GATHER_MS, QUIET_PER_S},
    messages::{Entry, Key, Messages, key, short},
    neighbours::{self, Mask, Room, Slot, bit, slots},
    taking::places,
};
use crate::{now::Now, overlay::faults::planted};

/// The space for so many ids is used again and again.
const IDS_KEPT: usize = 64;

/// When ids leave next, and to whom.
#[derive(Debug, Default)]
pub(super) struct Pace {
    due_ms: Option<u64>,
    turn: u32,
    /// Whom something gathered for.
    to: Mask,
}

impl Pace {
    pub(super) const fn due_ms(&self) -> Option<u64> {
        self.due_ms
    }

    /// Up to `count` of `mask`, the same ones until the next flush, others afterwards.
    pub(super) fn draw(&self, mask: Mask, count: usize) -> impl Iterator<Item = Slot> + use<> {
        let all = NEIGHBOURS_MAX as u32;
        let by = (self.turn * 7) % all;
        let (mut rest, mut chosen) = (mask.rotate_right(by), 0);
        for _ in 0..count.min(mask.count_ones() as usize) {
            let lowest = rest & rest.wrapping_neg();
            chosen |= lowest;
            rest &= !lowest;
        }
        slots(chosen.rotate_left(by))
    }
}

/// The frame of the ids told last: of one message most neighbours hear the same.
#[derive(Default)]
struct Told {
    ids: Vec<(Id16, u64)>,
    frame: Option<Arc<[u8]>>,
}

impl Told {
    /// The frame of these ids, with no word about a tree.
    fn frame(&mut self, ids: &[(Id16, u64)]) -> Arc<[u8]> {
        if let Some(frame) = self.frame.as_ref().filter(|_| self.ids == ids) {
            return Arc::clone(frame);
        }
        let frame: Arc<[u8]> = Link::ihave(&Tree::Shared(0), false, ids).into();
        self.ids.clear();
        self.ids.extend_from_slice(ids);
        self.frame = Some(Arc::clone(&frame));
        frame
    }
}

/// Neighbours that have shown to have a message; `None` if it is not known here. `last`: the answer before, as most
/// neighbours hear of the same ones.
fn holders(messages: &Messages, key: Key, last: &mut Option<(Key, Option<Mask>)>) -> Option<Mask> {
    if let Some((_, all)) = last.filter(|(held, _)| *held == key) {
        return all;
    }
    let all = messages.get(key).map(Entry::holders);
    *last = Some((key, all));
    all
}

impl Gossip {
    /// Notes an id for a neighbour.
    pub(super) fn note(&mut self, slot: Slot, id: (Id16, u64), a: &Around<'_>) {
        if self.neighbours.room(slot, 32, &self.limits) == Room::None {
            return;
        }
        let Some(neighbour) = self.neighbours.get_mut(slot) else { return };
        if neighbour.announce.len() < ANNOUNCED_PER_PEER_MAX {
            neighbour.announce.push(id);
            self.flush_later(slot, a.now);
        }
    }

    pub(super) fn flush_later(&mut self, slot: Slot, now: Now) {
        self.announce.to |= bit(slot);
        let gather_ms = match self.talkers.per_s(now.mono_ms) {
            0..=QUIET_PER_S => QUIET_GATHER_MS,
            per_s => per_s.min(self.settings.interval_ms / 10),
        };
        let at = now.mono_ms + gather_ms;
        self.announce.due_ms.get_or_insert(at);
    }

    /// Sends the ids and prunes that gathered.
    pub(super) fn flush(&mut self, a: &mut Around<'_>) {
        self.announce.due_ms = None;
        self.announce.turn = self.announce.turn.wrapping_add(1) % NEIGHBOURS_MAX as u32;
        let (mut told, mut last) = (Told::default(), None);
        for slot in slots(std::mem::take(&mut self.announce.to)) {
            let Some(neighbour) = self.neighbours.get_mut(slot) else { continue };
            let mut ids = std::mem::take(&mut neighbour.announce);
            let mut lacks = |id: &Id16| {
                holders(&self.messages, key(id), &mut last).is_some_and(|all| all & bit(slot) == 0)
            };
            ids.retain(|(id, _)| lacks(id));
            let mut prunes = std::mem::take(&mut neighbour.prunes).into_iter();
            a.counters.prunes_out += prunes.len() as u64;
            for ids in ids.chunks(IDS_MAX) {
                a.counters.ihave_out += ids.len() as u64;
                let frame = match prunes.next() {
                    Some(tree) => Link::ihave(&tree, true, ids).into(),
                    None => told.frame(ids),
                };
                self.send(slot, frame, a);
            }
            for tree in prunes {
                self.send(slot, Link::ihave(&tree, true, &[]).into(), a);
            }
            if let Some(neighbour) = self.neighbours.get_mut(slot).filter(|_| ids.capacity() <= IDS_KEPT) {
                ids.clear();
                neighbour.announce = ids;
            }
        }
    }

    /// A neighbour says what it holds.
    pub(in super::super) fn on_ihave(
        &mut self,
        from: &NodeId,
        tree: Tree,
        prune: bool,
        ids: &[(Id16, u64)],
        a: &mut Around<'_>,
    ) {
        let Some(slot) = self.neighbours.slot(from) else { return };
        if prune && self.trees.pruned_by(tree, slot) {
            a.counters.prunes_in += 1;
        }
        a.counters.ihave_in += ids.len() as u64;
        let now_s = a.now.secs();
        let alive = |timestamp: u64| timestamp <= now_s + AHEAD_MAX_S && timestamp + LIFE_MAX_S >= now_s;
        for (id, timestamp) in ids {
            let key = key(id);
            if let Some(entry) = self.messages.get_mut(key) {
                entry.has(slot);
            } else if alive(*timestamp) {
                let rtt_ms = a.peers.rtt_ms(from);
                self.wants.announced(key, slot, rtt_ms, false, &mut self.neighbours, a.now.mono_ms);
            }
        }
    }

    /// Asks for what is overdue.
    pub(super) fn ask(&mut self, a: &mut Around<'_>) {
        let mut asks = self.wants.ask(&mut self.neighbours, a.now.mono_ms);
        if planted("graft-never") {
            return;
        }
        asks.sort_by_key(|ask| (ask.slot, ask.graft));
        for asks in asks.chunk_by(|one, next| (one.slot, one.graft) == (next.slot, next.graft)) {
            for asks in asks.chunks(IDS_MAX) {
                let Some(first) = asks.first() else { continue };
                a.counters.iwant_out += asks.len() as u64;
                a.counters.grafts_out += u64::from(first.graft);
                let ids = asks.iter().map(|ask| short(ask.key)).collect();
                let frame = Link::Iwant { tree: None, graft: first.graft, ids }.encode();
                if self.neighbours.room(first.slot, frame.len(), &self.limits) > Room::None {
                    self.send(first.slot, frame.into(), a);
                }
            }
        }
    }

    /// A neighbour asks for messages, and perhaps to be pushed to again.
    pub(in super::super) fn on_iwant(
        &mut self,
        from: &NodeId,
        tree: Option<Tree>,
        graft: bool,
        ids: &[Id16],
        a: &mut Around<'_>,
    ) {
        let Some(slot) = self.neighbours.slot(from) else { return };
        a.counters.iwant_in += ids.len() as u64;
        a.counters.grafts_in += u64::from(graft);
        if let Some(tree) = tree.filter(|_| graft) {
            self.trees.grafted_by(tree, slot);
        }
        for id in ids {
            let Some(entry) = self.messages.get(key(id)) else { continue };
            if graft && tree.is_none() {
                self.trees.grafted_by(self.trees.of(&entry.origin), slot);
            }
            let Some(message) = entry.message().filter(|message| !message.head().expired(a.now.secs()))
            else {
                continue;
            };
            let frame = message.shared_frame(entry.ttl.saturating_sub(1), entry.hops.saturating_add(1));
            if !self.serve(slot, frame, a) {
                return a.counters.drop("asked too much");
            }
        }
    }

    fn serve(&mut self, slot: Slot, frame: Arc<[u8]>, a: &mut Around<'_>) -> bool {
        let rate = neighbours::brings(&self.limits);
        let Some(neighbour) = self.neighbours.get_mut(slot) else { return false };
        let paid = neighbour.asks.take(rate, a.now.mono_ms, places(frame.len()));
        let served = paid && self.neighbours.room(slot, frame.len(), &self.limits) >= Room::Fair;
        if served {
            a.counters.served += 1;
            self.send(slot, frame, a);
        }
        served
    }
}
