//! One machine, ana's, among neighbours that the test plays.

use std::sync::{Arc, atomic::AtomicU64, atomic::Ordering};

use openred_core::{
    ids::NodeId,
    overlay::{Frame, Greeting, Link, Message},
};

use super::people::{Counting, NOON_S, Person};
use crate::{
    now::Now,
    overlay::{Config, Effect, Effects, Group, Input, Me, Overlay, Restored, Via, trust::Bounded},
};

pub(super) struct Solo {
    pub(super) ana: Person,
    pub(super) overlay: Overlay,
    pub(super) now_ms: u64,
    checks: Arc<AtomicU64>,
}

impl Solo {
    pub(super) fn new(config: Config) -> Self {
        Self::restored(config, Restored::default())
    }

    pub(super) fn restored(mut config: Config, restored: Restored) -> Self {
        let ana = Person::new(1);
        config.peers.allow_private = true;
        config.trust.min_trust_threshold = 0;
        let (verifier, checks) = Counting::new();
        let me = Me { node_id: ana.id(), log: ana.log.clone() };
        let overlay = Overlay::new(me, config, [7; 32], restored, Box::new(verifier), Box::new(Bounded));
        Self { ana, overlay, now_ms: 1_000_000, checks }
    }

    pub(super) fn now(&self) -> Now {
        Now { mono_ms: self.now_ms, unix_ms: NOON_S * 1000 + self.now_ms }
    }

    pub(super) fn secs(&self) -> u64 {
        self.now().secs()
    }

    pub(super) fn give(&mut self, input: Input) -> Vec<Effect> {
        let mut fx = Effects::new();
        self.overlay.handle(self.now(), input, &mut fx);
        fx.take()
    }

    /// Lets time pass, waking the machine whenever it asks.
    pub(super) fn wait(&mut self, ms: u64) -> Vec<Effect> {
        let until = self.now_ms + ms;
        let mut all = Vec::new();
        while let Some(at) = self.overlay.next_wake().filter(|at| *at <= until) {
            self.now_ms = at.max(self.now_ms + 1);
            all.extend(self.give(Input::Tick));
        }
        self.now_ms = until;
        all.extend(self.give(Input::Tick));
        all
    }

    /// A neighbour dials in and greets.
    pub(super) fn meets(&mut self, who: &Person, port: u16) {
        let peer = who.id();
        let group = Group::Exact(([127, 0, 0, 1], port).into());
        self.give(Input::Connected { peer, outbound: false, group, via: Via::Direct });
        let greeting = Greeting {
            versions: vec![3],
            network: "openred".to_owned(),
            light: false,
            now: self.secs(),
            peers: Vec::new(),
        };
        self.link(who, Link::Handshake(greeting));
        self.give(Input::LogFetched { origin: peer, log: Some(who.log.clone()) });
    }

    pub(super) fn link(&mut self, from: &Person, link: Link) -> Vec<Effect> {
        self.give(Input::Received { peer: from.id(), bytes: link.encode().into() })
    }

    /// `from` pushes a message that has travelled a little.
    pub(super) fn push(&mut self, from: &Person, message: &Message) -> Vec<Effect> {
        self.push_ttl(from, message, 8)
    }

    pub(super) fn push_ttl(&mut self, from: &Person, message: &Message, ttl: u8) -> Vec<Effect> {
        self.give(Input::Received { peer: from.id(), bytes: message.shared_frame(ttl, 2) })
    }

    pub(super) fn checks(&self) -> u64 {
        self.checks.load(Ordering::Relaxed)
    }

    /// Signs what is to be signed, as the keeper would; what follows is appended.
    pub(super) fn keeper(&mut self, effects: &mut Vec<Effect>) {
        let mut at = 0;
        while at < effects.len() {
            if let Effect::Sign { batch, label, bytes } = &effects[at] {
                let (batch, signature) = (*batch, Some(self.ana.key.sign(*label, bytes)));
                let more = self.give(Input::Signed { batch, signature });
                effects.extend(more);
            }
            at += 1;
        }
    }
}

pub(super) fn delivered(effects: &[Effect]) -> Vec<Arc<Message>> {
    let message = |effect: &Effect| match effect {
        Effect::Deliver { message, .. } => Some(message.clone()),
        _ => None,
    };
    effects.iter().filter_map(message).collect()
}

/// Frames sent to `peer`, decoded.
pub(super) fn sent_to(effects: &[Effect], to: &NodeId) -> Vec<Frame> {
    let frame = |effect: &Effect| match effect {
        Effect::Send { peer, frame } if peer == to => {
            Some(Frame::decode(frame).expect("own frames are good"))
        }
        _ => None,
    };
    effects.iter().filter_map(frame).collect()
}

/// ttl of the whole messages sent to `peer`.
pub(super) fn pushed_to(effects: &[Effect], to: &NodeId) -> Vec<u8> {
    let ttl = |frame| match frame {
        Frame::Signed(signed) => Some(signed.ttl),
        Frame::Link(_) => None,
    };
    sent_to(effects, to).into_iter().filter_map(ttl).collect()
}

/// Ids announced to `peer`, and whether a prune came along.
pub(super) fn announced_to(effects: &[Effect], to: &NodeId) -> (usize, bool) {
    sent_to(effects, to).into_iter().fold((0, false), |(count, pruned), frame| match frame {
        Frame::Link(Link::Ihave { prune, ids, .. }) => (count + ids.len(), pruned | prune),
        _ => (count, pruned),
    })
}
