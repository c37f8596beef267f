//! A small network in virtual time: machines, links with a delay, loss, people who freeze.
//!
//! Must not know: what is expected of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use chacha20::{
    ChaCha8Rng,
    rand_core::{Rng as _, SeedableRng as _},
};
use openred_core::{
    ids::{Hash, NodeId},
    overlay::PeerEntry,
};

use super::people::{Counting, NOON_S, Person, note};
use crate::{
    now::Now,
    overlay::{
        Config, Counters, Effect, Effects, Group, Input, Me, Overlay, Restored, Source, Via, trust::Bounded,
    },
};

pub(super) struct Node {
    pub(super) person: Person,
    pub(super) overlay: Overlay,
    pub(super) frozen: bool,
    /// When each message was delivered here.
    pub(super) got: BTreeMap<Hash, u64>,
    wake_ms: u64,
}

pub(super) struct World {
    pub(super) nodes: Vec<Node>,
    index: BTreeMap<NodeId, usize>,
    events: BTreeMap<(u64, u64), (usize, Input)>,
    pub(super) now_ms: u64,
    order: u64,
    rng: ChaCha8Rng,
    /// Of a hundred frames, so many are lost.
    pub(super) loss: u32,
    /// All effects so far, hashed.
    pub(super) trace: Hash,
    published: u64,
    links: BTreeMap<(usize, usize), u64>,
}

impl World {
    /// `size` people, each linked with about `degree` others: half of them it drew itself.
    pub(super) fn new(size: u16, degree: usize, seed: u8, config: &Config) -> Self {
        let mut world = Self {
            nodes: Vec::new(),
            index: BTreeMap::new(),
            events: BTreeMap::new(),
            now_ms: 1000,
            order: 0,
            rng: ChaCha8Rng::from_seed([seed; 32]),
            loss: 0,
            trace: Hash([0; 32]),
            published: 0,
            links: BTreeMap::new(),
        };
        for n in 0..size {
            let person = Person::new(n);
            let mut config = config.clone();
            config.peers.allow_private = true;
            config.peers.min_peers = 0;
            config.peers.outbound = degree / 2;
            config.trust.min_trust_threshold = 0;
            let me = Me { node_id: person.id(), log: person.log.clone() };
            let mut seed = [seed; 32];
            seed[..2].copy_from_slice(&n.to_be_bytes());
            let (verifier, _) = Counting::new();
            let overlay =
                Overlay::new(me, config, seed, Restored::default(), Box::new(verifier), Box::new(Bounded));
            world.index.insert(person.id(), usize::from(n));
            world.nodes.push(Node {
                person,
                overlay,
                frozen: false,
                got: BTreeMap::new(),
                wake_ms: u64::MAX,
            });
        }
        for one in 0..usize::from(size) {
            for _ in 0..2 * degree {
                let other = world.draw(u32::from(size)) as usize;
                if other != one {
                    let entry = world.entry(other);
                    world.later(0, one, Input::Known { entry, source: Source::Bootstrap });
                }
            }
        }
        world.run_for(3000);
        world
    }

    fn draw(&mut self, below: u32) -> u32 {
        self.rng.next_u32() % below
    }

    fn entry(&self, of: usize) -> PeerEntry {
        PeerEntry {
            node_id: self.nodes[of].person.id(),
            log_seq: 0,
            desc_hash: Hash([0; 32]),
            endpoint_id: None,
            addresses: vec![([127, 0, 0, 1], 4000 + of as u16).into()],
            quic_relay: None,
        }
    }

    /// `one` dials `other`.
    fn link(&mut self, one: usize, other: usize) {
        let delay_ms = 1 + u64::from(self.draw(3));
        if self.nodes[other].frozen || self.links.contains_key(&(one, other)) {
            let peer = self.nodes[other].person.id();
            return self.later(delay_ms, one, Input::ConnectFailed { peer });
        }
        for (at, to) in [(one, other), (other, one)] {
            self.links.insert((at, to), delay_ms);
            let peer = self.nodes[to].person.id();
            let group = Group::Exact(([127, 0, 0, 1], 4000 + to as u16).into());
            self.later(delay_ms, at, Input::Connected { peer, outbound: at == one, group, via: Via::Direct });
        }
    }

    fn later(&mut self, ms: u64, at: usize, input: Input) {
        self.order += 1;
        self.events.insert((self.now_ms + ms, self.order), (at, input));
    }

    pub(super) fn now(&self) -> Now {
        Now { mono_ms: self.now_ms, unix_ms: NOON_S * 1000 + self.now_ms }
    }

    pub(super) fn run_for(&mut self, ms: u64) {
        let until = self.now_ms + ms;
        loop {
            let event = self.events.first_key_value().map(|((at, _), _)| *at);
            let wake = self
                .nodes
                .iter()
                .enumerate()
                .filter(|(_, node)| !node.frozen)
                .map(|(n, node)| (node.wake_ms, n))
                .min();
            match (event, wake) {
                (Some(at), wake) if at <= until && wake.is_none_or(|(wake, _)| at <= wake) => {
                    let Some((_, (node, input))) = self.events.pop_first() else { return };
                    self.now_ms = at;
                    self.step(node, input);
                }
                (_, Some((at, node))) if at <= until => {
                    self.now_ms = self.now_ms.max(at);
                    self.step(node, Input::Tick);
                }
                _ => break,
            }
        }
        self.now_ms = until;
    }

    fn step(&mut self, at: usize, input: Input) {
        if self.nodes[at].frozen {
            return;
        }
        let (now, mut fx) = (self.now(), Effects::new());
        let node = &mut self.nodes[at];
        node.overlay.handle(now, input, &mut fx);
        node.wake_ms = node.overlay.next_wake().map_or(u64::MAX, |wake| wake.max(now.mono_ms + 1));
        for effect in fx.take() {
            self.trace = Hash::of(&[&self.trace.0, format!("{at} {} {effect:?}", now.mono_ms).as_bytes()]);
            self.act(at, effect);
        }
    }

    fn act(&mut self, at: usize, effect: Effect) {
        let me = self.nodes[at].person.id();
        match effect {
            Effect::Send { peer, frame } => self.carry(at, peer, &frame),
            Effect::Connect { entry } => self.link(at, self.index[&entry.node_id]),
            Effect::Disconnect { peer, .. } => {
                let other = self.index[&peer];
                self.links.remove(&(at, other));
                self.links.remove(&(other, at));
                self.later(0, at, Input::Closed { peer });
                self.later(2, other, Input::Closed { peer: me });
            }
            Effect::Sign { batch, label, bytes } => {
                let signature = Some(self.nodes[at].person.key.sign(label, &bytes));
                self.later(1, at, Input::Signed { batch, signature });
            }
            Effect::FetchLog { from, origin } => {
                let held = self.nodes[self.index[&from]].overlay.log_of(&origin).cloned();
                self.later(4, at, Input::LogFetched { origin, log: held.map(Arc::new) });
            }
            Effect::Deliver { message, .. } => {
                let first = self.nodes[at].got.insert(message.id(), self.now_ms);
                assert!(first.is_none(), "delivered twice");
            }
            Effect::Evidence { peer, what } => panic!("nobody lies here: {peer} {what}"),
            Effect::Published { .. } | Effect::Refused { .. } | Effect::Found { .. } | Effect::Store(_) => {}
        }
    }

    fn carry(&mut self, from: usize, to: NodeId, frame: &[u8]) {
        let other = self.index[&to];
        let Some(delay_ms) = self.links.get(&(from, other)).copied() else { return };
        if self.nodes[other].frozen {
            return;
        }
        self.later(delay_ms, from, Input::Sent { peer: to, bytes: frame.len() });
        if self.loss == 0 || self.draw(100) >= self.loss {
            let peer = self.nodes[from].person.id();
            self.later(delay_ms, other, Input::Received { peer, bytes: frame.into() });
        }
    }

    /// Somebody publishes a kibibyte.
    pub(super) fn publish(&mut self, by: usize) {
        self.published += 1;
        let text = format!("{:1000}", self.published);
        let reference = self.published;
        self.step(by, Input::Publish { reference, body: note(&text), life_s: 86_400 });
    }

    /// Every message that its author has, and who lacks it.
    pub(super) fn missing(&self) -> usize {
        let all: std::collections::BTreeSet<Hash> =
            self.nodes.iter().flat_map(|node| node.got.keys().copied()).collect();
        let live = self.nodes.iter().filter(|node| !node.frozen);
        live.map(|node| all.len() - node.got.len()).sum()
    }

    /// Sums over everybody.
    pub(super) fn sum(&self, of: impl Fn(&Counters) -> u64) -> u64 {
        self.nodes.iter().map(|node| of(node.overlay.counters())).sum()
    }

    /// How long deliveries took since `since_ms`, sorted, as (message, ms).
    pub(super) fn delays(&self, since_ms: u64) -> Vec<u64> {
        let mut first = BTreeMap::<Hash, u64>::new();
        for (id, at) in self.nodes.iter().flat_map(|node| &node.got) {
            first.entry(*id).and_modify(|first| *first = (*first).min(*at)).or_insert(*at);
        }
        let got = self.nodes.iter().filter(|node| !node.frozen).flat_map(|node| &node.got);
        let mut delays: Vec<u64> =
            got.filter(|(id, _)| first[id] >= since_ms).map(|(id, at)| at - first[id]).collect();
        delays.sort_unstable();
        delays
    }
}
