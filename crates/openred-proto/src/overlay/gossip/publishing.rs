//! Own messages on their way to a signature. While one is being made, and a moment longer, what comes gathers; so a busy
//! origin signs bundles, which cost everybody one check each, and a quiet one single messages without waiting. Who has
//! lately signed again and again is busy: its next message waits a moment for others.
//!
//! Must not know: the key, what happens to a signed message.

use std::collections::VecDeque;
use std::sync::Arc;

use openred_core::{
    identity::IdentityLog,
    overlay::{BUNDLE_MAX, Body, Bundle, Draft, Head, LIFE_MAX_S, Message},
    sign::Signature,
};

use super::{bounds::PENDING_MAX, taking::places};
use crate::{now::Now, overlay::effect::Effects};

/// From one signature to the next there is so much time, unless enough for a bundle waits (DESIGN §7).
const GATHER_MS: u64 = 4;
/// What is enough.
const GATHERED: usize = 8;
/// Bytes that the proof of a message and its frame add at most: eight hashes, a signature, the rest.
const PROOF_MAX: usize = 384;
/// So many signatures within [`BUSY_MS`] make an origin busy.
const BUSY: usize = 4;
/// See [`BUSY`].
const BUSY_MS: u64 = 1_000;

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
    /// When what waits longest came (monotonic ms).
    since_ms: u64,
    /// When the last signatures were asked for (monotonic ms), oldest first.
    asked_ms: VecDeque<u64>,
}

impl Publishing {
    pub(super) fn publish(
        &mut self,
        reference: Option<u64>,
        body: Body,
        life_s: u64,
        now: Now,
        fx: &mut Effects,
    ) {
        if self.pending.len() >= PENDING_MAX {
            return refuse(reference, "full", fx);
        }
        if self.pending.is_empty() {
            self.since_ms = now.mono_ms;
        }
        self.pending.push_back(Pending { reference, body, life_s: life_s.min(LIFE_MAX_S) });
    }

    /// From when on the next signature may be asked for (monotonic ms). `None`: nothing waits, or one is being made.
    pub(super) fn ready_ms(&self) -> Option<u64> {
        if self.out.is_some() || self.pending.is_empty() {
            return None;
        }
        if self.pending.len() >= GATHERED {
            return Some(0);
        }
        let first = self.asked_ms.front().filter(|_| self.asked_ms.len() >= BUSY);
        let is_busy = first.is_some_and(|first| first + BUSY_MS > self.since_ms);
        let after_last = self.asked_ms.back().map_or(0, |asked| asked + GATHER_MS);
        Some(if is_busy { after_last.max(self.since_ms + GATHER_MS) } else { after_last })
    }

    /// Places of the budget for which a signature is worth its while.
    pub(super) fn worth(&self) -> u64 {
        self.pending.len().min(GATHERED) as u64
    }

    /// Asks for the signature of the next messages, as many as `free` places are enough for, and one at least.
    pub(super) fn sign_next(&mut self, log: &IdentityLog, mut free: u64, now: Now, fx: &mut Effects) {
        let (mut references, mut drafts) = (Vec::new(), Vec::new());
        while drafts.len() < BUNDLE_MAX && (free > 0 || drafts.is_empty()) {
            let Some(pending) = self.pending.pop_front() else { break };
            match draft(log, pending.body, pending.life_s, now) {
                Some(bytes) => {
                    free = free.saturating_sub(places(bytes.len() + PROOF_MAX));
                    references.push(pending.reference);
                    drafts.push(bytes);
                }
                None => refuse(pending.reference, "body", fx),
            }
        }
        let Ok(bundle) = Bundle::of(drafts.clone()) else { return };
        self.batches += 1;
        self.since_ms = now.mono_ms;
        self.asked_ms.push_back(now.mono_ms);
        if self.asked_ms.len() > BUSY {
            self.asked_ms.pop_front();
        }
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
