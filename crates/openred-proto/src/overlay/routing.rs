//! Which machine takes which input and which frame. Must not know: what they do with it.

use std::sync::Arc;

use openred_core::{
    ids::NodeId,
    overlay::{Frame, Link},
};

use super::{
    ANNOUNCEMENT_LIFE_S, Effects, Gossip, Input, Overlay, STATEMENTS_ASKED, STATEMENTS_LIFE_S, Source,
    effect::Effect, gossip::Around, peers::Intake,
};
use crate::now::Now;

impl Overlay {
    pub(super) fn on_input(&mut self, now: Now, input: Input, fx: &mut Effects) {
        match input {
            Input::Received { peer, bytes } => self.on_received(now, peer, &bytes, fx),
            Input::Sent { peer, bytes } => self.gossip.sent(&peer, bytes),
            Input::Publish { reference, body, life_s } => {
                let (gossip, mut a) = self.parts(now, fx);
                gossip.publish(Some(reference), body, life_s, &mut a);
            }
            Input::Signed { batch, signature } => {
                let (gossip, mut a) = self.parts(now, fx);
                gossip.signed(batch, signature, &mut a);
            }
            Input::LogFetched { origin, log } => {
                let (gossip, mut a) = self.parts(now, fx);
                gossip.on_log(&origin, log, &mut a);
            }
            Input::Rotated { log } => self.gossip.rotated(log),
            Input::Descriptor { signed } => self.announcing.set_descriptor(signed, now),
            Input::Tick => {}
            about_peers => self.on_peers_input(now, about_peers, fx),
        }
    }

    fn on_peers_input(&mut self, now: Now, input: Input, fx: &mut Effects) {
        let Self { peers, trust, gossip, intake_rate, .. } = self;
        match input {
            Input::Connected { peer, outbound, group, via } => {
                peers.on_connected(peer, outbound, group, via, now, trust, fx);
                peers.open_intake(&peer, *intake_rate, now);
            }
            Input::ConnectFailed { peer } => peers.on_connect_failed(&peer, now, fx),
            Input::Closed { peer } => peers.on_closed(&peer, now, trust, fx),
            Input::Known { entry, source } => peers.on_known(entry, source, now, trust, fx),
            Input::Find { node_id } => {
                if let Some(entry) = gossip.entry_of(&node_id) {
                    peers.on_known(entry, Source::Announced { from: None }, now, trust, fx);
                }
                peers.on_find(node_id, now, fx);
            }
            Input::People(people) => {
                trust.people(&people);
                peers.people(&people, now, fx);
                gossip.care_for(people.iter().map(|person| person.node_id).collect());
            }
            _ => {}
        }
    }

    /// Beyond its rate a peer's frames are not even decoded.
    fn on_received(&mut self, now: Now, peer: NodeId, bytes: &Arc<[u8]>, fx: &mut Effects) {
        self.counters.frames_in += 1;
        self.counters.bytes_in += bytes.len() as u64;
        let is_active = match self.peers.take_in(&peer, self.intake_rate, now) {
            Intake::NotLinked => return self.counters.drop("not linked"),
            Intake::TooMany => return self.counters.drop("frames"),
            Intake::Greeting => false,
            Intake::Active => true,
        };
        match Frame::decode_shared(bytes) {
            Ok(Frame::Link(link)) => self.on_link(now, peer, is_active, link, fx),
            Ok(Frame::Signed(signed)) if is_active => {
                let (gossip, mut a) = self.parts(now, fx);
                gossip.on_signed(peer, signed, true, &mut a);
            }
            Ok(Frame::Signed(_)) => self.counters.drop("not greeted"),
            Err(invalid) => Gossip::invalid(&peer, invalid.0, &mut self.parts(now, fx).1),
        }
    }

    fn on_link(&mut self, now: Now, peer: NodeId, is_active: bool, link: Link, fx: &mut Effects) {
        let Self { peers, trust, .. } = self;
        match link {
            Link::Handshake(greeting) => peers.on_handshake(&peer, greeting, false, now, trust, fx),
            Link::HandshakeAck(greeting) => peers.on_handshake(&peer, greeting, true, now, trust, fx),
            Link::Disconnect { .. } => peers.on_disconnect(&peer, now, fx),
            _ if !is_active => self.counters.drop("not greeted"),
            Link::Discovery { max, node_id } => peers.on_discovery(&peer, max, node_id, now, fx),
            Link::Peers(entries) => peers.on_peers(&peer, entries, now, trust, fx),
            Link::Heartbeat { counter, now: theirs, echo } => {
                peers.on_heartbeat(&peer, counter, theirs, echo, now, fx);
            }
            about_messages => self.on_gossip_link(now, peer, about_messages, fx),
        }
    }

    fn on_gossip_link(&mut self, now: Now, peer: NodeId, link: Link, fx: &mut Effects) {
        let (gossip, mut a) = self.parts(now, fx);
        match link {
            Link::Ihave { tree, prune, ids } => gossip.on_ihave(&peer, tree, prune, &ids, &mut a),
            Link::Iwant { tree, graft, ids } => gossip.on_iwant(&peer, tree, graft, &ids, &mut a),
            Link::Reconcile { session, ranges } => gossip.on_reconcile(peer, session, &ranges, &mut a),
            Link::TrustedPeersRequest { max } => gossip.on_trusted_request(&peer, max, &mut a),
            Link::TrustedPeersResponse(frames) => gossip.on_trusted(peer, frames, &mut a),
            _ => {}
        }
    }

    /// Lets the other machines do what is due.
    pub(super) fn wake(&mut self, now: Now, fx: &mut Effects) {
        let due = |at: Option<u64>| at.is_some_and(|at| at <= now.mono_ms);
        if due(self.peers.next_wake()) {
            self.peers.tick(now, &mut self.trust, fx);
        }
        if due(self.trust.next_wake()) {
            self.trust.tick(now, fx);
        }
        if due(self.announcing.next_wake()) {
            for body in self.announcing.due(now, &self.trust) {
                let life_s = match body {
                    openred_core::overlay::Body::TrustUpdate(_) => STATEMENTS_LIFE_S,
                    _ => ANNOUNCEMENT_LIFE_S,
                };
                let (gossip, mut a) = self.parts(now, fx);
                gossip.publish(None, body, life_s, &mut a);
            }
        }
    }

    /// Tells gossip who takes part now.
    pub(super) fn turned(&mut self, now: Now, fx: &mut Effects) {
        for turn in self.peers.take_turned() {
            let (gossip, mut a) = self.parts(now, fx);
            if !turn.active {
                gossip.neighbour_down(&turn.peer, now);
                continue;
            }
            gossip.neighbour_up(turn.peer, &mut a);
            if a.peers.is_outbound(&turn.peer) && !a.trust.recommenders(now).is_empty() {
                let link = Link::TrustedPeersRequest { max: STATEMENTS_ASKED };
                a.fx.send(turn.peer, link.encode().into());
            }
        }
    }

    /// Counts what this turn queued, whichever machine queued it.
    pub(super) fn count(&mut self, start: usize, fx: &Effects) {
        for effect in fx.since(start) {
            if let Effect::Send { peer, frame } = effect {
                self.counters.frames_out += 1;
                self.counters.bytes_out += frame.len() as u64;
                self.gossip.charge(peer, frame.len());
            }
        }
    }

    pub(super) fn parts<'a>(&'a mut self, now: Now, fx: &'a mut Effects) -> (&'a mut Gossip, Around<'a>) {
        let Self { gossip, peers, trust, verifier, counters, rng, .. } = self;
        (gossip, Around { now, fx, peers, trust, verifier: &mut **verifier, counters, rng })
    }
}
