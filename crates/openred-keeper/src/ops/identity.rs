//! Status, creation and unlocking.

use openred_core::ids::NodeId;
use serde::{Deserialize, Serialize};

use super::PublicIdentity;
use crate::blob::Blob;
use crate::memory::Guard;
use crate::sandbox::Sandbox;
use crate::secret::Secret;

/// How the keeper is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Empty, locked, damaged or unlocked.
    pub state: VaultState,
    /// How far the process is shut in; in process there is none.
    pub sandbox: Sandbox,
    /// Bytes of memory locked against swapping, 0 for none.
    pub locked_bytes: u64,
    /// Whether freed memory is wiped.
    pub wipes: bool,
    /// Handshakes under way.
    pub handshakes: u32,
    /// Process id of the keeper, 0 in process.
    pub process: u32,
}

impl Status {
    pub(crate) fn set_guard(&mut self, guard: Guard) {
        self.locked_bytes = guard.locked_bytes as u64;
        self.wipes = guard.installed;
    }
}

/// What the keeper holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum VaultState {
    /// No key file: only `Create` does something.
    Empty,
    /// A key file, not opened.
    Locked,
    /// Something that is no key file of ours: restore a copy; nothing is created over it.
    Damaged,
    /// Opened.
    Unlocked {
        /// Who.
        node_id: NodeId,
        /// Whether the recovery words were confirmed.
        recovery_confirmed: bool,
    },
}

/// A new or rotated identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    /// Id and log.
    pub identity: PublicIdentity,
    /// Key file to write first: nothing of the identity may be shown before it is safe on disk.
    pub key_file: Blob,
    /// Sealed key state to store.
    pub state: Blob,
}

/// Opens the key file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Unlock {
    /// By which secret.
    pub with: UnlockWith,
    /// The newest key state that was stored; none makes a new incarnation.
    pub state: Option<Blob>,
    /// The last entry in the audit log's file, none when it is empty.
    pub audit_tail: Option<Blob>,
}

/// A secret that opens a slot.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum UnlockWith {
    /// The passphrase. Wrong ones slow down further passphrases.
    Passphrase(Secret),
    /// The 24 recovery words; never slowed down.
    Words(Secret),
    /// A systemd credential; never slowed down.
    Credential(Secret),
}

/// An opened key file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unlocked {
    /// Id and log.
    pub identity: PublicIdentity,
    /// Key state to store, when a new one had to be made.
    pub new_state: Option<Blob>,
    /// Whether the audit log's file ends before the head signed into the key file: entries were lost or
    /// an older copy was put back.
    pub audit_rewound: bool,
    /// Wrong passphrases since the last unlock of this process.
    pub wrong_attempts: u32,
}
