//! Carrying out what machines ask for: sending, dialling, signing, fetching, storing.
//!
//! Must not know: why they ask.

use std::sync::Arc;

use openred_core::{
    ids::NodeId,
    overlay::{Message, PeerEntry},
};
use openred_proto::overlay::{Change, Effect, Group, Input, Via, store::PeerStore as _};

use crate::{
    evil::{Edge, Role},
    model::Made,
    queue::{At, What},
    trace::digest,
    weather::LinkEnd,
    world::World,
};

/// Milliseconds until a dial to who is not there is given up.
const UNANSWERED_MS: u64 = 3000;
/// Bytes that leave before a machine is told.
const TOLD_BYTES: usize = 16 << 10;
/// A signature takes up to so many milliseconds.
const SIGN_MS_MAX: u64 = 1;
/// Return within this time is watched for anchors.
const ANCHORS_MS: u64 = 30_000;

impl World {
    pub(crate) fn act(&mut self, at: At, effect: Effect) {
        match effect {
            Effect::Send { peer, frame } => self.send(at, &peer, &frame),
            Effect::Connect { entry } => self.dial(at, &entry),
            Effect::Disconnect { peer, .. } => self.hang_up(at, &peer),
            Effect::Sign { batch, label, bytes } => {
                let signature = Some(self.nodes[at as usize].person.key.sign(label, &bytes));
                let in_ms = self.dice.between(0, SIGN_MS_MAX);
                self.push(in_ms, at, What::Input(Box::new(Input::Signed { batch, signature })));
            }
            Effect::FetchLog { from, origin } => self.fetch_log(at, &from, origin),
            Effect::Deliver { message, from } => self.deliver(at, &message, from.is_none()),
            Effect::Store(change) => self.store(at, &change),
            Effect::Evidence { peer, what } => {
                let Some(peer) = self.at(&peer) else { return };
                let honest = |at: At| self.nodes[at as usize].is_honest();
                if honest(at) && honest(peer) {
                    self.watch.accused(at, peer, what, self.now_ms);
                }
            }
            Effect::Published { .. } | Effect::Refused { .. } | Effect::Found { .. } => {}
        }
    }

    fn send(&mut self, at: At, peer: &NodeId, frame: &Arc<[u8]>) {
        let Some(to) = self.at(peer) else { return };
        let role = self.nodes[at as usize].role;
        if role == Role::Honest {
            self.watch.sent(at, frame, self.now_ms);
            return self.carry(at, to, frame);
        }
        match role.leaves(frame, &self.accomplices) {
            Edge::Passes => self.carry(at, to, frame),
            Edge::Becomes(other) => self.carry(at, to, &other),
            Edge::Vanishes | Edge::Answered(_) => {}
        }
    }

    /// A frame leaves, if there is a session.
    pub(crate) fn carry(&mut self, at: At, to: At, frame: &Arc<[u8]>) {
        let node = &mut self.nodes[at as usize];
        let Some(link) = node.links.get_mut(&to) else { return };
        let session = link.session;
        let trip = link.carry(frame.len(), &self.setup.weather, &mut self.dice, self.now_ms);
        link.untold += frame.len();
        node.queue_max = node.queue_max.max(link.waiting(&self.setup.weather, self.now_ms));
        if link.untold >= TOLD_BYTES {
            let bytes = std::mem::take(&mut link.untold);
            let life = self.life(at);
            self.queue.push(trip.left_ms, at, life, What::Left { to, session, bytes });
        }
        if self.is_cut(at, to) {
            return;
        }
        let frame = match trip.flips {
            Some(bit) => flipped(frame, bit),
            None => self.frames.shared(frame),
        };
        let life = self.life(to);
        for at_ms in [trip.arrives_ms, trip.again_ms].into_iter().flatten() {
            let bytes = Arc::clone(&frame);
            self.queue.push(at_ms, to, life, What::Frame { from: at, session, bytes });
        }
    }

    fn is_cut(&self, from: At, to: At) -> bool {
        let side = |at: At| self.nodes[at as usize].side;
        !self.cut.is_empty() && self.cut.contains(&(side(from), side(to)))
    }

    fn dial(&mut self, at: At, entry: &PeerEntry) {
        let node = &mut self.nodes[at as usize];
        if self.now_ms <= node.since_ms + ANCHORS_MS && node.anchors.contains(&entry.node_id) {
            node.anchored = true;
        }
        if !node.people.iter().any(|person| person.node_id == entry.node_id) {
            node.drawn.extend(entry.addresses.first().and_then(Group::of));
        }
        let to = self.at(&entry.node_id);
        let to = to.filter(|to| entry.addresses.contains(&self.nodes[*to as usize].person.address));
        let Some(to) = to else { return self.fail(UNANSWERED_MS, at, entry.node_id) };
        let latency_ms = self.latency();
        self.push(latency_ms, to, What::Dialled { by: at });
    }

    fn latency(&mut self) -> u64 {
        let (from, to) = self.setup.weather.latency_ms;
        self.dice.between(from, to)
    }

    fn fail(&mut self, in_ms: u64, at: At, peer: NodeId) {
        self.push(in_ms, at, What::Input(Box::new(Input::ConnectFailed { peer })));
    }

    /// A dial reaches its goal. Of two sessions the one that the lower id began stays.
    pub(crate) fn dialled(&mut self, at: At, by: At) {
        let (me, peer) = (self.index.id(at), self.index.id(by));
        let latency_ms = self.latency();
        if !self.nodes[by as usize].is_up() {
            return;
        }
        if !self.nodes[at as usize].is_up() || self.is_cut(at, by) || self.is_cut(by, at) {
            return self.fail(UNANSWERED_MS, by, me);
        }
        let stands = self.nodes[at as usize].links.get(&by).map(|link| link.session);
        let stands = stands.filter(|_| self.nodes[by as usize].links.contains_key(&at));
        if stands.is_some() && me < peer {
            return self.fail(latency_ms, by, me);
        }
        self.sessions += 1;
        let session = self.sessions;
        for (one, other) in [(at, by), (by, at)] {
            let end = LinkEnd::new(session, latency_ms, self.now_ms);
            self.nodes[one as usize].links.insert(other, end);
        }
        self.nodes[by as usize].dialled.insert(session);
        self.push(0, at, What::Up { with: by, session });
        self.push(latency_ms, by, What::Up { with: at, session });
    }

    pub(crate) fn up(&mut self, at: At, with: At, session: u64) {
        let other = &self.nodes[with as usize].person;
        let (peer, group) = (other.id(), Group::of(&other.address));
        let outbound = self.nodes[at as usize].dialled.remove(&session);
        let stands = self.nodes[at as usize].links.get(&with).is_some_and(|link| link.session == session);
        if let Some(group) = group.filter(|_| stands) {
            self.turn(at, Input::Connected { peer, outbound, group, via: Via::Direct });
        }
    }

    fn hang_up(&mut self, at: At, peer: &NodeId) {
        let Some(to) = self.at(peer) else { return };
        let Some(link) = self.nodes[at as usize].links.remove(&to) else { return };
        let at_ms = link.arrival_ms.max(self.now_ms + link.latency_ms);
        let life = self.life(to);
        self.queue.push(at_ms, to, life, What::Down { with: at, session: link.session });
        self.push(0, at, What::Input(Box::new(Input::Closed { peer: *peer })));
    }

    /// Who forwarded a message serves its origin's log, unless it is mute.
    fn fetch_log(&mut self, at: At, from: &NodeId, origin: NodeId) {
        let server = self.at(from).map(|server| &self.nodes[server as usize]);
        let known = self.at(&origin).map(|origin| &self.nodes[origin as usize].person.log);
        let held = server
            .filter(|server| !server.role.is_mute())
            .and_then(|server| server.overlay.as_ref())
            .and_then(|overlay| overlay.log_of(&origin));
        // One log in memory for all who hold it.
        let log = held.map(|held| match known {
            Some(known) if **known == *held => Arc::clone(known),
            _ => Arc::new(held.clone()),
        });
        // An equivocator shows the one end or the other.
        let other =
            self.at(&origin).and_then(|origin| self.nodes[origin as usize].person.ends.get(at as usize % 2));
        let log = if from == &origin { other.map(|(_, log)| Arc::clone(log)).or(log) } else { log };
        let in_ms = 2 * self.latency();
        self.push(in_ms, at, What::Input(Box::new(Input::LogFetched { origin, log })));
    }

    fn deliver(&mut self, at: At, message: &Message, own: bool) {
        if own {
            return self.made(at, message);
        }
        if self.nodes[at as usize].is_honest() {
            let wall_s = self.now_of(at).unix_ms / 1000;
            let node = &self.nodes[at as usize];
            let since_ms = if node.jumped { u64::MAX } else { node.since_ms };
            self.watch.delivered(&mut self.model, at, message, (self.now_ms, wall_s), since_ms);
        }
    }

    /// A message exists from now on. Those of an honest node whose clock is right must reach everybody.
    pub(crate) fn made(&mut self, by: At, message: &Message) {
        let node = &self.nodes[by as usize];
        let head = message.head();
        let app = matches!(head.kind, openred_core::overlay::Kind::GossipMessage);
        let due = node.is_honest() && app && node.skew_ms == 0;
        let ends_ms = self.now_ms + head.not_after.saturating_sub(head.timestamp) * 1000;
        let digest = digest(message.signed_bytes());
        let number = self.model.make(Made { id: message.id(), digest, by, at_ms: self.now_ms, ends_ms, due });
        self.model.get(by, number);
        self.model.arrived += u64::from(due);
    }

    fn store(&mut self, at: At, change: &Change) {
        if self.setup.stores {
            // A map cannot fail.
            let _ = self.nodes[at as usize].store.apply(change);
        }
    }
}

fn flipped(frame: &Arc<[u8]>, bit: usize) -> Arc<[u8]> {
    let mut bytes = frame.to_vec();
    if let Some(byte) = bytes.get_mut(bit / 8) {
        *byte ^= 1 << (bit % 8);
    }
    bytes.into()
}
