//! Our own notes on a group: when its epochs began, by which mark each is known, and which own commit waits. Must not
//! know keys.

use std::time::UNIX_EPOCH;

use openmls::group::PastEpochDeletion;
use openmls::prelude::MlsGroup;
use openred_core::ids::{Hash, Id16};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::chat::{Mls, Open};
use crate::error::ChatError;
use crate::rows::RowsFailed;
use crate::storage::{Storage, ledger_key, mls_id};

/// Past epochs whose messages still open: a commit may overtake them.
pub const PAST_EPOCHS_MAX: usize = 5;
/// How long they do, seconds.
pub const PAST_EPOCH_S_MAX: u64 = 86_400;

/// First 8 bytes of SHA-256 of an epoch authenticator: equal marks, equal history.
pub(crate) type Mark = [u8; 8];

/// The notes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ledger {
    /// Past epochs whose keys are kept, and the present one last.
    epochs: Vec<Epoch>,
    /// The own commit that waits for its countersignature.
    pub(crate) pending: Option<Waiting>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Epoch {
    number: u64,
    began_s: u64,
    mark: Mark,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Waiting {
    pub(crate) epoch: u64,
    pub(crate) hash: [u8; 32],
}

impl Waiting {
    pub(crate) const fn hash(&self) -> Hash {
        Hash(self.hash)
    }
}

/// The mark of the epoch a group is in.
pub(crate) fn mark(group: &MlsGroup) -> Mark {
    let hash = Sha256::digest(group.epoch_authenticator().as_slice());
    let mut mark = Mark::default();
    mark.copy_from_slice(&hash[..8]);
    mark
}

impl Ledger {
    pub(crate) fn load(storage: &Storage<'_>, id: Id16) -> Result<Option<Self>, RowsFailed> {
        storage.get(&ledger_key(&mls_id(id))?)
    }

    pub(crate) fn save(&self, storage: &Storage<'_>, id: Id16) -> Result<(), RowsFailed> {
        storage.put(ledger_key(&mls_id(id))?, self)
    }

    /// The mark of an epoch whose keys are kept.
    pub(crate) fn mark(&self, epoch: u64) -> Option<Mark> {
        self.epochs.iter().find(|one| one.number == epoch).map(|one| one.mark)
    }

    /// How many past epochs are young enough, the youngest ones.
    fn young(&self, now_s: u64) -> usize {
        let ended = self.epochs.iter().skip(1).map(|next| next.began_s);
        ended.filter(|ended_s| now_s.saturating_sub(*ended_s) < PAST_EPOCH_S_MAX).count()
    }

    /// Forgets all past epochs but the last `past`.
    fn keep(&mut self, past: usize) {
        let gone = self.epochs.len().saturating_sub(past + 1);
        self.epochs.drain(..gone);
    }
}

impl Open {
    /// Notes that the group is in a new epoch. OpenMLS keeps the same number of past ones.
    pub(crate) fn entered(&mut self, mls: &Mls<'_>) -> Result<(), ChatError> {
        let number = self.group.epoch().as_u64();
        self.ledger.epochs.push(Epoch { number, began_s: mls.lent.now_s, mark: mark(&self.group) });
        self.ledger.keep(PAST_EPOCHS_MAX);
        self.ledger.pending = None;
        self.ledger.save(&mls.storage, self.id)?;
        Ok(())
    }

    /// Drops the keys of epochs that ended a day ago. OpenMLS would ask the system's clock for this, so that it is told
    /// a number instead.
    pub(crate) fn trim(&mut self, mls: &Mls<'_>) -> Result<bool, ChatError> {
        let young = self.ledger.young(mls.lent.now_s);
        if young + 1 >= self.ledger.epochs.len() {
            return Ok(false);
        }
        let keep = PastEpochDeletion::before_timestamp(UNIX_EPOCH).max_past_epochs(young);
        self.group.delete_past_epoch_secrets(mls, keep).map_err(ChatError::mls)?;
        self.ledger.keep(young);
        self.ledger.save(&mls.storage, self.id)?;
        Ok(true)
    }
}
