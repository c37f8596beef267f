//! A small world of nodes whose sessions are a table: who dials whom, and what arrives.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::SocketAddr,
};

use openred_core::{
    ids::{Hash, NodeId},
    overlay::{Frame, Link as Message, PeerEntry},
};

use crate::{
    now::Now,
    overlay::{
        effect::{Effect, Effects},
        peers::{Acquaintance, Group, Peers, Settings, Source, Via},
        store::{MapStore, PeerStore as _, Restored},
        trust::{self, Bounded, Trust},
    },
};

pub(super) fn id(name: &str) -> NodeId {
    NodeId(Hash::of(&[name.as_bytes()]).0)
}

pub(super) fn entry(node_id: NodeId, address: &str) -> PeerEntry {
    let addresses = vec![address.parse::<SocketAddr>().expect("an address")];
    PeerEntry {
        node_id,
        log_seq: 0,
        desc_hash: Hash(node_id.0),
        endpoint_id: None,
        addresses,
        quic_relay: None,
    }
}

/// One node with what it has stored.
pub(super) struct Node {
    pub(super) peers: Peers,
    pub(super) trust: Trust,
    pub(super) store: MapStore,
    pub(super) dialled: Vec<PeerEntry>,
    pub(super) found: Vec<PeerEntry>,
    pub(super) parted: Vec<(NodeId, &'static str)>,
    pub(super) sent: Vec<(NodeId, Message)>,
    people: Vec<Acquaintance>,
}

impl Node {
    pub(super) fn new(node_id: NodeId, settings: Settings, restored: Restored) -> Self {
        let seed = Hash::of(&[b"seed", &node_id.0]).0;
        let secret = restored.secret.unwrap_or(seed);
        Self {
            peers: Peers::new(node_id, settings, seed, secret, restored.peers, restored.anchors),
            trust: Trust::new(node_id, trust::Settings::standard(), Box::new(Bounded), restored.trust),
            store: MapStore::default(),
            dialled: Vec::new(),
            found: Vec::new(),
            parted: Vec::new(),
            sent: Vec::new(),
            people: Vec::new(),
        }
    }

    pub(super) fn knows(&mut self, node_id: NodeId, contact: bool, pinned: bool, now: Now) {
        self.people.push(Acquaintance { node_id, contact, followed: false, pinned });
        self.trust.people(&self.people);
        self.turn(|peers, _, fx, people| peers.people(people, now, fx));
    }

    /// One turn of the machine; its effects are noted.
    pub(super) fn turn<T>(
        &mut self,
        f: impl FnOnce(&mut Peers, &mut Trust, &mut Effects, &[Acquaintance]) -> T,
    ) -> T {
        let mut fx = Effects::new();
        let answer = f(&mut self.peers, &mut self.trust, &mut fx, &self.people);
        for effect in fx.take() {
            match effect {
                Effect::Store(change) => self.store.apply(&change).expect("a map takes all"),
                Effect::Connect { entry } => self.dialled.push(entry),
                Effect::Found { entry } => self.found.push(entry),
                Effect::Disconnect { peer, code } => self.parted.push((peer, code)),
                Effect::Send { peer, frame } => match Frame::decode(&frame).expect("own frames are valid") {
                    Frame::Link(link) => self.sent.push((peer, link)),
                    Frame::Signed(_) => panic!("peers sign nothing"),
                },
                other => panic!("not a verb of peers: {other:?}"),
            }
        }
        answer
    }

    pub(super) fn hears_of(&mut self, entry: PeerEntry, source: Source, now: Now) {
        self.turn(|peers, trust, fx, _| peers.on_known(entry, source, now, trust, fx));
    }

    pub(super) fn tick(&mut self, now: Now) {
        self.turn(|peers, trust, fx, _| peers.tick(now, trust, fx));
    }

    pub(super) fn active(&self) -> Vec<NodeId> {
        self.peers.active().collect()
    }

    /// A peer of this address comes to us and greets.
    pub(super) fn is_visited_by(&mut self, peer: NodeId, address: &str, now: Now) -> bool {
        let group = Group::of(&address.parse().expect("an address")).expect("dialable");
        self.turn(|peers, trust, fx, _| {
            peers.on_connected(peer, false, group, Via::Direct, now, trust, fx);
            peers.on_handshake(&peer, greeting(), false, now, trust, fx);
        });
        self.peers.is_active(&peer)
    }

    /// All dials so far are answered by peers at the dialled address.
    pub(super) fn all_dials_succeed(&mut self, now: Now) {
        for entry in std::mem::take(&mut self.dialled) {
            let group = Group::of(&entry.addresses[0]).expect("dialable");
            self.turn(|peers, trust, fx, _| {
                peers.on_connected(entry.node_id, true, group, Via::Direct, now, trust, fx);
                peers.on_handshake(&entry.node_id, greeting(), true, now, trust, fx);
            });
        }
    }
}

pub(super) fn greeting() -> openred_core::overlay::Greeting {
    openred_core::overlay::Greeting {
        versions: vec![3],
        network: "openred".to_owned(),
        light: false,
        now: 1_795_219_200,
        peers: Vec::new(),
    }
}

/// Many nodes; sessions between them are made when one dials, and frames arrive in order.
pub(super) struct World {
    pub(super) nodes: BTreeMap<NodeId, Node>,
    addresses: BTreeMap<SocketAddr, NodeId>,
    sessions: BTreeSet<(NodeId, NodeId)>,
    /// Receive, but send nothing.
    pub(super) mute: BTreeSet<NodeId>,
    pub(super) now: Now,
}

impl World {
    pub(super) fn new() -> Self {
        let now = Now { mono_ms: 1000, unix_ms: 1_795_219_200_000 };
        Self {
            nodes: BTreeMap::new(),
            addresses: BTreeMap::new(),
            sessions: BTreeSet::new(),
            mute: BTreeSet::new(),
            now,
        }
    }

    pub(super) fn add(&mut self, name: &str, address: &str) -> NodeId {
        self.add_with(name, address, Settings::standard())
    }

    pub(super) fn add_with(&mut self, name: &str, address: &str, settings: Settings) -> NodeId {
        let node = id(name);
        self.nodes.insert(node, Node::new(node, settings, Restored::default()));
        self.addresses.insert(address.parse().expect("an address"), node);
        node
    }

    pub(super) fn node(&mut self, node: &NodeId) -> &mut Node {
        self.nodes.get_mut(node).expect("a node of this world")
    }

    pub(super) fn tells(&mut self, node: &NodeId, about: &NodeId, source: Source) {
        let (address, _) = self.addresses.iter().find(|(_, id)| *id == about).expect("has an address");
        let (entry, now) = (entry(*about, &address.to_string()), self.now);
        self.node(node).hears_of(entry, source, now);
    }

    /// The process ends: sessions close, memory is lost, what was stored comes back.
    pub(super) fn restart(&mut self, node: &NodeId, settings: Settings) {
        let others: Vec<NodeId> = self.nodes.keys().copied().filter(|id| id != node).collect();
        others.iter().for_each(|other| self.close(node, other));
        let store = self.node(node).store.clone();
        let fresh = Node { store: store.clone(), ..Node::new(*node, settings, store.load().expect("a map")) };
        self.nodes.insert(*node, fresh);
    }

    pub(super) fn close(&mut self, a: &NodeId, b: &NodeId) {
        if self.sessions.remove(&pair(a, b)) {
            let now = self.now;
            for (one, other) in [(a, b), (b, a)] {
                self.node(one).turn(|peers, trust, fx, _| peers.on_closed(other, now, trust, fx));
            }
        }
    }

    pub(super) fn elapse(&mut self, ms: u64) {
        let end = self.now.mono_ms + ms;
        self.settle();
        while let Some(next) = self.next_wake().filter(|at| *at <= end) {
            self.advance(next.max(self.now.mono_ms + 1));
            self.settle();
        }
        self.advance(end);
        self.settle();
    }

    fn advance(&mut self, mono_ms: u64) {
        let by = mono_ms.saturating_sub(self.now.mono_ms);
        self.now = Now { mono_ms: self.now.mono_ms + by, unix_ms: self.now.unix_ms + by };
    }

    fn next_wake(&self) -> Option<u64> {
        self.nodes.values().filter_map(|node| node.peers.next_wake()).min()
    }

    /// Ticks and lets everything arrive until nothing moves.
    pub(super) fn settle(&mut self) {
        let ids: Vec<NodeId> = self.nodes.keys().copied().collect();
        for _ in 0..50 {
            let now = self.now;
            ids.iter().for_each(|id| self.node(id).tick(now));
            let moved = ids.iter().filter(|id| self.carry(id)).count();
            if moved == 0 {
                return;
            }
        }
    }

    fn carry(&mut self, from: &NodeId) -> bool {
        let node = self.node(from);
        let (dialled, parted) = (std::mem::take(&mut node.dialled), std::mem::take(&mut node.parted));
        let sent: VecDeque<_> = std::mem::take(&mut node.sent).into();
        let moved = !(dialled.is_empty() && parted.is_empty() && sent.is_empty());
        for (to, message) in sent {
            if self.sessions.contains(&pair(from, &to)) && !self.mute.contains(from) {
                self.arrives(from, &to, message);
            }
        }
        dialled.into_iter().for_each(|entry| self.dialled(from, &entry));
        parted.iter().for_each(|(peer, _)| self.close(from, peer));
        moved
    }

    fn dialled(&mut self, from: &NodeId, entry: &PeerEntry) {
        let (now, to) = (self.now, entry.node_id);
        let reached =
            entry.addresses.iter().find(|address| self.addresses.get(address) == Some(&to)).copied();
        let Some(address) = reached else {
            return self.node(from).turn(|peers, _, fx, _| peers.on_connect_failed(&to, now, fx));
        };
        self.sessions.insert(pair(from, &to));
        let mine = self.addresses.iter().find(|(_, id)| *id == from).map(|(address, _)| *address);
        let (there, here) = (Group::of(&address), mine.and_then(|address| Group::of(&address)));
        let connect = |node: &mut Node, peer: NodeId, outbound, group: Option<Group>| {
            let group = group.expect("dialable");
            node.turn(|peers, trust, fx, _| {
                peers.on_connected(peer, outbound, group, Via::Direct, now, trust, fx);
            });
        };
        connect(self.node(&to), *from, false, here);
        connect(self.node(from), to, true, there);
    }

    fn arrives(&mut self, from: &NodeId, to: &NodeId, message: Message) {
        let (now, from) = (self.now, *from);
        self.node(to).turn(|peers, trust, fx, _| {
            peers.heard(&from, now);
            match message {
                Message::Handshake(greeting) => peers.on_handshake(&from, greeting, false, now, trust, fx),
                Message::HandshakeAck(greeting) => peers.on_handshake(&from, greeting, true, now, trust, fx),
                Message::Disconnect { .. } => peers.on_disconnect(&from, now, fx),
                Message::Discovery { max, node_id } => peers.on_discovery(&from, max, node_id, now, fx),
                Message::Peers(entries) => peers.on_peers(&from, entries, now, trust, fx),
                Message::Heartbeat { counter, now: theirs, echo } => {
                    peers.on_heartbeat(&from, counter, theirs, echo, now, fx);
                }
                other => panic!("not a message of peers: {other:?}"),
            }
        });
    }
}

fn pair(a: &NodeId, b: &NodeId) -> (NodeId, NodeId) {
    (*a.min(b), *a.max(b))
}
