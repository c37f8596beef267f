//! From a session to an active peer, and the end of it.
//!
//! Must not know: how slots are weighed, what is said afterwards.

use std::sync::Arc;

use openred_core::{
    ids::NodeId,
    overlay::{Greeting, Link as Message, PEERS_MAX},
};

use super::{
    Peers, Turn,
    alive::skew,
    bounds::{EXPLORE_MS, REST_MS, REVIEW_MS},
    group::{Group, Introducer},
    link::{Link, Slot, Stage},
    slots::{Admission, Newcomer, Slots, is_below_floor, slot_of_inbound},
    source::Via,
};
use crate::{
    now::Now,
    overlay::{effect::Effects, store::Change, trust::Trust},
};

impl Peers {
    /// A session with a proven peer carries frames. We dialled: we greet; else we wait for its greeting.
    #[expect(clippy::too_many_arguments, reason = "one input of the machine, field by field")]
    pub fn on_connected(
        &mut self,
        peer: NodeId,
        outbound: bool,
        group: Group,
        via: Via,
        now: Now,
        trust: &Trust,
        fx: &mut Effects,
    ) {
        if peer == self.me {
            fx.disconnect(peer, "self");
            return;
        }
        let until_ms = now.mono_ms + self.settings.dial_timeout_ms;
        if let Some(link) = self.links.get_mut(&peer).filter(|link| link.is_linked()) {
            link.outbound = if link.outbound == outbound { outbound } else { self.me < peer };
            (link.via, link.heard_ms, link.asked_ms) = (via, now.mono_ms, None);
            if !link.drawn {
                link.group = group;
            }
        } else {
            let Some(mut link) = self.slot_for(&peer, outbound, &group, now, trust, fx) else { return };
            (link.via, link.until_ms) = (via, until_ms);
            self.links.insert(peer, link);
        }
        if outbound {
            let greeting = self.greeting(&peer, now);
            fx.send(peer, Arc::from(Message::Handshake(greeting).encode()));
        }
        self.soon(now);
    }

    /// HANDSHAKE, or with `ack` its answer.
    pub fn on_handshake(
        &mut self,
        peer: &NodeId,
        greeting: Greeting,
        ack: bool,
        now: Now,
        trust: &mut Trust,
        fx: &mut Effects,
    ) {
        let Some(link) = self.links.get_mut(peer).filter(|link| link.is_linked()) else { return };
        if greeting.network != self.settings.network {
            return self.refuse(peer, "network", now, fx);
        }
        if !greeting.versions.iter().any(|version| self.settings.versions.contains(version)) {
            return self.refuse(peer, "version", now, fx);
        }
        let was_active = link.is_active();
        link.stage = Stage::Active;
        link.light = greeting.light;
        link.skew_s = skew(greeting.now, now);
        if !ack {
            let answer = self.greeting(peer, now);
            fx.send(*peer, Arc::from(Message::HandshakeAck(answer).encode()));
        }
        if was_active && !ack {
            self.turned.push(Turn { peer: *peer, active: false });
        }
        if !was_active || !ack {
            self.turned.push(Turn { peer: *peer, active: true });
        }
        if !was_active {
            self.became_active(peer, now, trust, fx);
        }
        self.on_peers(peer, greeting.peers, now, trust, fx);
        self.soon(now);
    }

    /// No session with this peer is left.
    pub fn on_closed(&mut self, peer: &NodeId, now: Now, trust: &Trust, fx: &mut Effects) {
        if !self.links.get(peer).is_some_and(Link::is_linked) {
            return;
        }
        self.went(peer, now);
        let Some(link) = self.links.remove(peer) else { return };
        if link.is_active() {
            self.turned.push(Turn { peer: *peer, active: false });
            if let Some(known) = self.book.get_mut(peer) {
                known.last_seen = known.last_seen.max(now.secs());
            }
            self.keep(peer, fx);
        } else {
            self.dial_failed(peer, now, fx);
        }
        let rest_ms = if trust.is_pinned(peer) { self.draw.jitter(2000) } else { REST_MS };
        self.rest(peer, now.mono_ms + rest_ms);
        self.soon(now);
    }

    /// DISCONNECT: the peer leaves us; somebody else is tried first.
    pub fn on_disconnect(&mut self, peer: &NodeId, now: Now, fx: &mut Effects) {
        if self.links.get(peer).is_some_and(Link::is_linked) {
            self.rest(peer, now.mono_ms + REST_MS);
            self.gone(peer, now);
            fx.disconnect(*peer, "bye");
        }
    }

    /// After a penalty: whoever fell below the floor has to go, pinned or not; full slots are held against the
    /// threshold.
    pub fn penalised(&mut self, peer: &NodeId, now: Now, trust: &Trust, fx: &mut Effects) {
        if !trust.is_contact(peer) && is_below_floor(peer, trust, now) {
            self.refuse(peer, "trust", now, fx);
        } else {
            self.review_slot(peer, now, trust, fx);
        }
    }

    /// The slot of a new session; None when it has been refused.
    fn slot_for(
        &mut self,
        peer: &NodeId,
        outbound: bool,
        group: &Group,
        now: Now,
        trust: &Trust,
        fx: &mut Effects,
    ) -> Option<Link> {
        let drawn = self.links.remove(peer).filter(|link| outbound && link.drawn);
        let slot = match &drawn {
            Some(_) if !trust.is_pinned(peer) => Some(Slot::Outbound),
            _ => slot_of_inbound(peer, trust, now),
        };
        let Some(slot) = slot else {
            self.refuse(peer, "trust", now, fx);
            return None;
        };
        let misfiled = drawn.is_some_and(|dial| dial.group != *group) && slot == Slot::Outbound;
        if misfiled || slot == Slot::Outbound && self.links.holds_group(group, Some(peer)) {
            let offered = self.book.refile(peer, group.clone());
            self.displaced(offered, fx);
            self.refuse(peer, "group", now, fx);
            return None;
        }
        let newcomer = Newcomer { slot, pinned: trust.is_pinned(peer), group };
        match self.slots(now, trust).admit(&newcomer) {
            Admission::Free => {}
            Admission::Instead(victim) => self.refuse(&victim, "evicted", now, fx),
            Admission::Full => {
                self.refuse(peer, "full", now, fx);
                return None;
            }
        }
        let mut link = Link::new(Stage::Greeting, slot, outbound, group.clone(), now.mono_ms);
        link.drawn = slot == Slot::Outbound;
        Some(link)
    }

    fn became_active(&mut self, peer: &NodeId, now: Now, trust: &mut Trust, fx: &mut Effects) {
        let Some(link) = self.links.get(peer) else { return };
        let (group, drawn, steady) = (link.group.clone(), link.drawn, link.is_steady());
        let outbound = link.outbound && steady;
        let filed = if drawn { Some(&group) } else { self.book.get(peer).map(|known| &known.group) };
        if let Some(filed) = filed.cloned() {
            let offered = self.book.linked(peer, &filed, now.secs());
            self.displaced(offered, fx);
        }
        self.keep(peer, fx);
        let by = self.book.get(peer).map(|known| known.introducer.clone());
        trust.met(peer, &group, &by.unwrap_or(Introducer::Group(group.clone())), outbound, now, fx);
        let links = &self.links;
        let is_up = |id: &NodeId| links.get(id).is_some_and(Link::is_active);
        if steady && link_may_anchor(links, peer, trust) && self.anchors.linked(*peer, is_up) {
            fx.store(Change::Anchors { nodes: self.anchors.nodes().to_vec(), at: now.secs() });
        }
        if self.heartbeat_at_ms <= now.mono_ms {
            self.heartbeat_at_ms = now.mono_ms + self.draw.jitter(self.settings.heartbeat_ms);
        }
        if let Some(since_ms) = self.lost.is_back(peer) {
            self.make_room_for(peer, since_ms, now, fx);
        }
    }

    /// Who is back from across a cut takes the place of whom this node drew first after the cut.
    fn make_room_for(&mut self, back: &NodeId, since_ms: u64, now: Now, fx: &mut Effects) {
        if self.links.drawn().count() <= self.settings.outbound {
            return;
        }
        let since =
            self.links.linked().filter(|(id, link)| link.drawn && link.since_ms > since_ms && *id != back);
        let first = since.min_by_key(|(id, link)| (link.since_ms, **id)).map(|(id, _)| *id);
        if let Some(peer) = first {
            self.refuse(&peer, "explore", now, fx);
        }
    }

    /// A link that this node drew goes without a word.
    pub(super) fn went(&mut self, peer: &NodeId, now: Now) {
        if self.links.get(peer).is_some_and(|link| link.drawn && link.is_active()) {
            self.lost.went(*peer, self.settings.outbound.div_ceil(3).max(2), now.mono_ms);
        }
    }

    /// Once a minute slots are held against trust, and pinned contacts without a known way are looked for.
    pub(super) fn review(&mut self, now: Now, trust: &Trust, fx: &mut Effects) {
        if now.mono_ms < self.review_at_ms {
            return;
        }
        self.review_at_ms = now.mono_ms + REVIEW_MS;
        for peer in self.links.linked().map(|(id, _)| *id).collect::<Vec<_>>() {
            self.review_slot(&peer, now, trust, fx);
        }
        for node in self.pinned.clone() {
            if self.book.get(&node).is_none() {
                self.on_find(node, now, fx);
            }
        }
        self.explore(now, fx);
    }

    /// Now and then the youngest drawn link that is no anchor makes room for another draw: the halves of a network that
    /// was cut find each other again, and an unlucky draw does not last. The older links stay, so nobody is led away
    /// from them.
    fn explore(&mut self, now: Now, fx: &mut Effects) {
        if now.mono_ms < self.explore_at_ms || self.links.drawn().count() < self.settings.outbound {
            return;
        }
        self.explore_at_ms = now.mono_ms + EXPLORE_MS;
        let settled =
            |link: &Link| link.drawn && link.is_active() && link.since_ms + EXPLORE_MS <= now.mono_ms;
        let free = |id: &NodeId| !self.anchors.contains(id) && !self.pinned.contains(id);
        let drawn = self.links.linked().filter(|(id, link)| settled(link) && free(id));
        let youngest = drawn.max_by_key(|(id, link)| (link.since_ms, **id)).map(|(id, _)| *id);
        if let Some(peer) = youngest.filter(|_| self.has_somebody_to_draw(now)) {
            self.refuse(&peer, "explore", now, fx);
        }
    }

    /// Moves a link that came to us to the slot that its trust earns; refuses it when there is none.
    fn review_slot(&mut self, peer: &NodeId, now: Now, trust: &Trust, fx: &mut Effects) {
        let Some(link) = self.links.get(peer).filter(|link| link.is_linked()) else { return };
        let slot = match link.slot {
            Slot::Outbound if !is_below_floor(peer, trust, now) => return,
            Slot::Outbound => None,
            Slot::Own | Slot::Full | Slot::Probation => slot_of_inbound(peer, trust, now),
        };
        let Some(slot) = slot else { return self.refuse(peer, "trust", now, fx) };
        let demoted = slot == Slot::Probation && link.slot != Slot::Probation;
        if let Some(link) = self.links.get_mut(peer) {
            link.slot = slot;
        }
        if demoted && self.slots(now, trust).is_probation_over() {
            self.refuse(peer, "full", now, fx);
        }
    }

    fn slots<'a>(&'a self, now: Now, trust: &'a Trust) -> Slots<'a> {
        Slots { links: &self.links, settings: &self.settings, trust, anchors: self.anchors.nodes(), now }
    }

    fn greeting(&mut self, peer: &NodeId, now: Now) -> Greeting {
        let private =
            self.settings.allow_private || self.links.get(peer).is_some_and(|link| link.group.is_private());
        Greeting {
            versions: self.settings.versions.clone(),
            network: self.settings.network.clone(),
            light: self.settings.light,
            now: now.secs(),
            peers: self.some_entries(peer, private, PEERS_MAX),
        }
    }

    /// Parts with a peer whom we do not want back soon.
    fn refuse(&mut self, peer: &NodeId, code: &'static str, now: Now, fx: &mut Effects) {
        self.rest(peer, now.mono_ms + REST_MS);
        self.part(peer, code, now, fx);
    }

    /// Says why, and closes.
    pub(super) fn part(&mut self, peer: &NodeId, code: &'static str, now: Now, fx: &mut Effects) {
        let farewell = Message::Disconnect { code: code.to_owned(), text: String::new() };
        fx.send(*peer, Arc::from(farewell.encode()));
        fx.disconnect(*peer, code);
        self.gone(peer, now);
    }

    fn gone(&mut self, peer: &NodeId, now: Now) {
        if self.links.remove(peer).is_some_and(|link| link.is_active()) {
            self.turned.push(Turn { peer: *peer, active: false });
        }
        self.soon(now);
    }
}

/// Links that no attacker can bring about: drawn, or pinned and dialled.
fn link_may_anchor(links: &super::Links, peer: &NodeId, trust: &Trust) -> bool {
    links.get(peer).is_some_and(|link| link.outbound && (link.drawn || trust.is_pinned(peer)))
}
