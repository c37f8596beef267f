//! Own messages on their way to a signature. While one is being made, what comes gathers; so a busy origin signs
//! bundles and a quiet one single messages, without a timer.
//!
//! Must not know: the key, what happens to a signed message.

use std::collections::VecDeque;
use std::sync::Arc;

use openred_core::{
    identity::IdentityLog,
    overlay::{BUNDLE_MAX, Body, Bundle, Draft, Head, LIFE_MAX_S, Message},
    sign::Signature,
};

use super::bounds::PENDING_MAX;
use crate::{now::Now, overlay::effect::Effects};

#[derive(Debug)]
struct Pending {
    /// `None`: the overlay's own, nobody is told.
    reference: Option<u64>,
    body: Body,
    life_s: u64,
}

#[derive(Debug)]
struct Out {
    batch: u64,
    references: Vec<Option<u64>>,
    bundle: Bundle,
    /// What is signed: the messages themselves, so that the keeper can read them.
    drafts: Vec<Vec<u8>>,
}

#[derive(Debug, Default)]
pub(super) struct Publishing {
    pending: VecDeque<Pending>,
    out: Option<Out>,
    batches: u64,
}

impl Publishing {
    pub(super) fn publish(&mut self, reference: Option<u64>, body: Body, life_s: u64, fx: &mut Effects) {
        if self.pending.len() >= PENDING_MAX {
            return refuse(reference, "full", fx);
        }
        self.pending.push_back(Pending { reference, body, life_s: life_s.min(LIFE_MAX_S) });
    }

    /// Whether something waits and no signature is being made.
    pub(super) fn is_ready(&self) -> bool {
        self.out.is_none() && !self.pending.is_empty()
    }

    /// Asks for the signature of the next `max` messages.
    pub(super) fn sign_next(&mut self, log: &IdentityLog, max: usize, now: Now, fx: &mut Effects) {
        let (mut references, mut drafts) = (Vec::new(), Vec::new());
        while drafts.len() < max.min(BUNDLE_MAX) {
            let Some(pending) = self.pending.pop_front() else { break };
            match draft(log, pending.body, pending.life_s, now) {
                Some(bytes) => {
                    references.push(pending.reference);
                    drafts.push(bytes);
                }
                None => refuse(pending.reference, "body", fx),
            }
        }
        let Ok(bundle) = Bundle::of(drafts.clone()) else { return };
        self.batches += 1;
        let (label, bytes) = bundle.to_sign();
        fx.sign(self.batches, label, bytes);
        self.out = Some(Out { batch: self.batches, references, bundle, drafts });
    }

    /// The messages of the batch whose signature is awaited.
    pub(super) fn batch(&self, batch: u64) -> Option<&[Vec<u8>]> {
        self.out.as_ref().filter(|out| out.batch == batch).map(|out| out.drafts.as_slice())
    }

    /// The signature is there, or refused: the messages with their references.
    pub(super) fn signed(
        &mut self,
        batch: u64,
        signature: Option<Signature>,
        fx: &mut Effects,
    ) -> Vec<(Option<u64>, Arc<Message>)> {
        let Some(out) = self.out.take_if(|out| out.batch == batch) else { return Vec::new() };
        let Some(signature) = signature else {
            out.references.into_iter().for_each(|reference| refuse(reference, "unsigned", fx));
            return Vec::new();
        };
        out.references.into_iter().zip(out.bundle.sign(signature)).collect()
    }
}

fn refuse(reference: Option<u64>, why: &'static str, fx: &mut Effects) {
    if let Some(reference) = reference {
        fx.refused(reference, why);
    }
}

fn draft(log: &IdentityLog, body: Body, life_s: u64, now: Now) -> Option<Vec<u8>> {
    let head = Head {
        kind: body.kind(),
        node_id: log.node_id(),
        log_seq: log.head_seq(),
        signing_key: *log.current_key().as_bytes(),
        timestamp: now.secs(),
        not_after: now.secs().saturating_add(life_s),
    };
    Draft { head, body }.signed_bytes().ok()
}
