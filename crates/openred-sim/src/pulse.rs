//! What evil actors do by themselves, once a second. They speak with core's codecs only.
//!
//! Must not know: what honest nodes make of it.

use std::sync::Arc;

use openred_core::{
    ids::Id16,
    overlay::{Body, Bundle, Draft, Head, Kind, Link, Message, Tree},
};
use openred_proto::overlay::{Input, Source};

use crate::{
    cast::Person,
    evil::Role,
    queue::{At, What},
    world::World,
};

/// Between two acts.
const PULSE_MS: u64 = 1000;
/// Ids that a liar announces to each peer at once.
const LIES: usize = 8;
/// How many times its quota a flooder makes.
const FLOOD: u64 = 100;
/// Bytes of a flooder's payload.
const FLOOD_BYTES: usize = 64;

impl Role {
    /// Whether it does anything by itself.
    #[must_use]
    pub const fn acts(self) -> bool {
        matches!(self, Self::Lying | Self::Flooder | Self::Eclipse | Self::Ring | Self::Equivocator)
    }
}

impl World {
    pub(crate) fn pulse(&mut self, at: At) {
        let next_ms = match self.nodes[at as usize].role {
            Role::Lying => self.lie(at),
            Role::Flooder => self.flood(at),
            Role::Eclipse => self.crowd(at),
            Role::Ring => self.praise(at),
            Role::Equivocator => self.contradict(at),
            Role::Honest | Role::Silent | Role::TtlRaiser | Role::Forger => return,
        };
        self.push(next_ms, at, What::Pulse);
    }

    fn peers_of(&self, at: At) -> Vec<At> {
        self.nodes[at as usize].links.keys().copied().collect()
    }

    /// Ids that nobody has, to everybody.
    fn lie(&mut self, at: At) -> u64 {
        let wall_s = self.now_of(at).unix_ms / 1000;
        for peer in self.peers_of(at) {
            let mut id = || {
                let mut id = [0; 16];
                self.dice.fill(&mut id);
                (Id16(id), wall_s)
            };
            let ids = (0..LIES).map(|_| id()).collect();
            let link = Link::Ihave { tree: Tree::Shared(0), prune: false, ids };
            self.carry(at, peer, &link.encode().into());
        }
        PULSE_MS
    }

    /// A hundred times what an origin may make, signed well, to everybody.
    fn flood(&mut self, at: At) -> u64 {
        let per_pulse = self.setup.config.limits.origin_per_s * FLOOD * PULSE_MS / 1000;
        let mut left = usize::try_from(per_pulse).unwrap_or(0);
        while left > 0 {
            let count = left.min(openred_core::overlay::BUNDLE_MAX);
            left -= count;
            let person = self.nodes[at as usize].person.clone();
            for message in self.notes(&person, at, count) {
                self.made(at, &message);
                let frame = message.shared_frame(9, 1);
                for peer in self.peers_of(at) {
                    self.carry(at, peer, &frame);
                }
            }
        }
        PULSE_MS
    }

    fn notes(&mut self, person: &Person, at: At, count: usize) -> Vec<Arc<Message>> {
        let wall_s = self.now_of(at).unix_ms / 1000;
        let mut one = || {
            self.published += 1;
            let mut bytes = vec![0; FLOOD_BYTES];
            self.dice.fill(&mut bytes);
            let body = Body::Gossip { app: "sim".to_owned(), topics: Vec::new(), bytes };
            let head = Head {
                kind: Kind::GossipMessage,
                node_id: person.id(),
                log_seq: person.log.head_seq(),
                signing_key: *person.log.current_key().as_bytes(),
                timestamp: wall_s,
                not_after: wall_s + 3600,
            };
            Draft { head, body }.signed_bytes().ok()
        };
        let bytes: Vec<Vec<u8>> = (0..count).filter_map(|_| one()).collect();
        let Ok(bundle) = Bundle::of(bytes) else { return Vec::new() };
        let (label, to_sign) = bundle.to_sign();
        bundle.sign(person.key.sign(label, &to_sign))
    }

    /// One note under each end of its log, each to those who see that end.
    fn contradict(&mut self, at: At) -> u64 {
        for end in [0, 1] {
            let Some(person) = self.nodes[at as usize].person.ends.get(end).cloned() else { continue };
            let person = Person { key: person.0, log: person.1, ..self.nodes[at as usize].person.clone() };
            for message in self.notes(&person, at, 1) {
                self.made(at, &message);
                let frame = message.shared_frame(9, 1);
                for peer in self.peers_of(at).into_iter().filter(|peer| *peer as usize % 2 == end) {
                    self.carry(at, peer, &frame);
                }
            }
        }
        10 * PULSE_MS
    }

    /// Dials the victim, node 0, again and again.
    fn crowd(&mut self, at: At) -> u64 {
        let victim = self.nodes[0].person.entry();
        let known = Input::Known { entry: victim, source: Source::Bootstrap };
        self.turn(at, known);
        if !self.nodes[at as usize].links.contains_key(&0) {
            self.push(self.setup.weather.latency_ms.0, 0, What::Dialled { by: at });
        }
        60 * PULSE_MS
    }

    /// Recommends its accomplices with all it has.
    fn praise(&mut self, at: At) -> u64 {
        let ring: Vec<_> = self.nodes.iter().filter(|node| node.role == Role::Ring).collect();
        let most = openred_core::overlay::STATEMENTS_MAX;
        let offset = (at as usize * most) % ring.len().max(1);
        let named = ring.iter().cycle().skip(offset).take(most.min(ring.len())).map(|node| node.person.id());
        let mut statements: Vec<_> = named.map(|id| (id, 1000)).collect();
        statements.sort_unstable();
        statements.dedup();
        self.published += 1;
        let (reference, life_s) = (u64::MAX - self.published, 86_400);
        self.turn(at, Input::Publish { reference, body: Body::TrustUpdate(statements), life_s });
        3_600_000
    }
}
