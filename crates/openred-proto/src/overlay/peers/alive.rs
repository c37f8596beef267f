//! Heartbeats: round-trip times, and who fell silent.
//!
//! A heartbeat goes to every active peer each `heartbeat_ms`; its answer carries `echo`. A peer silent for
//! `timeout_ms` is given up. It costs trust only if somebody else answered since it was asked: else our own network
//! is down. When this node itself stood still (suspended, stopped), nobody is blamed for the time.
//! Must not know: what else is said on links.

use std::sync::Arc;

use openred_core::{ids::NodeId, overlay::Link as Message};

use super::{Peers, bounds::REST_MS, link::Link};
use crate::{
    now::Now,
    overlay::{
        effect::Effects,
        gossip::bucket::{Bucket, Rate},
        trust::Trust,
    },
};

/// What becomes of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::overlay) enum Intake {
    /// There is no link.
    NotLinked,
    /// Beyond the rate.
    TooMany,
    /// Only a greeting is listened to.
    Greeting,
    /// It is listened to.
    Active,
}

impl Peers {
    /// A session stands anew: as many frames as `rate` gives at once may come.
    pub(in crate::overlay) fn open_intake(&mut self, peer: &NodeId, rate: Rate, now: Now) {
        if let Some(link) = self.links.get_mut(peer) {
            link.intake = Bucket::full(rate, now.mono_ms);
        }
    }

    /// A frame arrived from this peer, whatever it is.
    pub(in crate::overlay) fn take_in(&mut self, peer: &NodeId, rate: Rate, now: Now) -> Intake {
        let Some(link) = self.links.get_mut(peer).filter(|link| link.is_linked()) else {
            return Intake::NotLinked;
        };
        if !link.intake.take(rate, now.mono_ms, 1) {
            return Intake::TooMany;
        }
        link.heard(now);
        if link.is_active() { Intake::Active } else { Intake::Greeting }
    }

    /// Something arrived from this peer.
    #[cfg(test)]
    pub(super) fn heard(&mut self, peer: &NodeId, now: Now) {
        if let Some(link) = self.links.get_mut(peer) {
            link.heard(now);
        }
    }

    /// HEARTBEAT.
    pub fn on_heartbeat(
        &mut self,
        peer: &NodeId,
        counter: u64,
        their_now: u64,
        echo: Option<u64>,
        now: Now,
        fx: &mut Effects,
    ) {
        let Some(link) = self.links.get_mut(peer).filter(|link| link.is_active()) else { return };
        link.skew_s = skew(their_now, now);
        match echo {
            Some(echo) if echo == link.counter && link.sent_ms <= now.mono_ms => {
                link.rtt_ms = Some(now.mono_ms - link.sent_ms);
            }
            Some(_) => {}
            None if link.answers.take(now.mono_ms, 100, 20) => {
                let answer =
                    Message::Heartbeat { counter: link.counter, now: now.secs(), echo: Some(counter) };
                fx.send(*peer, Arc::from(answer.encode()));
            }
            None => {}
        }
    }

    /// Sends heartbeats and gives up on who is silent, when their time has come.
    pub(super) fn check_life(&mut self, now: Now, trust: &mut Trust, fx: &mut Effects) {
        if now.mono_ms < self.heartbeat_at_ms {
            return;
        }
        let late_ms = now.mono_ms - self.heartbeat_at_ms;
        self.heartbeat_at_ms = now.mono_ms + self.settings.heartbeat_ms;
        if late_ms >= self.settings.heartbeat_ms {
            self.forgive_silence(now);
        }
        self.give_up_silent(now, trust, fx);
        for (peer, link) in self.links.iter_mut().filter(|(_, link)| link.is_active()) {
            beat(peer, link, now, fx);
        }
    }

    /// We stood still ourselves.
    fn forgive_silence(&mut self, now: Now) {
        for (_, link) in self.links.iter_mut() {
            link.heard_ms = now.mono_ms;
            link.asked_ms = None;
        }
    }

    fn give_up_silent(&mut self, now: Now, trust: &mut Trust, fx: &mut Effects) {
        let timeout_ms = self.settings.timeout_ms;
        let silent: Vec<(NodeId, u64)> = self
            .links
            .active()
            .filter(|(_, link)| now.mono_ms.saturating_sub(link.heard_ms) >= timeout_ms)
            .filter_map(|(id, link)| Some((*id, link.asked_ms?)))
            .collect();
        for (peer, asked_ms) in silent {
            let others_answered =
                self.links.active().any(|(other, link)| *other != peer && link.heard_ms > asked_ms);
            if others_answered {
                trust.timeout(&peer, now, fx);
            }
            self.went(&peer, now);
            self.rest(&peer, now.mono_ms + REST_MS);
            self.part(&peer, "timeout", now, fx);
        }
    }
}

fn beat(peer: &NodeId, link: &mut Link, now: Now, fx: &mut Effects) {
    link.counter = link.counter.wrapping_add(1);
    link.sent_ms = now.mono_ms;
    link.asked_ms.get_or_insert(now.mono_ms);
    let heartbeat = Message::Heartbeat { counter: link.counter, now: now.secs(), echo: None };
    fx.send(*peer, Arc::from(heartbeat.encode()));
}

/// Their clock minus ours in seconds.
pub(super) fn skew(their_now: u64, now: Now) -> i64 {
    let ahead = i128::from(their_now) - i128::from(now.secs());
    i64::try_from(ahead).unwrap_or(if ahead > 0 { i64::MAX } else { i64::MIN })
}
