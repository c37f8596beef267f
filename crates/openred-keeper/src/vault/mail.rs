//! Signing sealed mail (PROTOCOL §5): items that can be, with envelopes that are well-formed. It must not know relays.

use openred_core::envelope::Envelope;
use openred_core::frame::{Item, ItemKind};
use openred_core::mail::{Destination, Mail};

use super::malformed;
use super::opened::Opened;
use crate::blob::Blob;
use crate::ops::{MAX_BATCH, MailDraft, MailSigned, Refusal};

impl Opened {
    /// Signs all of a batch, or none.
    pub(super) fn sign_mail(&mut self, now_ms: u64, batch: Vec<MailDraft>) -> Result<MailSigned, Refusal> {
        if batch.len() > MAX_BATCH {
            return Err(malformed("too much mail in one batch"));
        }
        let count = batch.len() as u64;
        let items = batch.into_iter().map(item).collect::<Result<Vec<_>, _>>()?;
        self.rate.take(now_ms, count)?;
        let sender = (self.node_id(), self.log.head_seq());
        let sign = |(to, item): (Destination, Item)| {
            Mail::sign(&self.signing, sender, &to, item).map(|mail| mail.sig).map_err(malformed)
        };
        let sigs = items.into_iter().map(sign).collect::<Result<_, _>>()?;
        Ok(MailSigned { log_seq: sender.1, sigs })
    }
}

fn item(draft: MailDraft) -> Result<(Destination, Item), Refusal> {
    let MailDraft { to, deposit_id, stream, n, low, envelope } = draft;
    if let Some(envelope) = &envelope {
        Envelope::parse(envelope).map_err(malformed)?;
    }
    let kind = if envelope.is_some() { ItemKind::Envelope } else { ItemKind::Tombstone };
    let body = envelope.map_or_else(Vec::new, |Blob(bytes)| bytes);
    Ok((Destination { to, deposit_id }, Item { stream, n, low, kind, body }))
}
