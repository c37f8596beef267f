//! Many nodes, some sequencers, a network that cuts, delays, repeats and overtakes. The seed is everything.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use openred_core::ids::{Hash, Id16, NodeId};
use openred_proto::{
    now::Now,
    order::{self, Input, sequencer::Sequencer},
};

use super::dice::Dice;
use super::disk::{Disk, Said};
use super::driver::{Facts, Turn, welcome_hash};
use super::net::{Event, Item, Queue};
use super::toy::Epoch;

pub(super) const MINUTE: u64 = 60_000;
pub(super) const HOUR: u64 = 60 * MINUTE;
pub(super) const DAY: u64 = 24 * HOUR;
/// Virtual time begins here.
const BEGIN: u64 = 1_795_219_200_000;
const GROUP: Id16 = Id16([9; 16]);

/// What a run is made of.
#[derive(Clone, Debug, Default)]
pub(super) struct Setup {
    pub(super) seed: u64,
    pub(super) members: u8,
    pub(super) sequencers: u8,
    /// How many of them sign two commits for one epoch.
    pub(super) liars: u8,
    /// Longest cut of the network, hours; 0: none.
    pub(super) cut_hours: u64,
    /// Turns of a hundred that end in a crash.
    pub(super) crashes: u64,
    /// Sequencers are away now and then.
    pub(super) away: bool,
    /// How many messages are said while there is trouble; otherwise 10 to 50.
    pub(super) says: Option<u64>,
    /// What travels comes as a node's delivery brings it: in order between two, again until it is there. Otherwise it overtakes.
    pub(super) streams: bool,
    /// Of a hundred attempts of such a delivery so many are lost.
    pub(super) loss: u64,
    pub(super) bug: Option<&'static str>,
}

struct Ordering {
    answers: [Sequencer; 2],
    away: bool,
    lies: bool,
}

pub(super) struct Node {
    pub(super) disk: Option<Disk>,
    /// Its clock is so far ahead of all others.
    skew_ms: u64,
    wake_ms: Option<u64>,
}

pub(super) struct World {
    pub(super) setup: Setup,
    pub(super) now_ms: u64,
    dice: Dice,
    pub(super) nodes: BTreeMap<NodeId, Node>,
    sequencers: BTreeMap<NodeId, Ordering>,
    queue: Queue,
    streams: BTreeMap<(NodeId, NodeId), Stream>,
    cut: Vec<NodeId>,
    calm: bool,
    ids: u64,
    pub(super) facts: Facts,
    /// By message: its author and who should read it.
    pub(super) audience: BTreeMap<u64, (NodeId, BTreeSet<NodeId>)>,
    /// By who was added on the way: whose invitation it came by.
    pub(super) brought: BTreeMap<NodeId, NodeId>,
    /// Whom an owner removed on purpose, and on whose wish.
    pub(super) removals: Vec<(u64, NodeId, NodeId)>,
    pub(super) turns: u64,
}

/// What waits between two nodes, the next one first.
#[derive(Default)]
struct Stream {
    waiting: VecDeque<Item>,
    /// Since the last attempt that failed.
    pause_ms: u64,
}

pub(super) fn person(n: u8) -> NodeId {
    NodeId([n + 1; 32])
}

impl World {
    pub(super) fn new(setup: Setup) -> Self {
        let mut dice = Dice(setup.seed);
        let members: BTreeSet<NodeId> = (0..setup.members).map(person).collect();
        let sequencers: Vec<NodeId> = (0..setup.sequencers).map(|n| NodeId([200 + n; 32])).collect();
        let epoch = Epoch { number: 0, secret: Hash([1; 32]), members, sequencers: sequencers.clone() };
        let mut facts = Facts::default();
        facts.epochs.insert(epoch.secret, epoch.members.clone());
        let mut nodes = BTreeMap::new();
        // Two more are added on the way.
        for n in 0..setup.members + 2 {
            let disk = (n < setup.members).then(|| Disk::new(GROUP, person(n), epoch.clone()));
            nodes.insert(person(n), Node { disk, skew_ms: dice.between(0, 5 * MINUTE), wake_ms: None });
        }
        let ordering = |n: usize| Ordering {
            answers: Default::default(),
            away: false,
            lies: n < usize::from(setup.liars),
        };
        let sequencers = sequencers.into_iter().enumerate().map(|(n, id)| (id, ordering(n))).collect();
        let mut world = Self {
            setup,
            now_ms: BEGIN,
            dice,
            nodes,
            sequencers,
            queue: Queue::default(),
            streams: BTreeMap::new(),
            cut: Vec::new(),
            calm: false,
            ids: 0,
            facts,
            audience: BTreeMap::new(),
            brought: BTreeMap::new(),
            removals: Vec::new(),
            turns: 0,
        };
        world.plan();
        world
    }

    /// Three days of trouble.
    fn plan(&mut self) {
        let people: Vec<NodeId> = self.nodes.keys().copied().collect();
        for _ in 0..self.dice.between(4, 14) {
            let who = self.dice.pick(&people).expect("people");
            let (at_ms, removes) = (self.in_time(), self.dice.percent(25));
            self.queue.push(at_ms, Event::Wants { who, removes });
            // Somebody else wants something at the same time.
            let other = self.dice.pick(&people).expect("people");
            let also_ms = at_ms + self.dice.between(0, 20_000);
            self.queue.push(also_ms, Event::Wants { who: other, removes: self.setup.seed.is_multiple_of(3) });
        }
        let says = self.dice.between(10, 50);
        for _ in 0..self.setup.says.unwrap_or(says) {
            let (at_ms, who) = (self.in_time(), self.dice.pick(&people).expect("people"));
            self.queue.push(at_ms, Event::Says { who });
        }
        if self.setup.cut_hours > 0 {
            for _ in 0..self.dice.between(1, 4) {
                let at_ms = self.in_time();
                let everybody = people.iter().chain(self.sequencers.keys()).copied().collect::<Vec<_>>();
                let side = everybody.into_iter().filter(|_| self.dice.percent(50)).collect();
                self.queue.push(at_ms, Event::Cut { side });
                let ends_ms = at_ms + self.dice.between(MINUTE, self.setup.cut_hours * HOUR);
                self.queue.push(ends_ms, Event::Cut { side: Vec::new() });
            }
        }
        if self.setup.away {
            for sequencer in self.sequencers.keys().copied().collect::<Vec<_>>() {
                for _ in 0..2 {
                    let at_ms = self.in_time();
                    self.queue.push(at_ms, Event::Away { sequencer, away: true });
                    let back_ms = at_ms + self.dice.between(MINUTE, 30 * HOUR);
                    self.queue.push(back_ms, Event::Away { sequencer, away: false });
                }
            }
        }
        self.queue.push(BEGIN + 4 * DAY, Event::Calm);
        // A tear shows by the next message.
        for who in people {
            self.queue.push(BEGIN + 4 * DAY + HOUR, Event::Says { who });
        }
    }

    fn in_time(&mut self) -> u64 {
        BEGIN + self.dice.between(0, 3 * DAY)
    }

    /// Until nothing is left to do, at most four days after the last trouble.
    pub(super) fn run(&mut self) {
        while let Some((at_ms, event)) = self.queue.pop() {
            self.now_ms = at_ms.max(self.now_ms);
            if self.now_ms > BEGIN + 8 * DAY {
                return;
            }
            if self.turns > 60_000 + 200 * self.setup.says.unwrap_or(0) {
                self.facts.broke("the group does not come to rest".to_owned());
                return;
            }
            self.happens(event);
        }
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Arrives { from, to, item } => self.arrives(from, to, item),
            Event::Carries { from, to } => self.carries(from, to),
            Event::Tick { at } => {
                self.nodes.get_mut(&at).expect("a node").wake_ms = None;
                self.turn(at, Input::Tick, Some(Event::Tick { at }), None);
            }
            Event::Says { who } => self.says(who),
            Event::Wants { who, removes } => self.wants(who, removes),
            Event::Cut { side } if !self.calm => self.cut = side,
            Event::Away { sequencer, away } if !self.calm => {
                self.sequencers.get_mut(&sequencer).expect("a sequencer").away = away;
            }
            Event::Cut { .. } | Event::Away { .. } => {}
            Event::Calm => {
                (self.calm, self.cut) = (true, Vec::new());
                self.sequencers.values_mut().for_each(|ordering| ordering.away = false);
            }
        }
    }

    fn says(&mut self, who: NodeId) {
        self.ids += 1;
        let id = self.ids;
        let Some(disk) = &mut self.nodes.get_mut(&who).expect("a node").disk else { return };
        let members = disk.order.view().members.clone();
        if !members.contains(&who) {
            return;
        }
        let readers = members.iter().copied().filter(|to| *to != who && !disk.gone.contains(to)).collect();
        disk.said.insert(id, Said { epoch: None, acked: BTreeSet::new(), to: members });
        self.audience.insert(id, (who, readers));
        self.turn(who, Input::Tick, Some(Event::Tick { at: who }), None);
    }

    fn wants(&mut self, who: NodeId, removes: bool) {
        self.ids += 1;
        let change = self.ids;
        let everybody: Vec<NodeId> = self.nodes.keys().copied().collect();
        let Some(disk) = &mut self.nodes.get_mut(&who).expect("a node").disk else { return };
        let members = disk.order.view().members.clone();
        if !members.contains(&who) {
            return;
        }
        // Who is added on the way is never removed: others may want to add them again.
        let first: Vec<NodeId> = (0..self.setup.members).map(person).collect();
        let others: Vec<NodeId> =
            members.iter().copied().filter(|other| *other != who && first.contains(other)).collect();
        let touched = |id: &NodeId| self.removals.iter().any(|(_, of, _)| of == id);
        let absent: Vec<NodeId> =
            everybody.into_iter().filter(|id| !members.contains(id) && !touched(id)).collect();
        let (add, remove) = if removes && self.removals.len() < 2 && others.len() > 2 {
            let target = self.dice.pick(&others).expect("others");
            self.removals.push((change, target, who));
            (Vec::new(), vec![target])
        } else {
            (self.dice.pick(&absent).into_iter().collect(), Vec::new())
        };
        let urgent = !remove.is_empty();
        disk.changes.insert(change, (add, remove));
        let again = Event::Tick { at: who };
        if !self.turn(who, Input::Want { change, urgent }, Some(again), None) {
            // The owner was not told that it is wanted: he never pressed the button.
            self.removals.retain(|(of, _, _)| *of != change);
            let disk = self.nodes.get_mut(&who).and_then(|node| node.disk.as_mut()).expect("a member");
            disk.changes.remove(&change);
        }
    }

    fn is_cut(&self, a: &NodeId, b: &NodeId) -> bool {
        self.cut.contains(a) != self.cut.contains(b)
    }

    fn arrives(&mut self, from: NodeId, to: NodeId, item: Item) {
        if let Some(ordering) = self.sequencers.get(&to) {
            if !ordering.away && !self.is_cut(&from, &to) {
                self.order(from, to, &item);
            }
            return;
        }
        let volatile = matches!(item, Item::Position { .. } | Item::Answer { .. });
        let waits = self.is_cut(&from, &to);
        let fresh = self.nodes[&to].disk.is_none() && !matches!(item, Item::Welcome(_));
        if waits || fresh {
            if !volatile {
                let at_ms = self.now_ms + self.dice.between(10 * MINUTE, HOUR);
                self.queue.push(at_ms, Event::Arrives { from, to, item });
            }
            return;
        }
        let again = Event::Arrives { from, to, item: item.clone() };
        match &item {
            Item::Welcome(epoch) => drop(self.welcome(from, to, epoch.clone(), Some(again))),
            Item::Read(id) => {
                let disk = self.nodes.get_mut(&to).and_then(|node| node.disk.as_mut()).expect("a member");
                disk.said.get_mut(id).expect("an own message").acked.insert(from);
            }
            _ => drop(self.turn(to, input(from, &item), Some(again), Some(item))),
        }
    }

    /// The first item that waits between two, unless it does not come through this time.
    fn carries(&mut self, from: NodeId, to: NodeId) {
        let Some(stream) = self.streams.get_mut(&(from, to)) else { return };
        let Some(item) = stream.waiting.front().cloned() else { return };
        let away = self.sequencers.get(&to).is_some_and(|ordering| ordering.away);
        let fresh =
            self.nodes.get(&to).is_some_and(|node| node.disk.is_none()) && !matches!(item, Item::Welcome(_));
        let lost = !self.calm && self.dice.percent(self.setup.loss);
        if away || fresh || lost || self.is_cut(&from, &to) || !self.brings(from, to, item) {
            let stream = self.streams.get_mut(&(from, to)).expect("it carries");
            stream.pause_ms = (stream.pause_ms * 2).clamp(2_000, 10 * MINUTE);
            let at_ms = self.now_ms + stream.pause_ms;
            self.queue.push(at_ms, Event::Carries { from, to });
            return;
        }
        let stream = self.streams.get_mut(&(from, to)).expect("it carries");
        (stream.pause_ms, _) = (0, stream.waiting.pop_front());
        if !stream.waiting.is_empty() {
            let at_ms = self.now_ms + self.dice.between(1, 50);
            self.queue.push(at_ms, Event::Carries { from, to });
        }
    }

    /// False: it died over it.
    fn brings(&mut self, from: NodeId, to: NodeId, item: Item) -> bool {
        if self.sequencers.contains_key(&to) {
            self.order(from, to, &item);
            return true;
        }
        match &item {
            Item::Welcome(epoch) => self.welcome(from, to, epoch.clone(), None),
            Item::Read(id) => {
                let disk = self.nodes.get_mut(&to).and_then(|node| node.disk.as_mut()).expect("a member");
                disk.said.get_mut(id).expect("an own message").acked.insert(from);
                true
            }
            _ => self.turn(to, input(from, &item), None, Some(item)),
        }
    }

    fn order(&mut self, from: NodeId, to: NodeId, item: &Item) {
        let Item::Ask { epoch, hash } = item else { return };
        let ordering = self.sequencers.get_mut(&to).expect("a sequencer");
        let which = if ordering.lies { usize::from(from.0[0] % 2) } else { 0 };
        if let Ok(winner) = ordering.answers[which].order(*epoch, *hash) {
            self.send(to, from, Item::Answer { epoch: *epoch, winner });
        }
    }

    fn welcome(&mut self, from: NodeId, to: NodeId, epoch: Epoch, again: Option<Event>) -> bool {
        let node = self.nodes.get_mut(&to).expect("a node");
        let Some(disk) = &mut node.disk else {
            node.disk = Some(Disk::new(GROUP, to, epoch));
            self.brought.insert(to, from);
            return true;
        };
        let welcome = welcome_hash(&epoch);
        let number = epoch.number;
        disk.welcomes.insert(welcome, epoch);
        self.turn(to, Input::Welcome { welcome, epoch: number }, again, None)
    }

    fn delay(&mut self) -> u64 {
        let longest = match self.setup.cut_hours {
            0 => 2000,
            _ if self.dice.percent(10) => 30 * MINUTE,
            _ => 5000,
        };
        self.now_ms + self.dice.between(50, longest)
    }

    /// False: the process died, nothing of it happened, and `again` comes again.
    fn turn(&mut self, at: NodeId, input: Input, again: Option<Event>, item: Option<Item>) -> bool {
        self.turns += 1;
        let crashes = !self.calm && self.dice.percent(self.setup.crashes);
        let dies_after = crashes.then(|| self.dice.next() % 6);
        let node = self.nodes.get_mut(&at).expect("a node");
        let Some(disk) = &mut node.disk else { return true };
        let before = crashes.then(|| disk.clone());
        if let Input::Ordered { by, winner, .. } = &input {
            disk.signed.entry(*winner).or_default().insert(*by);
        }
        let (commit, cipher) = arrived(disk, item);
        let now_ms = self.now_ms + node.skew_ms;
        let now = Now { mono_ms: now_ms, unix_ms: now_ms };
        let (facts, bug) = (&mut self.facts, self.setup.bug);
        let mut turn = Turn { me: at, now, disk, facts, dies_after, bug, commit, cipher };
        if turn.run(input).is_err() {
            let mut old = before.unwrap_or_else(|| turn.disk.clone());
            let bytes = serde_json::to_vec(&old.order).expect("a row");
            old.order = serde_json::from_slice::<order::Order>(&bytes).expect("the row is read");
            node.disk = Some(old);
            let at_ms = self.now_ms + self.dice.between(1000, MINUTE);
            again.into_iter().for_each(|again| self.queue.push(at_ms, again));
            return false;
        }
        turn.say_waiting();
        self.leave(at);
        self.check_turn(at, now_ms);
        self.wake(at);
        true
    }

    /// What is on disk leaves.
    fn leave(&mut self, from: NodeId) {
        let disk = self.nodes.get_mut(&from).and_then(|node| node.disk.as_mut()).expect("a member");
        for (to, item) in std::mem::take(&mut disk.outbox) {
            if let Item::Cipher(cipher) = &item {
                let key = (cipher.key, from, cipher.generation);
                let first = *self.facts.sealed.entry(key).or_insert(cipher.id);
                if first != cipher.id {
                    self.facts.broke(format!("{from:?} seals two messages with one key"));
                }
            }
            for _ in 0..if self.dice.percent(10) { 2 } else { 1 } {
                self.send(from, to, item.clone());
            }
        }
    }

    fn send(&mut self, from: NodeId, to: NodeId, item: Item) {
        let at_ms = self.delay();
        if !self.setup.streams {
            self.queue.push(at_ms, Event::Arrives { from, to, item });
            return;
        }
        let stream = self.streams.entry((from, to)).or_default();
        stream.waiting.push_back(item);
        if stream.waiting.len() == 1 {
            self.queue.push(at_ms, Event::Carries { from, to });
        }
    }

    fn wake(&mut self, at: NodeId) {
        let node = self.nodes.get_mut(&at).expect("a node");
        let Some(wake) = node.disk.as_ref().and_then(|disk| disk.order.next_wake()) else { return };
        let wake_ms = wake.saturating_sub(node.skew_ms).max(self.now_ms + 100);
        if node.wake_ms.is_none_or(|earlier| wake_ms < earlier) {
            node.wake_ms = Some(wake_ms);
            self.queue.push(wake_ms, Event::Tick { at });
        }
    }
}

/// What came lies ready for the turn; signatures are kept at once.
fn arrived(disk: &mut Disk, item: Option<Item>) -> (Option<super::toy::Commit>, Option<super::toy::Cipher>) {
    match item {
        Some(Item::Commit(packet)) => {
            disk.signed.entry(packet.commit.hash()).or_default().extend(packet.by);
            (Some(packet.commit), None)
        }
        Some(Item::Cipher(cipher)) => (None, Some(cipher)),
        _ => (None, None),
    }
}

fn input(from: NodeId, item: &Item) -> Input {
    match item {
        Item::Commit(packet) => {
            let (commit, by) = (&packet.commit, packet.by.iter().copied().collect());
            let commit = order::Commit { epoch: commit.epoch, tag: commit.tag, hash: commit.hash(), by };
            Input::Commit { from, commit }
        }
        Item::Cipher(cipher) => {
            Input::Message { from, message: cipher.hash(), epoch: cipher.epoch, tag: cipher.tag }
        }
        Item::Refused { epoch } => Input::Refused { by: from, epoch: *epoch },
        Item::Position { epoch, tag, since } => {
            Input::Position { from, epoch: *epoch, tag: *tag, since: *since }
        }
        Item::Answer { epoch, winner } => Input::Ordered { by: from, epoch: *epoch, winner: *winner },
        Item::Welcome(_) | Item::Read(_) | Item::Ask { .. } => Input::Tick,
    }
}
