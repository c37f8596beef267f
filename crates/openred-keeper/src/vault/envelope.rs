//! Signing envelopes (PROTOCOL §2): only well-formed ones of the own identity, near the own clock, within
//! a rate. It must not know what they say.

use openred_core::envelope::Unsigned;

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
        if batch.len() > MAX_BATCH {
            return Err(malformed("too many envelopes in one batch"));
        }
        let drafts = batch.iter().map(|bytes| self.checked(now_ms, bytes)).collect::<Result<Vec<_>, _>>()?;
        self.rate.take(now_ms, batch.len() as u64)?;
        let signed = drafts.into_iter().map(|draft| {
            let verified = draft.sign(&self.signing);
            SignedEnvelope { message_id: verified.message_id(), canonical: verified.canonical().into() }
        });
        Ok(signed.collect())
    }

    /// At most 10 minutes ahead; at most 60 days old, so that what is unacknowledged can be signed again
    /// after a rotation under its message_id.
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
}
