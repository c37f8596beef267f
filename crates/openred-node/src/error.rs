//! Why the node refuses something: one enum for all rules, mapped to RFC 9457 problems at the HTTP edge.

use openred_core::payload::PayloadError;
use openred_service::database::DbError;

use crate::{
    modules::contacts::store::StoreError,
    seal::{Locked, SealBroken},
};

/// A refusal or a failure. Codes are those of the owner's API and of PROTOCOL Annex A.0.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// Log in first.
    #[error("the node is locked: log in to open it")]
    Locked,
    /// No identity yet.
    #[error("this node is not set up yet")]
    NotSetUp,
    /// Log in first (browser or API client).
    #[error("log in first")]
    LoginRequired,
    /// Not the passphrase.
    #[error("that is not the passphrase")]
    WrongPassphrase,
    /// No such thing, or not for the caller to know.
    #[error("{0} is not known here")]
    Unknown(&'static str),
    /// A rule says no; the text says which.
    #[error("{0}")]
    Refused(&'static str),
    /// A field is not what it must be.
    #[error("{detail}")]
    Invalid {
        /// The field's name.
        field: &'static str,
        /// What it must be.
        detail: String,
    },
    /// It changed meanwhile, or exists already.
    #[error("{0}")]
    Conflict(&'static str),
    /// It was there and is not any more.
    #[error("{0}")]
    Gone(&'static str),
    /// Too many of these; come back after so many seconds.
    #[error("too many of these: try again in {0} s")]
    SlowDown(u64),
    /// The body is over the limit.
    #[error("{0}")]
    TooLarge(&'static str),
    /// Another node or directory did not answer as it should; the text says what happened.
    #[error("{0}")]
    Peer(String),
    /// Item `n` of a stream is refused: nothing of it was done. Internal to the inbox.
    #[error("item {n} refused: {code}")]
    ItemRefused {
        /// Place in the stream.
        n: u64,
        /// Stable code for the sender.
        code: &'static str,
    },
    /// The database.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A sealed value does not open.
    #[error(transparent)]
    Sealed(#[from] SealBroken),
    /// The keeper failed or is being restarted.
    #[error("the keeper is not available: {0}")]
    Keeper(String),
    /// Something that must not happen; logged, never shown.
    #[error("internal: {0}")]
    Internal(String),
}

impl NodeError {
    /// A field error.
    pub fn invalid(field: &'static str, detail: impl Into<String>) -> Self {
        Self::Invalid { field, detail: detail.into() }
    }
}

impl From<Locked> for NodeError {
    fn from(_: Locked) -> Self {
        Self::Locked
    }
}

impl From<getrandom::Error> for NodeError {
    fn from(error: getrandom::Error) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<StoreError> for NodeError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Database(e) => Self::Database(e),
            StoreError::Sealed(e) => Self::Sealed(e),
        }
    }
}

impl From<PayloadError> for NodeError {
    fn from(error: PayloadError) -> Self {
        Self::invalid("payload", error.to_string())
    }
}
