//! What was here before, so that no signed call counts twice: bounded, forgotten after a while, not durable. Knows bytes;
//! must not know what the calls are for, and any clock.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher as _, RandomState};

/// Calls are forgotten by the slice of time in which they came, so many to the time that they are kept.
const SLICES: u64 = 20;

/// Why a call does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotFirst {
    /// It was here already.
    #[error("it was here already")]
    Seen,
    /// The memory is full: none is believed to be new.
    #[error("the memory of calls is full")]
    Full,
}

/// Names of calls, eight bytes of a keyed hash each.
#[derive(Debug)]
pub struct Seen {
    slices: VecDeque<Slice>,
    hasher: RandomState,
    len: usize,
    calls_max: usize,
    kept_ms: u64,
}

#[derive(Debug)]
struct Slice {
    began_ms: u64,
    calls: HashSet<u64>,
}

impl Seen {
    /// A memory of at most `calls_max` calls, each for at least `kept_ms` ms and a twentieth longer at most.
    #[must_use]
    pub fn new(calls_max: usize, kept_ms: u64) -> Self {
        Self { slices: VecDeque::new(), hasher: RandomState::new(), len: 0, calls_max, kept_ms }
    }

    /// Remembers the call `name` of `signer`; to be called after its signature was found good. `now_ms` is best a clock
    /// that nobody sets; while one goes back nothing is forgotten.
    ///
    /// # Errors
    /// [`NotFirst`].
    pub fn first_time(&mut self, now_ms: u64, signer: &[u8; 32], name: &[u8; 16]) -> Result<(), NotFirst> {
        self.trim(now_ms);
        // The signer is part of the hash, so nobody can make a call of another's look seen.
        let call = self.hasher.hash_one((signer, name));
        if self.slices.iter().any(|slice| slice.calls.contains(&call)) {
            return Err(NotFirst::Seen);
        }
        if self.len >= self.calls_max {
            return Err(NotFirst::Full);
        }
        let slice_ms = self.kept_ms / SLICES;
        if self.slices.back().is_none_or(|last| now_ms.saturating_sub(last.began_ms) >= slice_ms) {
            self.slices.push_back(Slice { began_ms: now_ms, calls: HashSet::new() });
        }
        if let Some(last) = self.slices.back_mut() {
            last.calls.insert(call);
            self.len += 1;
        }
        Ok(())
    }

    /// Forgets what is old enough.
    pub fn trim(&mut self, now_ms: u64) {
        let kept_ms = self.kept_ms + self.kept_ms / SLICES;
        while self.slices.front().is_some_and(|first| first.began_ms.saturating_add(kept_ms) <= now_ms) {
            self.len -= self.slices.pop_front().map_or(0, |slice| slice.calls.len());
        }
    }

    /// Calls remembered now.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: [u8; 32] = [1; 32];
    const BEN: [u8; 32] = [2; 32];

    #[test]
    fn a_call_counts_once_per_signer_until_it_is_forgotten() {
        let mut seen = Seen::new(10, 1_000);
        assert_eq!(seen.first_time(0, &ANA, &[7; 16]), Ok(()));
        assert_eq!(seen.first_time(0, &ANA, &[7; 16]), Err(NotFirst::Seen));
        assert_eq!(seen.first_time(0, &BEN, &[7; 16]), Ok(()), "another signer, the same name");
        assert_eq!(seen.first_time(49, &ANA, &[8; 16]), Ok(()), "another name");
        assert_eq!(seen.first_time(1_049, &ANA, &[8; 16]), Err(NotFirst::Seen), "kept for its full time");
        assert_eq!(seen.first_time(1_050, &ANA, &[7; 16]), Ok(()));
        assert_eq!(seen.len(), 1);
    }

    #[test]
    fn a_clock_set_back_does_not_reopen_what_was_seen() {
        let mut seen = Seen::new(10, 1_000);
        assert_eq!(seen.first_time(5_000, &ANA, &[7; 16]), Ok(()));
        assert_eq!(seen.first_time(10, &ANA, &[7; 16]), Err(NotFirst::Seen));
    }

    #[test]
    fn memory_is_bounded() {
        let mut seen = Seen::new(2, 1_000);
        assert!(seen.is_empty());
        for name in 0..2 {
            assert_eq!(seen.first_time(0, &ANA, &[name; 16]), Ok(()));
        }
        assert_eq!(seen.first_time(0, &ANA, &[9; 16]), Err(NotFirst::Full));
        assert_eq!(seen.len(), 2);
    }
}
