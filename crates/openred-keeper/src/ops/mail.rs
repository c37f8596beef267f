//! Sealed mail to sign (PROTOCOL §5, Annex A.7).

use openred_core::ids::{DepositId, Id8, NodeId};
use openred_core::sign::Signature;
use serde::{Deserialize, Serialize};

use crate::blob::Blob;

/// One item that goes to one person by one queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailDraft {
    /// The recipient.
    pub to: NodeId,
    /// Deposit id of the queue.
    pub deposit_id: DepositId,
    /// The stream; 8 zero bytes for a receipt.
    pub stream: Id8,
    /// Place in the stream, from 1; 0 for a receipt.
    pub n: u64,
    /// Lowest place that is not acknowledged; 0 for a receipt.
    pub low: u64,
    /// Canonical signed envelope, own or forwarded, at most 60,000 bytes; none for a tombstone.
    pub envelope: Option<Blob>,
}

/// Signatures over mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailSigned {
    /// Entry of the own log whose key signed.
    pub log_seq: u32,
    /// In the order of the request.
    pub sigs: Vec<Signature>,
}
