//! What the two ends of a queue know of it. Must not know: calls.

use std::collections::BTreeMap;

/// Whether something happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Known {
    #[default]
    No,
    /// It was asked for, and nobody answered.
    Maybe,
    Yes,
}

/// What came of one letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It was sent, and nobody answered.
    Maybe,
    Refused,
    /// It was refused for now, and is sent again.
    Busy,
    /// It was acknowledged with this seq.
    Held(u64),
}

/// A letter that was sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Letter {
    pub(super) bytes: u32,
    pub(super) sent: u64,
    pub(super) fate: Fate,
}

impl Letter {
    pub(super) fn is_refused(&self) -> bool {
        matches!(self.fate, Fate::Refused | Fate::Busy)
    }
}

/// One queue.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    pub(super) created: Known,
    pub(super) deleted: Known,
    pub(super) letters: BTreeMap<u32, Letter>,
    /// Up to here its owner has said that it has them.
    pub(super) acked: u64,
    /// Up to here it may have.
    pub(super) acked_maybe: u64,
    /// The capability, and the one that may be it.
    pub(super) caps: [u8; 2],
}

impl Mailbox {
    /// Whether calls must find it.
    pub(super) fn stands(&self) -> bool {
        self.created == Known::Yes && self.deleted == Known::No
    }

    /// Compares what was fetched with what must and may be there. `expired` says what is known of letters sent before
    /// `before` having been dropped.
    pub(super) fn compare(&mut self, n: u8, answer: &str, (expired, before): (Known, u64)) {
        let found: Vec<(u64, u32)> = answer.split(' ').skip(1).map(|word| read(n, word)).collect();
        for pair in found.windows(2) {
            assert_eq!(pair[0].0 + 1, pair[1].0, "queue {n}: in order, without gaps: {answer}");
        }
        for (seq, no) in &found {
            let letter = self.letters.get_mut(no).unwrap_or_else(|| panic!("queue {n}: {no} was never sent"));
            match letter.fate {
                Fate::Held(held) => assert_eq!(held, *seq, "queue {n}: the place of {no}"),
                Fate::Refused | Fate::Busy => panic!("queue {n}: {no} was refused and is there"),
                Fate::Maybe => letter.fate = Fate::Held(*seq),
            }
            assert!(
                *seq > self.acked,
                "queue {n}: {no} is given out again after {} was acknowledged",
                self.acked
            );
            let dropped = expired == Known::Yes && letter.sent < before;
            assert!(!dropped, "queue {n}: {no} was dropped for its age");
        }
        for (no, letter) in &self.letters {
            let Fate::Held(seq) = letter.fate else { continue };
            let may_be_gone = seq <= self.acked_maybe || (expired != Known::No && letter.sent < before);
            let there = found.iter().any(|(_, found)| found == no);
            assert!(there || may_be_gone, "queue {n}: {no}, acknowledged as {seq}, is lost: {answer}");
        }
        if let Some((first, _)) = found.first() {
            self.acked_maybe = self.acked_maybe.min(first - 1).max(self.acked);
        }
    }

    /// The highest seq that was told.
    pub(super) fn last(&self) -> u64 {
        let held = |letter: &Letter| if let Fate::Held(seq) = letter.fate { seq } else { 0 };
        self.letters.values().map(held).max().unwrap_or(0)
    }
}

/// `SEQ:QUEUE:LETTER`.
fn read(n: u8, word: &str) -> (u64, u32) {
    let parts: Vec<&str> = word.split(':').collect();
    let [seq, queue, letter] = parts.as_slice() else { panic!("queue {n}: {word}") };
    assert_eq!(*queue, n.to_string(), "queue {n}: a letter to another: {word}");
    (seq.parse().unwrap(), letter.parse().unwrap())
}
