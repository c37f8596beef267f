//! The world: nodes, links between them, one queue, virtual time. The seed is everything.
//!
//! It carries out what machines ask for (`act`), lets evil actors act (`pulse`), and watches. Must not know: what is
//! expected of a run, what frames mean.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use openred_core::{
    ids::NodeId,
    overlay::{Body, PeerEntry},
};
use openred_proto::{
    now::Now,
    overlay::{
        Change, Counters, Effects, Group, Input, Me, Overlay, Restored, Source, store::PeerStore as _, trust,
    },
};

use crate::{
    cast::{GROUPS_MAX, NOON_S, Person},
    dice::{Dice, bytes},
    evil::{Edge, Role},
    frames::Frames,
    index::Index,
    model::Model,
    node::Node,
    queue::{At, Event, Queue, What},
    setup::Setup,
    trace::{Trace, digest},
    verifier::Notary,
    watch::Watch,
};

/// Nodes start within this time.
const STARTS_MS: u64 = 5000;

/// See the module.
pub struct World {
    /// What it was made of.
    pub setup: Setup,
    /// Everybody.
    pub nodes: Vec<Node>,
    pub(crate) index: Index,
    /// Counts the starts of each node; apart from it, because every frame asks for that of its goal.
    lives: Vec<u32>,
    pub(crate) queue: Queue,
    /// Virtual milliseconds since noon.
    pub now_ms: u64,
    pub(crate) dice: Dice,
    /// Hash of everything so far.
    pub trace: Trace,
    /// What should be.
    pub model: Model,
    /// What was seen.
    pub watch: Watch,
    /// Directions in which nothing passes, by sides.
    pub cut: BTreeSet<(u8, u8)>,
    pub(crate) sessions: u64,
    pub(crate) published: u64,
    pub(crate) accomplices: Vec<PeerEntry>,
    /// Nodes by address group.
    groups: Vec<Vec<At>>,
    notary: Notary,
    pub(crate) frames: Frames,
    effects: Effects,
    /// Received and delivered when measuring began.
    before: (u64, u64),
    hops_before: [u64; 16],
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "World({} nodes at {} ms)", self.nodes.len(), self.now_ms)
    }
}

impl World {
    /// Everybody is there and starts within five seconds.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        let (seed, size) = (setup.seed, setup.roles.len());
        let mut dice = Dice::new(seed, "world");
        let mut nodes = Vec::with_capacity(size);
        for (n, role) in (0..).zip(&setup.roles) {
            let half = u64::from(GROUPS_MAX / 2);
            let group = match role {
                Role::Honest => dice.below(half),
                _ => half + dice.below(u64::from(setup.evil_groups).clamp(1, half)),
            };
            let person = Person::new(seed, n, u16::try_from(group).unwrap_or(0));
            let person = if *role == Role::Equivocator { person.with_two_ends(seed, n) } else { person };
            nodes.push(Node::new(person, *role));
        }
        let index = Index::new(nodes.iter().map(|node| node.person.id()).collect());
        let mut groups = BTreeMap::<Option<Group>, Vec<At>>::new();
        for (n, node) in (0..).zip(&nodes) {
            groups.entry(Group::of(&node.person.address)).or_default().push(n);
        }
        let evil = nodes.iter().filter(|node| node.role == Role::Eclipse);
        let accomplices = evil.map(|node| node.person.entry()).collect();
        let mut watch = Watch::default();
        watch.ttl_is_raised = setup.roles.contains(&Role::TtlRaiser);
        watch.bytes_change = setup.weather.corruption > 0;
        Self {
            index,
            lives: vec![0; size],
            queue: Queue::default(),
            now_ms: 0,
            dice,
            trace: Trace::default(),
            model: Model::new(size),
            watch,
            cut: BTreeSet::new(),
            sessions: 0,
            published: 0,
            accomplices,
            groups: groups.into_values().collect(),
            notary: Notary::new(setup.real_crypto),
            frames: Frames::default(),
            effects: Effects::new(),
            before: (0, 0),
            hops_before: [0; 16],
            nodes,
            setup,
        }
    }

    /// Starts everybody, each with some addresses that it has from somewhere.
    pub fn start(&mut self) {
        let size = self.nodes.len();
        let mut starts: Vec<(u64, At)> = Vec::new();
        for at in 0..u32::try_from(size).unwrap_or(u32::MAX) {
            starts.push((self.dice.below(STARTS_MS), at));
        }
        starts.sort_unstable();
        for (start_ms, at) in starts {
            self.run_until(start_ms);
            self.wake_up(at);
        }
        self.run_until(STARTS_MS);
    }
    /// What this node stored in an earlier life.
    pub(crate) fn prime(&mut self, at: At, restored: Restored) {
        let store = &mut self.nodes[at as usize].store;
        let peers = restored.peers.into_iter().map(Change::Peer);
        let changes = peers.chain(restored.trust.into_iter().map(Change::Trust));
        let anchors = Change::Anchors { nodes: restored.anchors, at: NOON_S };
        for change in changes.chain([anchors]) {
            // A map cannot fail.
            let _ = store.apply(&change);
        }
    }

    /// A node begins a life: with what it stored, and at the first time with some addresses.
    pub fn wake_up(&mut self, at: At) {
        let seed = bytes(self.setup.seed, "life", u64::from(at) << 32 | u64::from(self.life(at)));
        let first = self.life(at) == 0;
        let node = &mut self.nodes[at as usize];
        if node.is_up() {
            return;
        }
        let restored = node.store.load().unwrap_or_default();
        (node.anchors, node.anchored) = (restored.anchors.clone(), false);
        let me = Me { node_id: node.person.id(), log: node.person.log.clone() };
        let metric = trust::metric("bounded").unwrap_or_else(|| Box::new(trust::Bounded));
        let config = self.setup.config.clone();
        node.overlay = Some(Overlay::new(me, config, seed, restored, self.notary.verifier(), metric));
        node.since_ms = self.now_ms;
        let people = node.people.clone();
        self.turn(at, Input::People(people));
        if first {
            for entry in self.contacts(at) {
                self.turn(at, Input::Known { entry, source: Source::Own });
            }
            for entry in self.addresses(at) {
                self.turn(at, Input::Known { entry, source: Source::Bootstrap });
            }
            if self.nodes[at as usize].role.acts() {
                let in_ms = 1000 + self.dice.below(1000);
                self.push(in_ms, at, What::Pulse);
            }
        }
    }

    /// The ways to one's own people.
    fn contacts(&self, at: At) -> Vec<PeerEntry> {
        let people = self.nodes.get(at as usize).map(|node| node.people.as_slice()).unwrap_or_default();
        people.iter().filter_map(|person| Some(self.node(&person.node_id)?.person.entry())).collect()
    }

    /// Some addresses that a node has at its first start, each of another group: whoever publishes a list of addresses
    /// takes care of that.
    fn addresses(&mut self, at: At) -> Vec<PeerEntry> {
        if self.nodes[at as usize].role == Role::Eclipse {
            return Vec::new();
        }
        let (groups, count) = (self.groups.len(), self.setup.bootstrap);
        let mut known = Vec::with_capacity(count);
        for group in self.dice.some(groups, count + 1) {
            let others = &self.groups[group];
            let other = others[self.dice.index(others.len())];
            if other != at && known.len() < count {
                known.push(self.nodes[other as usize].person.entry());
            }
        }
        known
    }

    /// A node goes: with a word to its peers, or silently.
    pub fn leave(&mut self, at: At, silently: bool) {
        let node = &mut self.nodes[at as usize];
        node.overlay = None;
        node.woken_ms = None;
        self.lives[at as usize] += 1;
        for (other, link) in std::mem::take(&mut node.links) {
            if !silently {
                let at_ms = link.arrival_ms.max(self.now_ms + link.latency_ms);
                let life = self.lives[other as usize];
                self.queue.push(at_ms, other, life, What::Down { with: at, session: link.session });
            }
        }
    }

    /// A node's wall clock jumps to so far from the right time.
    pub fn jump(&mut self, at: At, skew_ms: i64) {
        let node = &mut self.nodes[at as usize];
        node.skew_ms = skew_ms;
        node.jumped = true;
    }

    /// Both clocks of a node.
    #[must_use]
    pub fn now_of(&self, at: At) -> Now {
        let skew_ms = self.nodes.get(at as usize).map_or(0, |node| node.skew_ms);
        Now { mono_ms: self.now_ms, unix_ms: (NOON_S * 1000 + self.now_ms).saturating_add_signed(skew_ms) }
    }

    /// Lets so much time pass.
    pub fn run_for(&mut self, ms: u64) {
        self.run_until(self.now_ms + ms);
    }

    /// Lets time pass until then.
    pub fn run_until(&mut self, until_ms: u64) {
        while let Some(event) = self.queue.pop(until_ms).filter(|_| !self.is_over()) {
            self.now_ms = event.at_ms;
            self.happen(event);
        }
        self.now_ms = self.now_ms.max(until_ms);
    }

    /// A promise broke, and nobody wants to know what follows.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.setup.stops && self.watch.count > 0
    }

    /// Somebody publishes a note.
    pub fn publish(&mut self, by: At) {
        if self.is_over() {
            return;
        }
        self.published += 1;
        let mut text = vec![b'.'; self.setup.payload];
        let number = format!("{} {}", self.setup.seed, self.published);
        text.iter_mut().zip(number.bytes()).for_each(|(to, from)| *to = from);
        let body = Body::Gossip { app: "sim".to_owned(), topics: Vec::new(), bytes: text };
        let (reference, life_s) = (self.published, self.setup.life_s);
        self.turn(by, Input::Publish { reference, body, life_s });
    }

    /// How often a node has ended so far; what was meant for an earlier life is lost.
    #[must_use]
    pub fn life(&self, at: At) -> u32 {
        self.lives.get(at as usize).copied().unwrap_or(0)
    }

    pub(crate) fn push(&mut self, in_ms: u64, at: At, what: What) {
        let life = self.life(at);
        self.queue.push(self.now_ms + in_ms, at, life, what);
    }

    fn happen(&mut self, event: Event) {
        let Event { node: at, life, what, .. } = event;
        if let What::Dialled { by } = what {
            self.trace.note(self.now_ms, at, 1, [by.into(), 0]);
            return self.dialled(at, by);
        }
        let is_current = self.life(at) == life;
        let node = &mut self.nodes[at as usize];
        if !is_current || !node.is_up() {
            return;
        }
        match what {
            What::Wake => {
                if node.woken_ms == Some(self.now_ms) {
                    node.woken_ms = None;
                    self.wake(at);
                }
            }
            What::Frame { from, session, bytes } => {
                if node.links.get(&from).is_some_and(|link| link.session == session) {
                    self.trace.note(self.now_ms, at, 2, [from.into(), digest(&bytes)]);
                    self.frame(at, from, bytes);
                }
            }
            What::Up { with, session } => {
                self.trace.note(self.now_ms, at, 3, [with.into(), session]);
                self.up(at, with, session);
            }
            What::Down { with, session } => {
                self.trace.note(self.now_ms, at, 4, [with.into(), session]);
                if node.links.get(&with).is_some_and(|link| link.session == session) {
                    node.links.remove(&with);
                    let peer = self.index.id(with);
                    self.turn(at, Input::Closed { peer });
                }
            }
            What::Left { to, session, bytes } => {
                if node.links.get(&to).is_some_and(|link| link.session == session) {
                    let peer = self.index.id(to);
                    self.turn(at, Input::Sent { peer, bytes });
                }
            }
            What::Input(input) => {
                self.trace.note(self.now_ms, at, 5, [0, 0]);
                self.turn(at, *input);
            }
            What::Pulse => {
                self.trace.note(self.now_ms, at, 6, [0, 0]);
                self.pulse(at);
            }
            What::Dialled { .. } => {}
        }
    }

    fn wake(&mut self, at: At) {
        let due = self.nodes[at as usize].overlay.as_ref().and_then(Overlay::next_wake);
        if due.is_some_and(|due| due <= self.now_ms) {
            self.turn(at, Input::Tick);
        } else {
            self.wake_later(at);
        }
    }

    fn frame(&mut self, at: At, from: At, bytes: Arc<[u8]>) {
        let peer = self.index.id(from);
        match self.nodes[at as usize].role.enters(&bytes) {
            Edge::Passes => self.turn(at, Input::Received { peer, bytes }),
            Edge::Vanishes => {}
            Edge::Becomes(bytes) => self.turn(at, Input::Received { peer, bytes }),
            Edge::Answered(frame) => self.carry(at, from, &frame),
        }
    }

    /// One input to one machine, and all that follows at once.
    pub(crate) fn turn(&mut self, at: At, input: Input) {
        let now = self.now_of(at);
        let Some(overlay) = self.nodes[at as usize].overlay.as_mut() else { return };
        let mut effects = std::mem::take(&mut self.effects);
        overlay.handle(now, input, &mut effects);
        for effect in effects.drain() {
            if self.is_over() {
                break;
            }
            self.act(at, effect);
        }
        self.effects = effects;
        self.wake_later(at);
    }

    fn wake_later(&mut self, at: At) {
        let node = &mut self.nodes[at as usize];
        let Some(due_ms) = node.overlay.as_ref().and_then(Overlay::next_wake) else { return };
        let due_ms = due_ms.max(self.now_ms + 1);
        if node.woken_ms.is_none_or(|woken| due_ms < woken || woken <= self.now_ms) {
            node.woken_ms = Some(due_ms);
            self.queue.push(due_ms, at, self.lives[at as usize], What::Wake);
        }
    }
}

/// Figures of the whole network.
impl World {
    /// The number of a node.
    #[must_use]
    pub fn at(&self, id: &NodeId) -> Option<At> {
        self.index.at(id)
    }

    /// A node by its id.
    #[must_use]
    pub fn node(&self, id: &NodeId) -> Option<&Node> {
        self.nodes.get(self.at(id)? as usize)
    }

    /// Sums one counter over honest nodes that run.
    pub fn sum(&self, of: impl Fn(&Counters) -> u64) -> u64 {
        let honest = self.nodes.iter().filter(|node| node.is_honest());
        honest.filter_map(|node| Some(of(node.overlay.as_ref()?.counters()))).sum()
    }

    /// From here on delays, copies and hops are measured: a warm-up is over.
    pub fn measure_from_here(&mut self) {
        self.watch.measure_from_here();
        self.before = (self.sum(|sum| sum.received), self.sum(|sum| sum.delivered));
        self.hops_before = self.hops_ever();
    }

    /// Whole messages received per delivery since measuring began; 1 when there was none.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts below 2^52")]
    pub fn copies(&self) -> f64 {
        let received = self.sum(|sum| sum.received).saturating_sub(self.before.0);
        let delivered = self.sum(|sum| sum.delivered).saturating_sub(self.before.1);
        if delivered == 0 { 1.0 } else { received as f64 / delivered as f64 }
    }

    fn hops_ever(&self) -> [u64; 16] {
        std::array::from_fn(|hops| self.sum(|sum| sum.hops.get(hops).copied().unwrap_or(0)))
    }

    /// Deliveries by hops since measuring began.
    #[must_use]
    pub fn hops(&self) -> [u64; 16] {
        let ever = self.hops_ever();
        std::array::from_fn(|hops| ever[hops].saturating_sub(self.hops_before[hops]))
    }
}
