//! Who else is there: questions, answers, and searches for one node.
//!
//! Must not know: whether what is told is true; the address book and the dial find out.

use std::{collections::BTreeMap, sync::Arc};

use openred_core::{
    ids::NodeId,
    overlay::{Link as Message, PEERS_MAX, PeerEntry},
};

use super::{
    Peers,
    bounds::{
        ANSWER_EVERY_MS, ANSWERS_BURST, ENTRIES_BURST, ENTRY_EVERY_MS, FIND_ASKED, FIND_EVERY_MS,
        FIND_ROUNDS, FINDS_MAX,
    },
    group::Group,
    known::Known,
    source::Source,
};
use crate::{
    now::Now,
    overlay::{effect::Effects, trust::Trust},
};

/// Searches under way.
#[derive(Debug, Default)]
pub(super) struct Finds(BTreeMap<NodeId, Find>);

#[derive(Debug)]
struct Find {
    rounds: u8,
    next_ms: u64,
}

impl Finds {
    pub(super) fn next_wake(&self) -> Option<u64> {
        self.0.values().map(|find| find.next_ms).min()
    }

    /// Whether this node was looked for; the search is over.
    pub(super) fn found(&mut self, node: &NodeId) -> bool {
        self.0.remove(node).is_some()
    }
}

impl Peers {
    /// A way to this node is wanted: told at once when known, else neighbours are asked.
    pub fn on_find(&mut self, node_id: NodeId, now: Now, fx: &mut Effects) {
        if let Some(known) = self.book.get(&node_id) {
            fx.found(known.entry.clone());
            return;
        }
        if node_id == self.me || self.finds.0.len() >= FINDS_MAX {
            return;
        }
        self.finds.0.entry(node_id).or_insert(Find { rounds: 0, next_ms: now.mono_ms });
        self.soon(now);
    }

    /// PEER_DISCOVERY: answered with up to 32 peers drawn from the book, or with the one asked for.
    pub fn on_discovery(
        &mut self,
        peer: &NodeId,
        max: u8,
        node_id: Option<NodeId>,
        now: Now,
        fx: &mut Effects,
    ) {
        let Some(link) = self.links.get_mut(peer).filter(|link| link.is_active()) else { return };
        if !link.answers.take(now.mono_ms, ANSWER_EVERY_MS, ANSWERS_BURST) {
            return;
        }
        let private = self.settings.allow_private || link.group.is_private();
        let entries = match node_id {
            Some(node) => {
                let known = self.book.get(&node).filter(|_| node != *peer);
                known.and_then(|known| shown(known, private)).into_iter().collect()
            }
            None => self.some_entries(peer, private, max.into()),
        };
        fx.send(*peer, Arc::from(Message::Peers(entries).encode()));
    }

    /// The answer to a PEER_DISCOVERY; as much of it as the peer's budget admits.
    pub fn on_peers(
        &mut self,
        peer: &NodeId,
        entries: Vec<PeerEntry>,
        now: Now,
        trust: &Trust,
        fx: &mut Effects,
    ) {
        for entry in entries {
            let Some(link) = self.links.get_mut(peer) else { return };
            if !link.entries.take(now.mono_ms, ENTRY_EVERY_MS, ENTRIES_BURST) {
                return;
            }
            self.on_known(entry, Source::Peer(*peer), now, trust, fx);
        }
    }

    /// Up to `max` ≤ 32 entries that were linked with or speak for themselves, drawn anew.
    pub(super) fn some_entries(&mut self, except: &NodeId, private: bool, max: usize) -> Vec<PeerEntry> {
        let lasting = self.book.iter().filter(|(id, known)| {
            *id != except && known.is_lasting() && known.failures == 0 && !self.is_light(id)
        });
        let mut entries: Vec<NodeId> = lasting.map(|(id, _)| *id).collect();
        let chosen = self.draw.take_some(&mut entries, max.min(PEERS_MAX));
        let known = chosen.iter().filter_map(|id| self.book.get(id));
        known.filter_map(|known| shown(known, private)).collect()
    }

    /// Asks for peers when there are too few of them, else seldom; goes on with searches.
    pub(super) fn discover(&mut self, now: Now, fx: &mut Effects) {
        self.go_on_searching(now, fx);
        if now.mono_ms < self.discovery_at_ms {
            return;
        }
        let few = self.links.active().count() < self.settings.min_peers;
        self.discovery_at_ms = now.mono_ms + self.settings.discovery_ms * if few { 1 } else { 10 };
        let question = Message::Discovery { max: PEERS_MAX as u8, node_id: None };
        for peer in self.fanout(if few { 2 } else { 1 }) {
            fx.send(peer, Arc::from(question.encode()));
        }
    }

    fn go_on_searching(&mut self, now: Now, fx: &mut Effects) {
        let due = self.finds.0.iter_mut().filter(|(_, find)| find.next_ms <= now.mono_ms);
        let mut asked = Vec::new();
        for (node, find) in due {
            find.rounds += 1;
            find.next_ms = now.mono_ms + FIND_EVERY_MS;
            asked.push((*node, find.rounds));
        }
        for (node, rounds) in asked {
            if rounds > FIND_ROUNDS {
                self.finds.0.remove(&node);
                continue;
            }
            let question: Arc<[u8]> = Message::Discovery { max: 1, node_id: Some(node) }.encode().into();
            for peer in self.fanout(FIND_ASKED) {
                fx.send(peer, Arc::clone(&question));
            }
        }
    }
}

/// The entry as others may see it: addresses of a private network stay in it.
fn shown(known: &Known, private: bool) -> Option<PeerEntry> {
    admissible(known.entry.clone(), private)
}

/// The entry with the addresses that can be used; None when none is left.
pub(super) fn admissible(mut entry: PeerEntry, private: bool) -> Option<PeerEntry> {
    entry.addresses.retain(|address| Group::of(address).is_some_and(|group| private || !group.is_private()));
    (!Group::all_of(&entry, private).is_empty()).then_some(entry)
}
