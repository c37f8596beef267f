//! Signing envelopes (PROTOCOL §2): only well-formed ones of the own identity, near the own clock, within
//! a rate; and of any age what an earlier key of the identity has signed. It must not know what they say.

use openred_core::envelope::{Envelope, Unsigned};

use super::malformed;
use super::opened::Opened;
use crate::blob::Blob;
use crate::ops::{AHEAD_MS, MAX_AGE_MS, MAX_BATCH, Refusal, SignedEnvelope};

impl Opened {
    /// Signs all of a batch, or none.
    pub(super) fn sign_envelopes(
        &mut self,
        now_ms: u64,
        batch: &[Blob],
    ) -> Result<Vec<SignedEnvelope>, Refusal> {
        self.sign_all(now_ms, batch, |opened, bytes| opened.checked(now_ms, bytes))
    }

    /// Signs all of a batch again, or none.
    pub(super) fn sign_again(&mut self, now_ms: u64, batch: &[Blob]) -> Result<Vec<SignedEnvelope>, Refusal> {
        self.sign_all(now_ms, batch, Self::signed_before)
    }

    fn sign_all(
        &mut self,
        now_ms: u64,
        batch: &[Blob],
        check: impl Fn(&Self, &[u8]) -> Result<Unsigned, Refusal>,
    ) -> Result<Vec<SignedEnvelope>, Refusal> {
        if batch.len() > MAX_BATCH {
            return Err(malformed("too many envelopes in one batch"));
        }
        let drafts = batch.iter().map(|bytes| check(self, bytes)).collect::<Result<Vec<_>, _>>()?;
        self.rate.take(now_ms, batch.len() as u64)?;
        let signed = drafts.into_iter().map(|draft| {
            let verified = draft.sign(&self.signing);
            SignedEnvelope { message_id: verified.message_id(), canonical: verified.canonical().into() }
        });
        Ok(signed.collect())
    }

    /// At most 10 minutes ahead; at most 60 days old.
    fn checked(&self, now_ms: u64, bytes: &[u8]) -> Result<Unsigned, Refusal> {
        let draft = Unsigned::parse(bytes).map_err(malformed)?;
        let envelope = draft.envelope();
        if envelope.from.node_id != self.node_id() {
            return Err(Refusal::NotOwn);
        }
        let ahead = envelope.timestamp_ms > now_ms.saturating_add(AHEAD_MS);
        let old = envelope.timestamp_ms.saturating_add(MAX_AGE_MS) < now_ms;
        if ahead || old { Err(Refusal::Time) } else { Ok(draft) }
    }

    /// What any signing key of the own log has signed: its age does not matter, nothing new is said.
    fn signed_before(&self, bytes: &[u8]) -> Result<Unsigned, Refusal> {
        let held = Envelope::parse(bytes).map_err(malformed)?;
        if held.envelope().from.node_id != self.node_id() {
            return Err(Refusal::NotOwn);
        }
        let keys = (0..=self.log.head_seq()).rev().filter_map(|seq| self.log.key_at(seq));
        let verified = keys.into_iter().find_map(|key| held.clone().verify(key).ok());
        let verified = verified.ok_or(Refusal::NotOwn)?;
        Unsigned::parse(verified.to_sign()).map_err(malformed)
    }
}
