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

#[cfg(test)]
mod tests {
    use openred_core::ids::{Id8, Id16, NodeId};

    use super::*;
    use crate::order::{Input, View};

    const ANA: NodeId = NodeId([1; 32]);
    const BEN: NodeId = NodeId([2; 32]);

    fn group() -> Order {
        let members = [ANA, BEN].into();
        let view = View { epoch: 3, tag: Id8([3; 8]), members, sequencers: vec![ANA, BEN] };
        Order::new(Id16([9; 16]), ANA, view)
    }

    /// Ben refuses at `from_ms`; how long ana waits until she says it again.
    fn waits(ana: &mut Order, from_ms: u64) -> u64 {
        let now = |unix_ms| Now { mono_ms: unix_ms, unix_ms };
        let mut fx = Effects::new();
        ana.handle(now(from_ms), Input::Refused { by: BEN, epoch: 3 }, &mut fx);
        let is_again = |fx: &mut Effects| fx.take().contains(&Effect::Resend { since: 3 });
        assert!(!is_again(&mut fx), "never at once");
        loop {
            let at = ana.next_wake().expect("something is to be said again");
            ana.handle(now(at), Input::Tick, &mut fx);
            if is_again(&mut fx) {
                return at - from_ms;
            }
        }
    }

    #[test]
    fn who_goes_on_refusing_is_answered_ever_later_and_a_new_refusal_soon() {
        let (mut ana, mut at) = (group(), 1_000_000_000);
        let mut told = Vec::new();
        for _ in 0..10 {
            told.push(waits(&mut ana, at));
            at += 2 * RESEND_LONGEST_MS;
        }
        assert_eq!(told[..4], [10_000, 20_000, 40_000, 80_000]);
        assert_eq!(told[8..], [RESEND_LONGEST_MS; 2]);
        at += 3 * RESEND_LONGEST_MS;
        assert_eq!(waits(&mut ana, at), 10_000, "it was quiet for long");
    }
}
