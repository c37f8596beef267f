//! Messages whose origin's identity log is not here yet. Bounded; each log is asked for once at a time.
//!
//! Must not know: how a log is fetched or checked.

use std::collections::BTreeMap;

use openred_core::{ids::NodeId, overlay::Signed};

use super::bounds::{WAITING_BYTES_MAX, WAITING_MAX, WAITING_MS, WAITING_PER_ORIGIN_MAX};

#[derive(Debug)]
struct Origin {
    until_ms: u64,
    /// Who was asked, in turn; the last one is being asked.
    asked: Vec<NodeId>,
    messages: Vec<(NodeId, Signed)>,
    /// More came than there was room for.
    more: bool,
}

/// What became of a message that has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waits {
    /// Its log must be asked for.
    Ask,
    /// Its log is being asked for.
    Already,
    /// There is no room.
    Full,
}

#[derive(Debug, Default)]
pub(super) struct Waiting {
    origins: BTreeMap<NodeId, Origin>,
    count: usize,
    bytes: usize,
}

impl Waiting {
    /// Whether this message waits already.
    pub(super) fn has(&self, signed: &Signed) -> bool {
        let of = self.origins.get(&signed.message.head().node_id);
        of.is_some_and(|of| of.messages.iter().any(|(_, held)| held.message.id() == signed.message.id()))
    }

    /// Whether its origin's log would have to be asked for.
    pub(super) fn is_new(&self, origin: &NodeId) -> bool {
        !self.origins.contains_key(origin)
    }

    pub(super) fn add(&mut self, from: NodeId, signed: Signed, now_ms: u64) -> Waits {
        let size = signed.message.size();
        if self.count >= WAITING_MAX || self.bytes + size > WAITING_BYTES_MAX {
            return Waits::Full;
        }
        let origin = signed.message.head().node_id;
        let new = self.is_new(&origin);
        let of = self.origins.entry(origin).or_insert_with(|| Origin {
            until_ms: now_ms + WAITING_MS,
            asked: vec![from],
            messages: Vec::new(),
            more: false,
        });
        if of.messages.len() >= WAITING_PER_ORIGIN_MAX {
            of.more = true;
            return Waits::Full;
        }
        of.messages.push((from, signed));
        self.count += 1;
        self.bytes += size;
        if new { Waits::Ask } else { Waits::Already }
    }

    /// Whether more of this origin came than waits.
    pub(super) fn has_more(&self, origin: &NodeId) -> bool {
        self.origins.get(origin).is_some_and(|of| of.more)
    }

    /// The log is here, or will not come: what waited for it, in order of arrival.
    pub(super) fn take(&mut self, origin: &NodeId) -> Vec<(NodeId, Signed)> {
        let messages = self.origins.remove(origin).map(|of| of.messages).unwrap_or_default();
        self.count -= messages.len();
        self.bytes -= messages.iter().map(|(_, signed)| signed.message.size()).sum::<usize>();
        messages
    }

    /// Another deliverer to ask, after the last one had no log.
    pub(super) fn next_to_ask(&mut self, origin: &NodeId) -> Option<NodeId> {
        let of = self.origins.get_mut(origin)?;
        let next = of.messages.iter().map(|(from, _)| *from).find(|from| !of.asked.contains(from))?;
        of.asked.push(next);
        Some(next)
    }

    /// Origins whose log has not come in time.
    pub(super) fn overdue(&self, now_ms: u64) -> Vec<NodeId> {
        self.origins.iter().filter(|(_, of)| of.until_ms <= now_ms).map(|(origin, _)| *origin).collect()
    }

    pub(super) fn next_wake(&self) -> Option<u64> {
        self.origins.values().map(|of| of.until_ms).min()
    }
}
