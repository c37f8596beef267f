//! The binary bodies and frames of a relay (Annex A.10): batches, answers to a fetch, frames of a stream.
//!
//! Both ends read them here. Must not know: queues, HTTP, who may what.

mod batch;
mod frame;

pub(crate) use batch::{BATCH_HEAD, MAIL_HEAD, read_batch, read_mail, write_deposit, write_mail};
pub(crate) use frame::{Frame, Frames, MAIL_ROOM, write_frame};

use bytes::Bytes;
use openred_core::ids::{ClientId, DepositId};

use crate::mailbox::CapMac;

/// A deposit as it is offered: nothing of it is checked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    /// Address of the mailbox.
    pub(crate) deposit_id: DepositId,
    /// The depositor's name of it.
    pub(crate) client_id: ClientId,
    /// The proof of the depositor.
    pub(crate) mac: CapMac,
    /// Sealed mail.
    pub(crate) content: Bytes,
}

/// Bytes that are none of these. The call is answered 400 `malformed`, the stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the bytes of a relay")]
pub(crate) struct Unreadable;
