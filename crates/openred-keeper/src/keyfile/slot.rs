//! One way to unlock: the master key sealed under a key made from a secret. It must not know the body.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{KdfCost, KeyFileError};
use crate::seal::{self, MasterKey};

/// Which secret opens a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SlotKind {
    /// A passphrase, by Argon2id.
    Passphrase,
    /// The 32 bytes behind the recovery words, by HKDF.
    Words,
    /// A systemd credential or another random key of at least 16 bytes, by HKDF.
    Credential,
}

impl SlotKind {
    const fn purpose(self) -> &'static str {
        match self {
            Self::Passphrase => "slot-passphrase",
            Self::Words => "slot-words",
            Self::Credential => "slot-credential",
        }
    }
}

/// A slot as it lies in the file. Nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Slot {
    kind: SlotKind,
    cost: Option<KdfCost>,
    salt: [u8; 16],
    sealed: Vec<u8>,
}

impl Slot {
    /// A slot that opens with `secret`; `cost` is used for passphrases only.
    pub(crate) fn new(
        kind: SlotKind,
        cost: KdfCost,
        secret: &[u8],
        master: &MasterKey,
    ) -> Result<Self, KeyFileError> {
        let cost = (kind == SlotKind::Passphrase).then_some(cost);
        if cost.is_some_and(|cost| !cost.is_within_bounds()) {
            return Err(KeyFileError::Malformed);
        }
        let salt = *seal::random::<16>().ok_or(KeyFileError::Resources)?;
        let mut slot = Self { kind, cost, salt, sealed: Vec::new() };
        let key = slot.key(secret)?;
        slot.sealed =
            seal::seal(&key, kind.purpose(), &[], master.expose()).ok_or(KeyFileError::Resources)?;
        Ok(slot)
    }

    pub(crate) const fn kind(&self) -> SlotKind {
        self.kind
    }

    /// The cost of the passphrase, none for other slots.
    pub(crate) const fn cost(&self) -> Option<KdfCost> {
        self.cost
    }

    /// The master key, or none when the secret is another one.
    pub(super) fn open(&self, secret: &[u8]) -> Result<Option<MasterKey>, KeyFileError> {
        let key = self.key(secret)?;
        let master = seal::open(&key, self.kind.purpose(), &[], &self.sealed);
        Ok(master.and_then(|bytes| MasterKey::from_slice(&bytes)))
    }

    pub(super) fn is_within_bounds(&self) -> bool {
        let cost_fits = match self.kind {
            SlotKind::Passphrase => self.cost.is_some_and(KdfCost::is_within_bounds),
            SlotKind::Words | SlotKind::Credential => self.cost.is_none(),
        };
        cost_fits && self.sealed.len() == seal::OVERHEAD + 32
    }

    fn key(&self, secret: &[u8]) -> Result<MasterKey, KeyFileError> {
        let key: Zeroizing<[u8; 32]> = match self.cost {
            Some(cost) => cost.derive(secret, &self.salt)?,
            None => seal::hkdf(secret, &self.salt, "openred-keeper/slot"),
        };
        Ok(MasterKey::new(key))
    }
}
