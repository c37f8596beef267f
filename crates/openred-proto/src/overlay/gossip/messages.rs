//! What was seen and what is held: every id once, whole messages as long as there is room.
//!
//! Room is shared between origins: when it gets short, the origin that holds most loses its oldest; contacts and
//! followed people weigh a sixteenth. Of one origin the newest `origin_quota` ids are remembered; whatever lies below
//! the ones forgotten for room is not taken again, so nothing is delivered twice for want of memory.
//! Ids outlive their message by the monotonic clock: a wall clock that jumps ahead and back lets nothing in again.
//! Must not know: neighbours, trees.

use std::collections::{BTreeMap, BTreeSet, VecDeque, btree_map};
use std::sync::Arc;

use openred_core::{
    ids::{Hash, Id16, NodeId},
    overlay::Message,
};

use super::{
    bounds::{EVICT_PART, KNOWN_WEIGHT, REMEMBER_MS},
    neighbours::{Mask, Slot, bit},
};
use crate::{now::Now, overlay::config::Limits};

/// First 16 bytes of an id: what all tables are ordered by.
pub(super) type Key = u128;

pub(super) const fn key(id: &Id16) -> Key {
    u128::from_be_bytes(id.0)
}

pub(super) const fn short(key: Key) -> Id16 {
    Id16(key.to_be_bytes())
}

#[derive(Debug)]
pub(super) struct Entry {
    id: Hash,
    pub(super) origin: NodeId,
    pub(super) timestamp: u64,
    not_after: u64,
    /// Monotonic.
    forget_ms: u64,
    /// Largest ttl it came with.
    pub(super) ttl: u8,
    pub(super) hops: u8,
    /// Forwarding was re-armed once.
    pub(super) rearmed: bool,
    /// Neighbours that were asked for it and have not sent it yet: their copies are no sign of a loop.
    pub(super) asked: Mask,
    /// Neighbours that sent or announced it: they need not hear of it. Is asked shortly after it came and not kept
    /// when a neighbour goes: whoever takes its number misses the ids of a moment, and reconciles anyway.
    known_by: Mask,
    message: Option<Arc<Message>>,
}

impl Entry {
    /// Neighbour `slot` has it.
    pub(super) const fn has(&mut self, slot: Slot) {
        self.known_by |= bit(slot);
    }

    /// Neighbours that have shown that they have it.
    pub(super) const fn holders(&self) -> Mask {
        self.known_by
    }

    pub(super) const fn message(&self) -> Option<&Arc<Message>> {
        self.message.as_ref()
    }
}

/// What went while room was made or time passed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Gone {
    /// A whole message is no longer held.
    Payload(Hash),
    /// An id is no part of the set any longer.
    Id { timestamp: u64, id: Hash },
}

#[derive(Debug, Default)]
struct Share {
    /// Sorted: what comes is nearly always the newest, what goes the oldest.
    order: VecDeque<(u64, Key)>,
    /// No whole message lies below.
    payload_from: (u64, Key),
    bytes: usize,
    held: usize,
    /// Up to here ids were forgotten for room.
    floor: Option<(u64, Key)>,
}

impl Share {
    /// The place of an id in `order`, or where it would be.
    fn place(&self, at: (u64, Key)) -> Result<usize, usize> {
        match self.order.back() {
            Some(newest) if *newest < at => Err(self.order.len()),
            _ => self.order.binary_search(&at),
        }
    }

    fn remember(&mut self, at: (u64, Key)) {
        if let Err(place) = self.place(at) {
            self.order.insert(place, at);
        }
    }

    fn forget(&mut self, at: (u64, Key)) {
        if let Ok(place) = self.place(at) {
            self.order.remove(place);
        }
    }

    fn hold(&mut self, at: (u64, Key), size: usize) {
        self.payload_from = if self.held == 0 { at } else { self.payload_from.min(at) };
        self.bytes += size;
        self.held += 1;
    }
}

/// A whole message as it came.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) message: Arc<Message>,
    pub(super) ttl: u8,
    pub(super) hops: u8,
    /// Neighbours that may still send it because they were asked.
    pub(super) asked: Mask,
}

#[derive(Debug, Default)]
pub(super) struct Messages {
    /// Boxed, so that a place among them is cheap to make.
    entries: BTreeMap<Key, Box<Entry>>,
    shares: BTreeMap<NodeId, Share>,
    expiry: BTreeSet<(u64, Key)>,
    /// The first of `expiry`: asked for after every turn.
    first_expiry: Option<u64>,
    /// Expired by the wall clock, not yet by the monotonic one.
    ended: BTreeSet<(u64, Key)>,
    bytes: usize,
    held: usize,
    cared: BTreeSet<NodeId>,
    gone: Vec<Gone>,
}

impl Messages {
    pub(super) fn get(&self, key: Key) -> Option<&Entry> {
        self.entries.get(&key).map(|entry| &**entry)
    }

    pub(super) fn get_mut(&mut self, key: Key) -> Option<&mut Entry> {
        self.entries.get_mut(&key).map(|entry| &mut **entry)
    }

    pub(super) fn holds(&self, id: &Hash) -> bool {
        self.entries.get(&key(&id.short())).is_some_and(|entry| entry.id == *id && entry.message.is_some())
    }

    /// Whole messages held.
    pub(super) const fn held(&self) -> usize {
        self.held
    }

    /// Whole messages held, in order of id.
    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<Message>> {
        self.entries.values().filter_map(|entry| entry.message())
    }

    /// Whose share weighs less.
    pub(super) fn care_for(&mut self, origins: BTreeSet<NodeId>) {
        self.cared = origins;
    }

    /// Whether a message lies below what is remembered of its origin: it may have been here.
    pub(super) fn is_forgotten(&self, origin: &NodeId, timestamp: u64, key: Key, limits: &Limits) -> bool {
        self.shares.get(origin).is_some_and(|share| {
            let at = (timestamp, key);
            let full = share.order.len() >= limits.origin_quota;
            share.floor.is_some_and(|floor| at <= floor)
                || full && share.order.front().is_some_and(|first| at < *first)
        })
    }

    /// Remembers an id, with its whole message or without. `false`: it is known.
    pub(super) fn see(
        &mut self,
        id: Hash,
        origin: NodeId,
        times: (u64, u64),
        whole: Option<Whole>,
        limits: &Limits,
        now: Now,
    ) -> bool {
        let (timestamp, not_after) = times;
        let key = key(&id.short());
        let btree_map::Entry::Vacant(vacant) = self.entries.entry(key) else { return false };
        let left_ms = not_after.saturating_sub(now.secs()).saturating_mul(1000);
        let size = whole.as_ref().map(|whole| whole.message.size());
        let (ttl, hops, asked) =
            whole.as_ref().map_or((0, 0, 0), |whole| (whole.ttl, whole.hops, whole.asked));
        vacant.insert(Box::new(Entry {
            id,
            origin,
            timestamp,
            not_after,
            forget_ms: now.mono_ms.saturating_add(left_ms).saturating_add(REMEMBER_MS),
            ttl,
            hops,
            rearmed: false,
            asked,
            known_by: 0,
            message: whole.map(|whole| whole.message),
        }));
        self.expiry.insert((not_after, key));
        self.first_expiry = Some(self.first_expiry.map_or(not_after, |first| first.min(not_after)));
        let share = self.shares.entry(origin).or_default();
        share.remember((timestamp, key));
        if let Some(size) = size {
            share.hold((timestamp, key), size);
            self.bytes += size;
            self.held += 1;
        }
        if share.order.len() > limits.origin_quota {
            self.forget_oldest(&origin, 1);
        }
        if self.entries.len() > limits.seen_max {
            self.make_room_for_ids();
        }
        self.make_room(limits);
        true
    }

    /// Holds a whole message whose id is remembered without it.
    pub(super) fn hold(&mut self, whole: Whole, limits: &Limits) {
        let key = key(&whole.message.short());
        let Some(entry) = self.entries.get_mut(&key).filter(|entry| entry.message.is_none()) else { return };
        (entry.ttl, entry.hops) = (whole.ttl, whole.hops);
        let size = whole.message.size();
        self.shares.entry(entry.origin).or_default().hold((entry.timestamp, key), size);
        self.bytes += size;
        self.held += 1;
        entry.message = Some(whole.message);
        self.make_room(limits);
    }

    fn make_room(&mut self, limits: &Limits) {
        let full =
            |all: &Self| all.held > limits.message_cache_size || all.bytes > limits.message_cache_bytes;
        while full(self) && self.make_room_for_messages() {}
    }

    /// Lets go what expired.
    pub(super) fn expire(&mut self, now: Now) {
        while let Some(&(not_after, key)) =
            self.expiry.first().filter(|(not_after, _)| *not_after < now.secs())
        {
            self.expiry.remove(&(not_after, key));
            self.drop_payload(key);
            let Some(entry) = self.entries.get(&key) else { continue };
            self.gone.push(Gone::Id { timestamp: entry.timestamp, id: entry.id });
            self.ended.insert((entry.forget_ms, key));
        }
        self.first_expiry = self.expiry.first().map(|(at, _)| *at);
        while let Some(&(forget_ms, key)) = self.ended.first().filter(|(at, _)| *at <= now.mono_ms) {
            self.ended.remove(&(forget_ms, key));
            self.forget(key);
        }
    }

    /// When [`Self::expire`] has something to do, as (wall seconds, monotonic ms).
    pub(super) fn next_expiry(&self) -> (Option<u64>, Option<u64>) {
        (self.first_expiry.map(|at| at + 1), self.ended.first().map(|(at, _)| *at))
    }

    /// What went since the last call.
    pub(super) fn take_gone(&mut self) -> Vec<Gone> {
        std::mem::take(&mut self.gone)
    }

    fn weight(&self, origin: &NodeId, amount: usize) -> usize {
        if self.cared.contains(origin) { amount / KNOWN_WEIGHT } else { amount }
    }

    fn make_room_for_ids(&mut self) {
        let weight = |(origin, share): &(&NodeId, &Share)| self.weight(origin, share.order.len());
        let heaviest =
            self.shares.iter().max_by_key(weight).map(|(origin, share)| (*origin, share.order.len()));
        if let Some((origin, count)) = heaviest {
            self.forget_oldest(&origin, count.div_ceil(EVICT_PART));
        }
    }

    /// Forgets the oldest ids of an origin and refuses them from now on.
    fn forget_oldest(&mut self, origin: &NodeId, count: usize) {
        for _ in 0..count {
            let Some(share) = self.shares.get_mut(origin) else { break };
            let Some(oldest) = share.order.front().copied() else { break };
            share.floor = share.floor.max(Some(oldest));
            let key = oldest.1;
            self.drop_payload(key);
            let Some(entry) = self.entries.get(&key) else { break };
            let (not_after, forget_ms) = (entry.not_after, entry.forget_ms);
            if self.expiry.remove(&(not_after, key)) {
                self.gone.push(Gone::Id { timestamp: entry.timestamp, id: entry.id });
            }
            self.ended.remove(&(forget_ms, key));
            self.forget(key);
        }
        self.first_expiry = self.expiry.first().map(|(at, _)| *at);
    }

    fn make_room_for_messages(&mut self) -> bool {
        let weight = |(origin, share): &(&NodeId, &Share)| match share.held {
            0 => 0,
            _ => self.weight(origin, share.bytes).max(1),
        };
        let Some((origin, share)) = self.shares.iter().max_by_key(weight) else { return false };
        let (origin, from) = (*origin, share.payload_from);
        let keys: Vec<(u64, Key)> = share
            .order
            .range(share.place(from).unwrap_or_else(|place| place)..)
            .filter(|(_, key)| self.entries.get(key).is_some_and(|entry| entry.message.is_some()))
            .take(share.held.div_ceil(EVICT_PART))
            .copied()
            .collect();
        for (_, key) in &keys {
            self.drop_payload(*key);
        }
        if let (Some(share), Some(last)) = (self.shares.get_mut(&origin), keys.last()) {
            share.payload_from = *last;
        }
        !keys.is_empty()
    }

    fn drop_payload(&mut self, key: Key) {
        let Some(entry) = self.entries.get_mut(&key) else { return };
        let Some(message) = entry.message.take() else { return };
        let size = message.size();
        self.bytes -= size;
        self.held -= 1;
        if let Some(share) = self.shares.get_mut(&entry.origin) {
            share.bytes -= size;
            share.held -= 1;
        }
        self.gone.push(Gone::Payload(entry.id));
    }

    fn forget(&mut self, key: Key) {
        let Some(entry) = self.entries.remove(&key) else { return };
        let Some(share) = self.shares.get_mut(&entry.origin) else { return };
        share.forget((entry.timestamp, key));
        if share.order.is_empty() && share.floor.is_none() {
            self.shares.remove(&entry.origin);
        }
    }
}
