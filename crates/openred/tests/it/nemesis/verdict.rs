//! Compares what clients were told with what readers saw. Believes no counter and no receipt of the relay. Must not know:
//! how anything was sent.

use std::collections::{BTreeMap, BTreeSet};

use super::letters::Letter;

/// What one depositor did: letters 0, 1, 2 … one after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Sent {
    pub(super) depositor: u32,
    /// The relay said that it has them.
    pub(super) acknowledged: Vec<u32>,
    /// How many were sent at all: one more than acknowledged when the last was given up.
    pub(super) offered: u32,
}

/// Mail as a reader saw it; no letter: bytes that nobody writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) seq: u64,
    pub(super) letter: Option<Letter>,
}

/// What an owner read while there was trouble.
#[derive(Clone, Debug, Default)]
pub(super) struct Read {
    pub(super) seen: Vec<Seen>,
    /// Whether it acknowledged what it had read, so that it is gone from the relay.
    pub(super) acks: bool,
    /// Pieces of mail that were shown after the relay had said that they are gone.
    pub(super) shown_again: u64,
}

/// Of all mailboxes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Deposits that were acknowledged, and mail that owners acknowledged.
    pub(super) acknowledged: u64,
    pub(super) acked: u64,
    lost: u64,
    doubled: u64,
    disordered: u64,
    phantom: u64,
}

impl Verdict {
    /// Looks at one mailbox: what its depositors sent, what its owner read meanwhile, what somebody with fresh eyes finds in
    /// it at the end.
    pub(super) fn look(&mut self, sent: &[&Sent], read: &Read, left: &[Seen]) {
        let all: Vec<Seen> = if read.acks { [&read.seen, left].concat() } else { left.to_vec() };
        self.acked += if read.acks { read.seen.len() as u64 } else { 0 };
        self.doubled += read.shown_again;
        if !read.acks {
            // What an owner has seen and not acknowledged is still there, at its place.
            self.lost += read.seen.iter().filter(|seen| !is_in(left, seen)).count() as u64;
        }
        self.disordered += all.windows(2).filter(|two| two[0].seq >= two[1].seq).count() as u64;
        let mut last: BTreeMap<u32, u32> = BTreeMap::new();
        let mut found: BTreeSet<Letter> = BTreeSet::new();
        for letter in all.iter().map(|seen| seen.letter) {
            let offered = letter.filter(|letter| {
                sent.iter().any(|sent| sent.depositor == letter.from && letter.n < sent.offered)
            });
            let Some(letter) = offered else {
                self.phantom += 1;
                continue;
            };
            if !found.insert(letter) {
                self.doubled += 1;
            } else if last.insert(letter.from, letter.n).is_some_and(|before| before > letter.n) {
                self.disordered += 1;
            }
        }
        for sent in sent {
            let letters = sent.acknowledged.iter().map(|n| Letter { from: sent.depositor, n: *n });
            self.lost += letters.filter(|letter| !found.contains(letter)).count() as u64;
            self.acknowledged += sent.acknowledged.len() as u64;
        }
    }

    /// Lost, doubled, out of order, never sent.
    pub(super) fn faults(&self) -> [u64; 4] {
        [self.lost, self.doubled, self.disordered, self.phantom]
    }
}

/// Whether this is in mail that is in the order of its numbers.
fn is_in(mail: &[Seen], seen: &Seen) -> bool {
    mail.binary_search_by_key(&seen.seq, |held| held.seq).is_ok_and(|at| mail[at] == *seen)
}

fn seen(seq: u64, n: u32) -> Seen {
    Seen { seq, letter: Some(Letter { from: 7, n }) }
}

/// Three letters acknowledged, a fourth sent.
fn faults(read: &Read, left: &[Seen]) -> [u64; 4] {
    let sent = Sent { depositor: 7, acknowledged: vec![0, 1, 2], offered: 4 };
    let mut verdict = Verdict::default();
    verdict.look(&[&sent], read, left);
    verdict.faults()
}

#[test]
fn each_fault_of_a_relay_is_found() {
    let nothing = Read::default();
    let all = [seen(1, 0), seen(2, 1), seen(3, 2)];
    assert_eq!(faults(&nothing, &all), [0; 4]);
    assert_eq!(
        faults(&nothing, &[&all[..], &[seen(4, 3)]].concat()),
        [0; 4],
        "one without an answer may be there"
    );
    assert_eq!(faults(&nothing, &all[..2]), [1, 0, 0, 0]);
    assert_eq!(faults(&nothing, &[&all[..], &[seen(4, 2)]].concat()), [0, 1, 0, 0]);
    assert_eq!(faults(&nothing, &[seen(1, 1), seen(2, 0), seen(3, 2)]), [0, 0, 1, 0]);
    assert_eq!(faults(&nothing, &[seen(1, 0), seen(1, 1), seen(3, 2)]), [0, 0, 1, 0], "a number given twice");
    assert_eq!(faults(&nothing, &[&all[..], &[seen(4, 4)]].concat()), [0, 0, 0, 1]);
    let unread = Seen { seq: 4, letter: None };
    assert_eq!(faults(&nothing, &[&all[..], &[unread]].concat()), [0, 0, 0, 1]);

    let kept = Read { seen: vec![seen(1, 0), seen(2, 1)], ..Read::default() };
    assert_eq!(faults(&kept, &all), [0; 4]);
    assert_eq!(faults(&kept, &[seen(1, 0), seen(3, 1), seen(4, 2)]), [1, 0, 0, 0], "it was at another place");
    let acked = Read { seen: vec![seen(1, 0), seen(2, 1)], acks: true, shown_again: 0 };
    assert_eq!(faults(&acked, &all[2..]), [0; 4]);
    assert_eq!(faults(&acked, &[]), [1, 0, 0, 0]);
    assert_eq!(faults(&acked, &[seen(3, 1), seen(4, 2)]), [0, 1, 0, 0]);
    assert_eq!(faults(&Read { shown_again: 1, ..acked }, &all[2..]), [0, 1, 0, 0]);
}
