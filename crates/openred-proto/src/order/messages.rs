//! Messages that come before their epoch, and own ones that are sent again. Must not know: what they say.

use std::collections::BTreeSet;

use openred_core::ids::{Hash, Id8, NodeId};
use serde::{Deserialize, Serialize};

use super::Order;
use super::bounds::{HELD_MAX, PAST_EPOCHS, RESEND_LONGEST_MS, RESEND_MS, SETTLED_MS};
use super::effect::{Effect, Effects};
use super::faults::planted;
use crate::now::Now;

/// A message that waits for its epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Held {
    pub(super) message: Hash,
    pub(super) from: NodeId,
    pub(super) epoch: u64,
    pub(super) tag: Id8,
    pub(super) at_ms: u64,
}

impl Held {
    pub(super) const fn ends_ms(&self) -> u64 {
        self.at_ms + SETTLED_MS
    }

    /// Only members are told: nobody owes his messages to somebody else.
    fn end(self, members: &BTreeSet<NodeId>, fx: &mut Effects) {
        let Self { message, from, epoch, .. } = self;
        let told = members.contains(&from);
        fx.push(if told { Effect::Refuse { message, from, epoch } } else { Effect::Drop { message } });
    }
}

impl Order {
    pub(super) fn on_message(&mut self, now: Now, held: Held, fx: &mut Effects) {
        if self.held.iter().any(|other| other.message == held.message) {
            return;
        }
        if self.can_open(now, &held) {
            fx.push(Effect::Open { message: held.message });
        } else if self.is_over(now, &held) {
            held.end(&self.view.members, fx);
        } else if !planted("early-message-dropped") {
            fx.push(Effect::Hold { message: held.message });
            let (from, place) = (held.from, (held.epoch, held.tag));
            self.held.push(held);
            if self.held.len() > HELD_MAX {
                self.held.remove(0).end(&self.view.members, fx);
            }
            self.sighted(now, from, place, fx);
        }
    }

    /// Its epoch is the present one, or one of the last five of the own way, left within 24 h.
    fn can_open(&self, now: Now, held: &Held) -> bool {
        if held.epoch == self.view.epoch {
            return held.tag == self.view.tag && self.is_member();
        }
        let left = self.chain.iter().find(|step| step.epoch == held.epoch && step.tag == held.tag);
        let kept = held.epoch + PAST_EPOCHS >= self.view.epoch;
        kept && left.is_some_and(|step| now.unix_ms < step.settles_ms())
    }

    /// Its epoch is over for this node, or it waited too long.
    fn is_over(&self, now: Now, held: &Held) -> bool {
        let known = self.tag_at(held.epoch);
        let passed = held.epoch < self.view.epoch && known.is_none_or(|tag| tag == held.tag);
        passed || now.unix_ms >= held.ends_ms()
    }

    pub(super) fn open_held(&mut self, now: Now, fx: &mut Effects) {
        for held in std::mem::take(&mut self.held) {
            if self.can_open(now, &held) {
                fx.push(Effect::Open { message: held.message });
            } else if self.is_over(now, &held) {
                held.end(&self.view.members, fx);
            } else {
                self.held.push(held);
            }
        }
    }

    pub(super) fn on_refused(&mut self, now: Now, by: NodeId, epoch: u64, fx: &mut Effects) {
        if planted("refusal-ignored") || !self.view.members.contains(&by) {
            return;
        }
        if now.unix_ms.saturating_sub(self.resent_ms) > 2 * RESEND_LONGEST_MS {
            self.resends = 0;
        }
        let wait_ms = RESEND_LONGEST_MS.min(RESEND_MS << self.resends.min(8));
        self.resend_from(epoch, now.unix_ms + wait_ms);
        self.compare(now, by, fx);
    }

    pub(super) fn resend_from(&mut self, since: u64, from_ms: u64) {
        let (old_since, old_ms) = self.resend.unwrap_or((since, from_ms));
        self.resend = Some((since.min(old_since), from_ms.min(old_ms)));
    }

    pub(super) fn resend_due(&mut self, now: Now, fx: &mut Effects) {
        if !self.may_send() {
            return;
        }
        if let Some((since, _)) = self.resend.take_if(|(_, from_ms)| *from_ms <= now.unix_ms) {
            (self.resends, self.resent_ms) = (self.resends.saturating_add(1), now.unix_ms);
            fx.push(Effect::Resend { since });
        }
    }
}
