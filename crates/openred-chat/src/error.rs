//! Why something about a conversation did not happen. Nothing was changed then.

use openmls::framing::errors::MessageDecryptionError;
use openmls::group::{ProcessMessageError, ValidationError};

use crate::leaf::{Checked, LeafRefusal};
use crate::rows::{Cause, RowsFailed};

/// Why a call was refused. A call that fails has changed no row.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// The store of the caller failed.
    #[error("the rows of conversations: {0}")]
    Rows(Cause),
    /// Who signs refused: the node is locked, or the keeper is gone. Try again later.
    #[error("signing for a conversation: {0}")]
    Signing(Cause),
    /// The identity logs of the caller could not be read.
    #[error("reading an identity log: {0}")]
    Logs(Cause),
    /// The rows do not hold what this crate has written. Make the group anew.
    #[error("the rows of a conversation are damaged")]
    Damaged,
    /// No group of this id, or one that this node was removed from.
    #[error("no such conversation")]
    NoGroup,
    /// A group of this id is there already.
    #[error("there is such a conversation already")]
    Exists,
    /// Bytes that are no message of this kind, or beyond a bound.
    #[error("malformed: {0}")]
    Malformed(&'static str),
    /// From an epoch that this node has not reached: keep it until the commit in between is there.
    #[error("a message from epoch {epoch}, ahead of ours")]
    Ahead {
        /// The message's epoch.
        epoch: u64,
    },
    /// From an epoch whose keys are gone: it stays closed, and who sent it should send it again.
    #[error("a message from epoch {epoch}, whose keys are gone")]
    Past {
        /// The message's epoch.
        epoch: u64,
    },
    /// From an epoch of the same number that began otherwise: exchange commits, re-add a minority or make the group
    /// anew.
    #[error("a message from another branch of epoch {epoch}")]
    Forked {
        /// The message's epoch.
        epoch: u64,
    },
    /// Opened once already, or so old that its key is gone.
    #[error("a message that was opened before")]
    Replayed,
    /// One of this installation's own messages, come back.
    #[error("an own message")]
    Own,
    /// It does not open, or its signature is wrong.
    #[error("a message that does not open")]
    Unreadable,
    /// A leaf that this brings is refused.
    #[error(transparent)]
    Leaf(#[from] LeafRefusal),
    /// Who sent it may not do this, by the group's settings.
    #[error("not allowed: {0}")]
    NotAllowed(&'static str),
    /// An own commit waits for its countersignature. Confirm or clear it first.
    #[error("an own commit is pending")]
    Pending,
    /// No own commit waits.
    #[error("no own commit is pending")]
    NothingPending,
    /// The own leaf in this group has another key than the keeper's now: have a member re-add this installation.
    #[error("the own leaf of this group was replaced")]
    LeafReplaced,
    /// An invitation for none of the key packages that are kept here: ask for another.
    #[error("an invitation for none of our key packages")]
    NotForUs,
    /// What OpenMLS says, for the log of the node.
    #[error("refused by the rules of MLS: {0}")]
    Mls(String),
}

impl ChatError {
    /// An error of OpenMLS without a name of its own here.
    pub(crate) fn mls(error: impl std::fmt::Display) -> Self {
        Self::Mls(error.to_string())
    }
}

impl From<RowsFailed> for ChatError {
    fn from(_: RowsFailed) -> Self {
        Self::Damaged
    }
}

impl From<Checked> for ChatError {
    fn from(checked: Checked) -> Self {
        match checked {
            Checked::Refused(refusal) => Self::Leaf(refusal),
            Checked::Logs(cause) => Self::Logs(cause),
        }
    }
}

impl From<ProcessMessageError<RowsFailed>> for ChatError {
    fn from(error: ProcessMessageError<RowsFailed>) -> Self {
        match error {
            ProcessMessageError::StorageError(failed) => failed.into(),
            ProcessMessageError::ValidationError(ValidationError::UnableToDecrypt(error)) => {
                unreadable(&error)
            }
            ProcessMessageError::ValidationError(
                ValidationError::InvalidSignature | ValidationError::UnknownMember,
            ) => Self::Unreadable,
            other => Self::mls(other),
        }
    }
}

fn unreadable(error: &MessageDecryptionError) -> ChatError {
    match error {
        // OpenMLS keeps this type to itself; tests hold the names.
        MessageDecryptionError::SecretTreeError(error)
            if matches!(format!("{error:?}").as_str(), "SecretReuseError" | "TooDistantInThePast") =>
        {
            ChatError::Replayed
        }
        _ => ChatError::Unreadable,
    }
}
