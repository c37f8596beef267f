//! Entries of the audit log and what a check of them finds.

use openred_core::ids::NodeId;
use serde::{Deserialize, Serialize};

use crate::blob::Blob;

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AuditKind {
    /// Identity made, rotated, restored; words confirmed; passphrase changed; a person's question confirmed by hand, or
    /// their safety number compared.
    Identity,
    /// A grant was opened or refused.
    Grant,
    /// Tokens were matched or did not match.
    Token,
    /// Somebody logged in or failed to.
    Login,
    /// Unlocked, locked, wrong passphrases.
    Unlock,
    /// A session was established.
    Session,
}

/// An entry to be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// What it is about.
    pub kind: AuditKind,
    /// The other node, kept as a keyed hash only.
    pub peer: Option<NodeId>,
    /// One sentence without secrets, cut at 200 characters.
    pub text: String,
}

/// An entry, opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Number, from 1.
    pub number: u64,
    /// The keeper's clock, unix milliseconds.
    pub at_ms: u64,
    /// What it is about.
    pub kind: AuditKind,
    /// Keyed hash of the other node's id, equal for equal nodes.
    pub peer: Option<[u8; 16]>,
    /// The sentence.
    pub text: String,
}

/// A run of entries to open and check. Call again with the report's `next` until all were given.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AuditVerify {
    /// Where the run before ended: number and hash of its last entry; none at the start of the log.
    pub after: Option<(u64, [u8; 32])>,
    /// Sealed entries in the order of the file.
    pub entries: Vec<Blob>,
    /// Whether the log ends here: only then a missing end is reported.
    pub last: bool,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditReport {
    /// The entries that open, in order.
    pub entries: Vec<AuditEntry>,
    /// What is wrong; empty when all is well.
    pub findings: Vec<AuditFinding>,
    /// For the next run's `after`.
    pub next: Option<(u64, [u8; 32])>,
}

/// Something wrong with the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AuditFinding {
    /// The entry at this place of the run does not open or its signature is wrong.
    Damaged {
        /// Index in the run.
        index: u32,
    },
    /// Entries are missing, or were put in another order, before this one.
    Gap {
        /// The number that was due.
        expected: u64,
        /// The number that came.
        found: u64,
    },
    /// The entry does not follow from the one before it.
    Chain {
        /// Its number.
        number: u64,
    },
    /// The log ends before the head that the keeper knows: it was cut or an older copy was put back.
    Rewound {
        /// Number of the last entry that must be there.
        expected: u64,
        /// Number of the last one that is.
        found: u64,
    },
}
