//! Identity logs of origins: bounded, the one unused for longest goes. First seen wins (PROTOCOL §1).
//!
//! Must not know: where they come from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use openred_core::{
    identity::{IdentityLog, LogOrder},
    ids::NodeId,
    overlay::Head,
    sign::PublicKey,
};

#[derive(Debug)]
struct Held {
    log: Arc<IdentityLog>,
    used_s: u64,
}

#[derive(Debug)]
pub(super) struct Logs {
    me: Arc<IdentityLog>,
    held: BTreeMap<NodeId, Held>,
}

/// What the logs say about a message's key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// It is the origin's newest known.
    Newest(PublicKey),
    /// A newer entry is known.
    Superseded,
    /// The log holds another key at this place.
    Other,
    /// The log is not here, or is too short.
    Unknown,
}

/// What a log changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Learnt {
    /// It is held now; the one in the field was let go for it.
    New(Option<NodeId>),
    /// Nothing new, or not to be believed.
    Nothing,
}

impl Logs {
    pub(super) fn new(me: Arc<IdentityLog>, restored: Vec<(NodeId, Vec<Vec<u8>>)>) -> Self {
        let parse = |(node_id, entries): (NodeId, Vec<Vec<u8>>)| {
            let log = IdentityLog::parse(&entries).ok().filter(|log| log.node_id() == node_id)?;
            Some((node_id, Held { log: Arc::new(log), used_s: 0 }))
        };
        Self { me, held: restored.into_iter().filter_map(parse).collect() }
    }

    pub(super) fn own(&self) -> &Arc<IdentityLog> {
        &self.me
    }

    pub(super) fn rotated(&mut self, log: Arc<IdentityLog>) {
        if matches!(self.me.compare(&log), LogOrder::Grown) {
            self.me = log;
        }
    }

    pub(super) fn get(&self, node_id: &NodeId) -> Option<&Arc<IdentityLog>> {
        if *node_id == self.me.node_id() {
            Some(&self.me)
        } else {
            self.held.get(node_id).map(|held| &held.log)
        }
    }

    /// Looks up a message's key and notes that the log is of use.
    pub(super) fn key(&mut self, head: &Head, now_s: u64) -> Key {
        let held = self.held.get_mut(&head.node_id).map(|held| {
            held.used_s = now_s;
            &held.log
        });
        let own = Some(&self.me).filter(|me| me.node_id() == head.node_id);
        let Some(log) = own.or(held) else { return Key::Unknown };
        match log.key_at(head.log_seq) {
            None => Key::Unknown,
            Some(_) if head.log_seq < log.head_seq() => Key::Superseded,
            Some(key) if *key.as_bytes() == head.signing_key => Key::Newest(*key),
            Some(_) => Key::Other,
        }
    }

    /// Takes a log that is the first one seen of its node, or a longer one.
    pub(super) fn learn(
        &mut self,
        log: Arc<IdentityLog>,
        cared: &BTreeSet<NodeId>,
        max: usize,
        now_s: u64,
    ) -> Learnt {
        let node_id = log.node_id();
        if node_id == self.me.node_id() {
            return Learnt::Nothing;
        }
        if let Some(held) = self.held.get_mut(&node_id) {
            held.used_s = now_s;
            if !matches!(held.log.compare(&log), LogOrder::Grown) {
                return Learnt::Nothing;
            }
            held.log = log;
            return Learnt::New(None);
        }
        let gone = if self.held.len() >= max { self.least_used(cared) } else { None };
        if let Some(gone) = gone {
            self.held.remove(&gone);
        }
        self.held.insert(node_id, Held { log, used_s: now_s });
        Learnt::New(gone)
    }

    fn least_used(&self, cared: &BTreeSet<NodeId>) -> Option<NodeId> {
        let order = |(node_id, held): &(&NodeId, &Held)| (cared.contains(*node_id), held.used_s);
        self.held.iter().min_by_key(order).map(|(node_id, _)| *node_id)
    }
}
