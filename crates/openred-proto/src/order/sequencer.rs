//! The countersigning side: the first commit of an epoch wins, and who asks again gets the same answer.
//!
//! Must not know: members, commits, keys, who asks. The driver keeps one [`Sequencer`] per group in a row, writes the
//! changed row durably, and only then signs [`to_sign`] under `openred/mls-order`.

use std::collections::BTreeMap;

use openred_core::ids::{Hash, Id16};
use serde::{Deserialize, Serialize};

use super::bounds::EPOCHS_MAX;
use super::faults::planted;

/// The epoch lies so far back that its answer is forgotten: ask another sequencer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the epoch is over")]
pub struct Gone;

/// What a sequencer signs: `group[16] ‖ epoch:u64 ‖ hash`, 56 bytes.
#[must_use]
pub fn to_sign(group: &Id16, epoch: u64, commit: &Hash) -> Vec<u8> {
    [group.as_ref(), &epoch.to_be_bytes(), commit.as_ref()].concat()
}

/// What a node or relay ordered in one group: the highest 64 epochs. The driver forgets a group of which it heard
/// nothing for `bounds::GROUP_SECS` and refuses new groups beyond `bounds::GROUPS_MAX`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequencer {
    /// Epochs below were forgotten.
    floor: u64,
    epochs: BTreeMap<u64, Hash>,
}

impl Sequencer {
    /// The commit of this epoch: `commit`, or the one that came before it.
    ///
    /// # Errors
    /// [`Gone`]: the asker goes on to the next sequencer.
    pub fn order(&mut self, epoch: u64, commit: Hash) -> Result<Hash, Gone> {
        if epoch < self.floor {
            return Err(Gone);
        }
        if planted("last-wins") {
            self.epochs.insert(epoch, commit);
        }
        let winner = *self.epochs.entry(epoch).or_insert(commit);
        while self.epochs.len() > EPOCHS_MAX {
            self.floor = self.epochs.pop_first().map_or(self.floor, |(lowest, _)| lowest + 1);
        }
        if epoch < self.floor { Err(Gone) } else { Ok(winner) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(n: u8) -> Hash {
        Hash([n; 32])
    }

    #[test]
    fn the_first_commit_of_an_epoch_wins() {
        let mut sequencer = Sequencer::default();
        assert_eq!(sequencer.order(3, commit(1)), Ok(commit(1)), "the first wins");
        assert_eq!(sequencer.order(3, commit(2)), Ok(commit(1)), "the second is told who won");
        assert_eq!(sequencer.order(3, commit(1)), Ok(commit(1)), "who asks again gets the same answer");
        assert_eq!(sequencer.order(4, commit(2)), Ok(commit(2)), "another epoch is another question");
    }

    #[test]
    fn what_is_forgotten_is_never_ordered_anew() {
        let mut sequencer = Sequencer::default();
        for epoch in 0..=EPOCHS_MAX as u64 {
            sequencer.order(epoch, commit(1)).unwrap();
        }
        assert_eq!(sequencer.order(0, commit(2)), Err(Gone));
        assert_eq!(sequencer.order(1, commit(2)), Ok(commit(1)), "the rest is known");
    }

    #[test]
    fn the_state_is_a_row() {
        let mut sequencer = Sequencer::default();
        sequencer.order(9, commit(1)).unwrap();
        let bytes = serde_json::to_vec(&sequencer).unwrap();
        assert_eq!(serde_json::from_slice::<Sequencer>(&bytes).unwrap(), sequencer);
        assert_eq!(to_sign(&Id16([7; 16]), 9, &commit(1)).len(), 56);
    }
}
