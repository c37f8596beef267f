//! The address book: who could be dialled, and the draw of the next one.
//!
//! Bucketed like Bitcoin's: an address that was never linked with lies in one of a few buckets that a secret and the
//! group of whoever told us choose, one with a past link in a bucket by its own group; so no neighbour, however much
//! it tells, fills more than its share. In a full bucket the most crowded address group gives way, the newcomer's
//! own first. The draw takes an address group, each with the same chance, then a node in it: unlimited addresses in
//! few groups weigh as little as the groups. The owner's people lie in no bucket and are never displaced.
//!
//! A node is filed under one group, that of its first address until a link shows another; it is dialled at the
//! addresses of that group only, so that nobody is drawn under a group that he merely claims. A failed dial turns to
//! its next group. Must not know: links, trust.

use std::collections::{BTreeMap, BTreeSet};

use openred_core::{
    ids::{Hash, NodeId},
    overlay::PeerEntry,
};

use super::{
    bounds::{FAILURES_MAX, FAILURES_STALE, NEW_BUCKETS, NEW_PER_SOURCE, TRIED_BUCKETS, TRIED_PER_GROUP},
    draw::Draw,
    group::{Group, Introducer},
};
use crate::overlay::store::PeerRow;

/// One node that is known.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) entry: PeerEntry,
    pub(super) group: Group,
    pub(super) introducer: Introducer,
    /// Its own signature stands behind the entry.
    pub(super) verified: bool,
    /// There was a link.
    pub(super) tried: bool,
    /// Failed dials in a row.
    pub(super) failures: u8,
    /// Not before (monotonic ms).
    pub(super) retry_at_ms: u64,
    /// Unix seconds of the last sign of life.
    pub(super) last_seen: u64,
    bucket: Option<Bucket>,
}

impl Known {
    pub(super) fn row(&self) -> PeerRow {
        PeerRow {
            entry: self.entry.clone(),
            group: self.group.clone(),
            introducer: self.introducer.clone(),
            tried: self.tried,
            last_seen: self.last_seen,
        }
    }

    /// Worth a row on disk: said by itself, or met.
    pub(super) const fn is_lasting(&self) -> bool {
        self.verified || self.tried
    }
}

/// (tried, number)
type Bucket = (bool, u16);

/// See the module.
#[derive(Debug)]
pub(super) struct AddressBook {
    secret: [u8; 32],
    per_bucket: usize,
    /// Boxed: the places of a tree are half empty.
    known: BTreeMap<NodeId, Box<Known>>,
    own: BTreeSet<NodeId>,
    /// How many lie in a bucket. Who they are, and who is of one group, is looked for: that is rare, and indexes would
    /// take more room than what they lead to.
    buckets: BTreeMap<Bucket, u16>,
}

/// What an offer changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Offered {
    /// The book holds the node, new or renewed.
    pub(super) taken: bool,
    /// Who had to go for it, when worth a row on disk; the node itself when there was no place.
    pub(super) displaced: Option<NodeId>,
}

impl AddressBook {
    /// Buckets placed by `secret`, for about `max` nodes.
    pub(super) fn new(secret: [u8; 32], max: usize) -> Self {
        let per_bucket = (max / (NEW_BUCKETS + TRIED_BUCKETS) as usize).max(2);
        Self { secret, per_bucket, known: BTreeMap::new(), own: BTreeSet::new(), buckets: BTreeMap::new() }
    }

    pub(super) const fn secret(&self) -> [u8; 32] {
        self.secret
    }

    pub(super) fn restore(&mut self, row: PeerRow) {
        let known = Known {
            entry: row.entry,
            group: row.group,
            introducer: row.introducer,
            verified: true,
            tried: row.tried,
            failures: 0,
            retry_at_ms: 0,
            last_seen: row.last_seen,
            bucket: None,
        };
        self.insert(known.into());
    }

    pub(super) fn get(&self, node: &NodeId) -> Option<&Known> {
        self.known.get(node).map(|known| &**known)
    }

    pub(super) fn get_mut(&mut self, node: &NodeId) -> Option<&mut Known> {
        self.known.get_mut(node).map(|known| &mut **known)
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&NodeId, &Known)> {
        self.known.iter().map(|(node, known)| (node, &**known))
    }

    /// The owner's people: in no bucket, never displaced.
    pub(super) fn set_own(&mut self, own: BTreeSet<NodeId>) {
        let before = std::mem::replace(&mut self.own, own);
        let changed: Vec<NodeId> = before.symmetric_difference(&self.own).copied().collect();
        for node in changed {
            if let Some(known) = self.remove(&node) {
                self.insert(known);
            }
        }
    }

    /// Takes an entry with dialable addresses only. What a node says itself replaces what it or others said; what
    /// others say replaces only what others said and what does not answer.
    pub(super) fn offer(&mut self, entry: PeerEntry, introducer: Introducer, verified: bool) -> Offered {
        let groups = Group::all_of(&entry, true);
        let Some(first) = groups.first() else { return Offered::default() };
        let Some(held) = self.known.get_mut(&entry.node_id) else {
            let group = first.clone();
            return self.insert(Box::new(Known {
                entry,
                group,
                introducer,
                verified,
                tried: false,
                failures: 0,
                retry_at_ms: 0,
                last_seen: 0,
                bucket: None,
            }));
        };
        let stale = !held.verified && !held.tried && held.failures > 0;
        let newer = verified && (!held.verified || entry.log_seq >= held.entry.log_seq);
        if !(newer || stale) || held.entry == entry && held.verified == verified {
            return Offered::default();
        }
        let moved = held.entry.addresses != entry.addresses || held.entry.quic_relay != entry.quic_relay;
        held.verified |= verified;
        held.entry = entry;
        if moved {
            (held.failures, held.retry_at_ms) = (0, 0);
        }
        let (node, group) = (held.entry.node_id, held.group.clone());
        if !groups.contains(&group) {
            return self.refile(&node, first.clone());
        }
        Offered { taken: true, displaced: None }
    }

    /// Files a node under another group.
    pub(super) fn refile(&mut self, node: &NodeId, group: Group) -> Offered {
        let Some(mut known) = self.remove(node) else { return Offered::default() };
        known.group = group;
        self.insert(known)
    }

    /// There was a link with it.
    pub(super) fn linked(&mut self, node: &NodeId, group: &Group, now_s: u64) -> Offered {
        let Some(mut known) = self.remove(node) else { return Offered::default() };
        known.tried = true;
        known.failures = 0;
        known.last_seen = known.last_seen.max(now_s);
        known.group = group.clone();
        self.insert(known)
    }

    /// A dial led nowhere: the next group of its addresses is tried, after `retry_at_ms`. Whether it is forgotten.
    pub(super) fn failed(&mut self, node: &NodeId, retry_at_ms: u64) -> bool {
        let own = self.own.contains(node);
        let Some(known) = self.known.get_mut(node) else { return false };
        known.failures = known.failures.saturating_add(1);
        known.retry_at_ms = retry_at_ms;
        if known.failures >= FAILURES_MAX && !own {
            self.remove(node);
            return true;
        }
        let groups = Group::all_of(&known.entry, true);
        let at = groups.iter().position(|group| *group == known.group).map_or(0, |at| at + 1);
        let next = groups.get(at).or_else(|| groups.first()).cloned();
        if let Some(next) = next.filter(|next| *next != known.group) {
            self.refile(node, next);
        }
        false
    }

    pub(super) fn failures(&self, node: &NodeId) -> u8 {
        self.known.get(node).map_or(0, |known| known.failures)
    }

    /// Draws a node: each address group that `admits` lets pass has the same chance, each ready node in it again.
    pub(super) fn draw(
        &self,
        draw: &mut Draw,
        admits: impl Fn(&Group) -> bool,
        ready: impl Fn(&NodeId, &Known) -> bool,
    ) -> Option<NodeId> {
        let fit = self.iter().filter(|(id, known)| ready(id, known) && admits(&known.group));
        let mut fit: Vec<(&Group, NodeId)> = fit.map(|(id, known)| (&known.group, *id)).collect();
        fit.sort_unstable();
        let mut groups: Vec<&[(&Group, NodeId)]> = fit.chunk_by(|(a, _), (b, _)| a == b).collect();
        let mut nodes = draw.take(&mut groups)?.to_vec();
        draw.take(&mut nodes).map(|(_, id)| id)
    }

    pub(super) fn remove(&mut self, node: &NodeId) -> Option<Box<Known>> {
        let known = self.known.remove(node)?;
        let held = known.bucket.and_then(|bucket| self.buckets.get_mut(&bucket));
        held.into_iter().for_each(|held| *held = held.saturating_sub(1));
        Some(known)
    }

    fn insert(&mut self, mut known: Box<Known>) -> Offered {
        let node = known.entry.node_id;
        known.bucket = (!self.own.contains(&node)).then(|| self.bucket_of(&known));
        let mut displaced = None;
        if let Some(bucket) = known.bucket {
            match self.place_in(&bucket, &known) {
                Place::Free => {}
                Place::Instead(victim) => {
                    displaced = self.remove(&victim).filter(|known| known.is_lasting()).map(|_| victim);
                }
                Place::None if known.tried => {
                    known.tried = false;
                    return self.insert(known);
                }
                Place::None => {
                    return Offered { taken: false, displaced: known.is_lasting().then_some(node) };
                }
            }
            *self.buckets.entry(bucket).or_default() += 1;
        }
        self.known.insert(node, known);
        Offered { taken: true, displaced }
    }

    /// Room in a bucket: free, or that of an address which does not answer, or of one in the most crowded group. When
    /// that is the newcomer's own there is none.
    fn place_in(&self, bucket: &Bucket, newcomer: &Known) -> Place {
        if self.buckets.get(bucket).is_none_or(|held| usize::from(*held) < self.per_bucket) {
            return Place::Free;
        }
        let inside = self.iter().filter(|(_, known)| known.bucket.as_ref() == Some(bucket));
        let inside: Vec<(NodeId, &Known)> = inside.map(|(id, known)| (*id, known)).collect();
        let held = || inside.iter().copied();
        let stale = held().filter(|(_, known)| known.failures >= FAILURES_STALE);
        if let Some((id, _)) = stale.max_by_key(|(id, known)| (known.failures, *id)) {
            return Place::Instead(id);
        }
        let mut crowds: BTreeMap<&Group, usize> = BTreeMap::from([(&newcomer.group, 1)]);
        for (_, known) in held() {
            *crowds.entry(&known.group).or_default() += 1;
        }
        let own = crowds.get(&newcomer.group).copied().unwrap_or(0);
        let Some((crowded, most)) = crowds.iter().max_by_key(|(_, n)| **n) else { return Place::None };
        if own >= *most {
            return Place::None;
        }
        let order = |id: &NodeId| Hash::of(&[b"evict", &self.secret, &id.0]);
        held()
            .filter(|(_, known)| known.group == **crowded)
            .min_by_key(|(id, known)| (known.last_seen, order(id)))
            .map_or(Place::None, |(id, _)| Place::Instead(id))
    }

    fn bucket_of(&self, known: &Known) -> Bucket {
        let group = known.group.to_string();
        if known.tried {
            let lane = self.number(&[b"lane", &known.entry.node_id.0], TRIED_PER_GROUP);
            let at = self.number(&[b"tried", group.as_bytes(), &[0], &lane.to_be_bytes()], TRIED_BUCKETS);
            return (true, at);
        }
        let by = known.introducer.to_string();
        let lane = self.number(&[b"source", by.as_bytes(), &[0], group.as_bytes()], NEW_PER_SOURCE);
        (false, self.number(&[b"new", by.as_bytes(), &[0], &lane.to_be_bytes()], NEW_BUCKETS))
    }

    /// A number below `n` that only who has the secret can foresee.
    fn number(&self, parts: &[&[u8]], n: u64) -> u16 {
        let mut all: Vec<&[u8]> = vec![&self.secret];
        all.extend(parts);
        let [a, b, c, d, ..] = Hash::of(&all).0;
        u16::try_from(u64::from(u32::from_be_bytes([a, b, c, d])) % n).unwrap_or(0)
    }
}

enum Place {
    Free,
    Instead(NodeId),
    None,
}
