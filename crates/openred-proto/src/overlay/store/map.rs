//! The rows in memory: the store of the simulator and of tests, which outlives a simulated crash.
//!
//! Must not know: files, the machines.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use openred_core::ids::{Hash, NodeId};

use super::{
    Change, Counts, LOG_ROWS_MAX, MESSAGE_ROWS_MAX, MessageRow, PEER_AGE_S, PEER_ROWS_MAX, PeerRow,
    PeerStore, Restored, SEEN_AGE_S, SEEN_ROWS_MAX, SeenRow, StoreError, TRUST_EVENT_AGE_S,
    TRUST_EVENT_ROWS_MAX, TrustEventRow, TrustRow,
};

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct MapStore {
    peers: BTreeMap<NodeId, Row>,
    seen: BTreeMap<Hash, SeenRow>,
    events: VecDeque<TrustEventRow>,
    messages: BTreeMap<Hash, MessageRow>,
    logs: BTreeMap<NodeId, Vec<Vec<u8>>>,
    anchors: Vec<NodeId>,
    secret: Option<[u8; 32]>,
}

#[derive(Clone, Debug, Default)]
struct Row {
    peer: Option<PeerRow>,
    trust: Option<TrustRow>,
}

impl Row {
    fn is_empty(&self) -> bool {
        self.peer.is_none() && self.trust.is_none()
    }

    /// Unix seconds of the last sign of life in either half.
    fn last_seen(&self) -> u64 {
        let peer = self.peer.as_ref().map_or(0, |row| row.last_seen);
        peer.max(self.trust.as_ref().map_or(0, |row| row.decayed_at))
    }
}

impl PeerStore for MapStore {
    fn load(&self) -> Result<Restored, StoreError> {
        Ok(Restored {
            peers: self.peers.values().filter_map(|row| row.peer.clone()).collect(),
            trust: self.peers.values().filter_map(|row| row.trust.clone()).collect(),
            seen: self.seen.values().cloned().collect(),
            messages: self.messages.values().cloned().collect(),
            logs: self.logs.iter().map(|(id, log)| (*id, log.clone())).collect(),
            anchors: self.anchors.clone(),
            secret: self.secret,
        })
    }

    fn apply(&mut self, change: &Change) -> Result<(), StoreError> {
        match change {
            Change::Peer(row) => self.row(row.entry.node_id).peer = Some(row.clone()),
            Change::ForgetPeer { node_id } => self.forget(node_id, |row| row.peer = None),
            Change::Trust(row) => self.row(row.node_id).trust = Some(row.clone()),
            Change::ForgetTrust { node_id } => self.forget(node_id, |row| row.trust = None),
            Change::TrustEvent(event) => self.events.push_back(event.clone()),
            Change::Seen(row) => {
                self.seen.entry(row.message_id).or_insert_with(|| row.clone());
            }
            Change::Message(row) => {
                self.messages.insert(row.id, row.clone());
            }
            Change::ForgetMessage { id } => {
                self.messages.remove(id);
            }
            Change::Log { node_id, entries } => {
                self.logs.insert(*node_id, entries.clone());
            }
            Change::ForgetLog { node_id } => {
                self.logs.remove(node_id);
            }
            Change::Anchors { nodes, .. } => self.anchors.clone_from(nodes),
            Change::Secret { secret, .. } => {
                self.secret.get_or_insert(*secret);
            }
        }
        Ok(())
    }

    fn trim(&mut self, now_s: u64) -> Result<(), StoreError> {
        self.peers.retain(|_, row| row.last_seen().saturating_add(PEER_AGE_S) >= now_s);
        keep_newest(&mut self.peers, PEER_ROWS_MAX, Row::last_seen);
        self.seen.retain(|_, row| row.timestamp.saturating_add(SEEN_AGE_S) >= now_s);
        keep_newest(&mut self.seen, SEEN_ROWS_MAX, |row| row.timestamp);
        self.messages.retain(|_, row| row.not_after >= now_s);
        keep_newest(&mut self.messages, MESSAGE_ROWS_MAX, |row| row.not_after);
        self.events.retain(|event| event.timestamp.saturating_add(TRUST_EVENT_AGE_S) >= now_s);
        while self.events.len() > TRUST_EVENT_ROWS_MAX {
            self.events.pop_front();
        }
        while self.logs.len() > LOG_ROWS_MAX {
            self.logs.pop_first();
        }
        Ok(())
    }

    fn counts(&self) -> Result<Counts, StoreError> {
        Ok(Counts {
            peers: self.peers.len(),
            seen: self.seen.len(),
            trust_events: self.events.len(),
            messages: self.messages.len(),
            logs: self.logs.len(),
        })
    }

    fn trust_events(&self, node_id: &NodeId, max: usize) -> Result<Vec<TrustEventRow>, StoreError> {
        Ok(self.events.iter().rev().filter(|event| event.node_id == *node_id).take(max).cloned().collect())
    }
}

impl MapStore {
    fn row(&mut self, node_id: NodeId) -> &mut Row {
        self.peers.entry(node_id).or_default()
    }

    fn forget(&mut self, node_id: &NodeId, half: impl FnOnce(&mut Row)) {
        if let Some(row) = self.peers.get_mut(node_id) {
            half(row);
            if row.is_empty() {
                self.peers.remove(node_id);
            }
        }
    }
}

/// The `max` rows with the highest `time` stay; among equal times those with the higher key.
fn keep_newest<K: Ord + Copy, V>(rows: &mut BTreeMap<K, V>, max: usize, time: impl Fn(&V) -> u64) {
    let beyond = rows.len().saturating_sub(max);
    if beyond == 0 {
        return;
    }
    let oldest: BTreeSet<(u64, K)> = rows.iter().map(|(key, row)| (time(row), *key)).collect();
    for (_, key) in oldest.into_iter().take(beyond) {
        rows.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::overlay::store::contract;

    #[test]
    fn the_map_keeps_the_contract() {
        contract::check(&mut || Box::new(MapStore::default()));
    }

    #[test]
    fn the_map_stops_growing() {
        contract::check_row_limits(&mut || Box::new(MapStore::default()));
    }
}
