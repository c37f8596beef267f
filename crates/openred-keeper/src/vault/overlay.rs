//! Signing for the overlay (PROTOCOL §6): the whole messages are parsed, the bytes that are signed are made here. It
//! must not know where messages go.

use openred_core::overlay::{Body, Bundle, Head, Message};
use openred_core::sign::Signature;

use super::malformed;
use super::opened::Opened;
use crate::blob::Blob;
use crate::ops::{AHEAD_MS, Refusal};

impl Opened {
    /// Signs one message alone, or several as a bundle: all of the own id, under the newest key of the own log, made
    /// within ten minutes.
    pub(super) fn sign_overlay(&mut self, now_ms: u64, messages: Vec<Blob>) -> Result<Signature, Refusal> {
        let bundle =
            Bundle::of(messages.into_iter().map(|one| one.0).collect()).map_err(|e| malformed(e.0))?;
        // The proofs are not used: this only reads the messages as a neighbour would.
        let read = bundle.clone().sign(Signature([0; 64]));
        for message in &read {
            self.check_message(now_ms, message)?;
        }
        self.rate.take(now_ms, 1)?;
        let (label, bytes) = bundle.to_sign();
        Ok(self.signing.sign(label, &bytes))
    }

    fn check_message(&mut self, now_ms: u64, message: &Message) -> Result<(), Refusal> {
        let head: &Head = message.head();
        if head.node_id != self.node_id() {
            return Err(Refusal::NotOwn);
        }
        if head.log_seq != self.log.head_seq() || head.signing_key != *self.log.current_key().as_bytes() {
            return Err(Refusal::Stale);
        }
        let made_ms = head.timestamp.saturating_mul(1_000);
        if made_ms > now_ms.saturating_add(AHEAD_MS) || made_ms.saturating_add(AHEAD_MS) < now_ms {
            return Err(Refusal::Time);
        }
        match message.body().map_err(|e| malformed(e.0))? {
            Body::PeerAnnouncement(descriptor) => self.own_descriptor(&descriptor).map(drop),
            _ => Ok(()),
        }
    }
}
