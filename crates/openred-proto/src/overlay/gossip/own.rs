//! Own messages: from a body to a signed message that is under way.
//!
//! Must not know: who wanted it published.

use std::sync::Arc;

use openred_core::{
    overlay::{Body, Message, TTL_MAX},
    sign::Signature,
};

use super::{Around, Gossip, messages::Whole, taking::places};
use crate::overlay::store::SeenRow;

/// Own messages keep to the budget that others give an origin. When it is used up they wait this long, and leave as
/// bundles.
const WAIT_MS: u64 = 20;

impl Gossip {
    /// Publishes a body; `None`: nobody is told.
    pub(in super::super) fn publish(
        &mut self,
        reference: Option<u64>,
        body: Body,
        life_s: u64,
        a: &mut Around<'_>,
    ) {
        self.publishing.publish(reference, body, life_s, a.now, a.fx);
    }

    /// The messages of the batch whose signature is awaited, as signed bytes.
    pub(in super::super) fn batch(&self, batch: u64) -> Option<&[Vec<u8>]> {
        self.publishing.batch(batch)
    }

    /// Asks for the next signature when there is something to sign.
    pub(super) fn sign_next(&mut self, a: &mut Around<'_>) {
        self.publish_ms = None;
        let Some(ready_ms) = self.publishing.ready_ms() else { return };
        if ready_ms > a.now.mono_ms {
            self.publish_ms = Some(ready_ms);
            return;
        }
        let free = self.talkers.own_places(&self.me, &self.limits, a.now.mono_ms);
        if free >= self.publishing.worth() {
            self.publishing.sign_next(self.logs.own(), free, a.now, a.fx);
        } else {
            self.publish_ms = Some(a.now.mono_ms + WAIT_MS);
        }
    }

    /// A signature came, or was refused.
    pub(in super::super) fn signed(&mut self, batch: u64, signature: Option<Signature>, a: &mut Around<'_>) {
        for (reference, message) in self.publishing.signed(batch, signature, a.fx) {
            if let Some(reference) = reference {
                a.fx.published(reference, message.id());
            }
            self.take_own(&message, a);
        }
    }

    fn take_own(&mut self, message: &Arc<Message>, a: &mut Around<'_>) {
        let (id, head) = (message.id(), *message.head());
        let ttl = self.settings.ttl.min(TTL_MAX) + 1;
        let whole = Whole { message: message.clone(), ttl, hops: 0, asked: 0 };
        if !self.remember(id, self.me, (head.timestamp, head.not_after), Some(whole), a.now) {
            return;
        }
        a.counters.published += 1;
        let tree = self.heard(&head.node_id, places(message.size()), a);
        a.fx.deliver(message.clone(), None);
        let row = SeenRow {
            message_id: id,
            not_after: head.not_after,
            timestamp: head.timestamp,
            sender_id: self.me,
        };
        Self::store(row, message.shared_frame(ttl, 0), a);
        self.push(Self::key_of(&id), tree, 0, a);
    }
}
