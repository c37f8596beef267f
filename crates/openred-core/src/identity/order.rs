//! First seen wins: how a log that arrives stands to the log that is held (PROTOCOL §1).
//!
//! Must not know which of two forks is the honest one; nothing here ever switches.

use super::{IdentityLog, LogError};

/// How another log stands to the held one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogOrder {
    /// The same entries.
    Same,
    /// It has all held entries and more: take it.
    Grown,
    /// It ends before the held one does: keep what is held.
    Older,
    /// A second valid entry for a held seq: keep what is held, keep the proof, show it.
    Fork {
        /// The first seq at which the logs differ.
        seq: u32,
        /// The other entry of that seq, verbatim: with the held entries before it, it proves the fork.
        entry: Vec<u8>,
    },
    /// It is another identity's log: refuse.
    Foreign,
}

impl IdentityLog {
    /// How `other` stands to this, the held log.
    #[must_use]
    pub fn compare(&self, other: &Self) -> LogOrder {
        if self.node_id != other.node_id {
            return LogOrder::Foreign;
        }
        let differing = self.links.iter().zip(&other.links).position(|(held, new)| held.hash != new.hash);
        match differing {
            Some(at) => LogOrder::Fork { seq: at as u32, entry: other.entries[at].clone() },
            None if other.links.len() > self.links.len() => LogOrder::Grown,
            None if other.links.len() < self.links.len() => LogOrder::Older,
            None => LogOrder::Same,
        }
    }

    /// Takes the entries of `other` that continue this log, and says how it stood before.
    ///
    /// Only [`LogOrder::Grown`] changes anything: held entries stay, with the signatures first seen.
    pub fn grow(&mut self, other: &Self) -> LogOrder {
        let order = self.compare(other);
        if order == LogOrder::Grown {
            let held = self.links.len();
            self.entries.extend_from_slice(&other.entries[held..]);
            self.links.extend_from_slice(&other.links[held..]);
        }
        order
    }

    /// Checks a fork's proof from elsewhere: `entry` is a second valid entry for the held `seq`.
    ///
    /// `Ok(false)`: the entry is valid, but it is the held one, or nothing is held for its seq.
    ///
    /// # Errors
    /// As [`LogError`] says: the entry proves nothing.
    pub fn proves_fork(&self, seq: u32, entry: &[u8]) -> Result<bool, LogError> {
        let at = usize::try_from(seq).unwrap_or(usize::MAX);
        let Some(before) = self.entries.get(..at) else { return Ok(false) };
        let mut entries = before.to_vec();
        entries.push(entry.to_vec());
        let other = Self::parse(&entries)?;
        Ok(matches!(self.compare(&other), LogOrder::Fork { .. }))
    }
}
